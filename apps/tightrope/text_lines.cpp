// Reading texts, writing lines.
#include "text_lines.h"

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <iostream>

#include "options.h"
#include "signals.h"
#include "terminal.h"
#include "tightrope/error.h"

namespace tightrope::app {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 30;  // standard input may be endless

// Whole lines; the last one may lack its end.
std::vector<std::string> lines_of(std::istream& in, const std::string& name) {
  std::vector<std::string> lines;
  std::size_t bytes = 0;
  std::string rest;
  for (std::array<char, 1 << 16> block{}; in.read(block.data(), block.size()) || in.gcount() > 0;) {
    throw_if_interrupted();
    const std::string_view read(block.data(), static_cast<std::size_t>(in.gcount()));
    bytes += read.size();
    if (bytes > kMostBytes)
      throw Error(ErrorCode::invalid_argument, fmt::format("[texts] {} holds more than {} bytes; give it in parts", name, kMostBytes));
    for (const char c : read) {
      if (c != '\n') {
        rest += c;
        continue;
      }
      if (rest.ends_with('\r')) rest.pop_back();
      lines.push_back(std::move(rest));
      rest.clear();
    }
  }
  if (in.bad()) throw Error(ErrorCode::io, fmt::format("[texts] reading {} failed", name));
  if (!rest.empty()) lines.push_back(std::move(rest));
  return lines;
}

}  // namespace

std::vector<std::string> read_lines(const std::string& path) {
  if (path.empty() || path == "-") return lines_of(std::cin, "standard input");
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) throw Error(ErrorCode::not_found, fmt::format("[texts] there is no '{}'", path));
  if (std::filesystem::is_directory(path, ignored))
    throw Error(ErrorCode::invalid_argument, fmt::format("[texts] '{}' is a folder; name a file", path));
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(ErrorCode::io, fmt::format("[texts] cannot open '{}'", path));
  return lines_of(file, "'" + path + "'");
}

void add_text_lines(Verb& verb, TextLines& lines, EncodeOptions& options) {
  verb.option("TEXTS", lines.texts, "TEXT", "Texts; without any they come from --input or standard input");
  verb.option("-i,--input", lines.input, "FILE", "A text a line; - is standard input");
  verb.flag("--jsonl", lines.jsonl, "Each line of the input is JSON: {\"text\": …}, perhaps with \"pair\"");
  verb.option("-o,--output", lines.output, "FILE", "Write the lines here, not to standard output");
  verb.option("--batch-tokens", options.batch_tokens, "N", "Run texts together up to this many tokens (default 4096)",
              {.least = 1, .most = std::uint64_t{1} << 24});
  verb.flag("--truncate", options.truncate, "Cut texts that are longer than the context; otherwise they are an error");
  add_compute(verb, options.threads, options.exact);
  verb.flag("--int8", options.int8,
            "Round weights and activations to 8 bits, whatever the model's format is (fastest on AVX2 and AVX-512)");
  add_force(verb, lines.force);
}

std::vector<TextInput> read_texts(const TextLines& lines) {
  if (!lines.texts.empty() && !lines.input.empty())
    throw Error(ErrorCode::invalid_argument, "[texts] there are texts among the arguments and an --input; give one of them");
  std::vector<TextInput> inputs;
  for (const std::string& line : lines.texts.empty() ? read_lines(lines.input) : lines.texts)
    inputs.push_back(lines.jsonl ? parse_text_input(line, inputs.size() + 1) : TextInput{line});
  if (inputs.empty()) throw Error(ErrorCode::invalid_argument, "[texts] the input is empty; give at least one text");
  return inputs;
}

LineWriter::LineWriter(const TextLines& lines) {
  if (lines.output.empty()) return;
  std::vector<std::filesystem::path> inputs;
  if (!lines.input.empty() && lines.input != "-") inputs.emplace_back(lines.input);
  announce_output(lines.output);
  file_.emplace(lines.output, lines.force, inputs);
}

void LineWriter::write(const std::string& line) {
  if (!file_) return print_line(line);
  file_->append(line);
  file_->append("\n");
}

void LineWriter::finish() {
  if (file_) file_->commit();
}

}  // namespace tightrope::app
