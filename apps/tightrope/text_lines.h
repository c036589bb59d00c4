// Texts that a verb reads from its arguments, a file or standard input, and the JSON lines it writes of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "program.h"
#include "tightrope/encode.h"
#include "tightrope/output.h"

namespace tightrope::app {

struct TextLines {
  std::vector<std::string> texts;  // arguments
  std::string input, output;       // files; empty: standard input and output
  bool jsonl = false, force = false;
};

// --input, --output, --jsonl, --force, and those of EncodeOptions.
void add_text_lines(Verb& verb, TextLines& lines, EncodeOptions& options);

// The lines of a file, or of standard input where it is empty or -. Errors: not_found, io, invalid_argument (too many bytes).
std::vector<std::string> read_lines(const std::string& path);

// A text a line, or with --jsonl a JSON object a line; empty lines are texts too, but none at the end. Errors: not_found, io, malformed,
// invalid_argument (no text, or too many bytes).
std::vector<TextInput> read_texts(const TextLines& lines);

// Lines as they are made: to standard output, or to a file that has its name when all are there.
class LineWriter {
 public:
  // Throws already_exists or invalid_argument before the work begins.
  explicit LineWriter(const TextLines& lines);
  void write(const std::string& line);
  void finish();

 private:
  std::optional<OutputFile> file_;
};

}  // namespace tightrope::app
