// Measuring models: quality against an original, speed on this machine, and the one report of both.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tightrope/model.h"
#include "tightrope/options.h"
#include "tightrope/progress.h"

namespace tightrope {

// A text to measure on.
struct Corpus {
  std::string name;  // for people
  std::string text;  // any bytes; invalid UTF-8 counts as U+FFFD

  // Errors: not_found, io, malformed (above 1 GiB).
  static Corpus from(const std::filesystem::path& file);
};

// One line of a report.
struct ReportRow {
  std::string path, label;
  std::uint64_t bytes = 0;
  double bits_per_weight = 0;
  double perplexity = 0, perplexity_error = 0;  // standard error
  bool is_base = false;
  double kld_mean = 0, kld_p99 = 0, same_top = 0;  // against the base, nats a token and a fraction; 0 without a base
};

// Speed of one model; handed around as a value.
class Benchmark {
 public:
  std::string to_json() const;   // stable: see docs/benchmark.md
  std::string to_table() const;  // for a terminal

  struct Implementation;
  explicit Benchmark(std::shared_ptr<const Implementation> implementation) : implementation_(std::move(implementation)) {}
  const Implementation& implementation() const { return *implementation_; }

 private:
  std::shared_ptr<const Implementation> implementation_;
};

// Everything measured in one session. A value.
class Report {
 public:
  // Errors: not_found, io, malformed.
  static Report read(const std::filesystem::path& json_file);

  std::vector<ReportRow> rows() const;
  Report with(const Benchmark& benchmark) const;
  std::string to_json() const;   // stable: see docs/evaluate.md
  std::string to_table() const;  // for a terminal
  std::string to_html() const;   // one file, no scripts

  struct Implementation;
  explicit Report(std::shared_ptr<const Implementation> implementation) : implementation_(std::move(implementation)) {}
  const Implementation& implementation() const { return *implementation_; }

 private:
  std::shared_ptr<const Implementation> implementation_;
};

struct EvaluateOptions {
  EvalOptions eval = {};
  std::string prompt = {};  // each model continues it, greedily, for the report; empty: no samples
  std::uint64_t sample_tokens = 64;
  std::string command = {};  // that the report says it came from
};

// Perplexity of every model on the corpus; with `base`, the divergence of each from it as well.
// Errors: invalid_argument (the text is shorter than one chunk; vocabularies or tokenizers differ), malformed (weights that are not
// finite).
Report evaluate(std::span<const Model> models, const std::optional<Model>& base, const Corpus& corpus, const EvaluateOptions& options = {},
                const Progress& progress = {});

// Load, prefill and decode speed and memory of the model at `path`. Errors: as Model::load; invalid_argument.
Benchmark benchmark(const std::filesystem::path& path, const BenchOptions& options = {}, const Progress& progress = {});

// What a measurement found, for programs and for people.
struct Findings {
  std::string json, table;
};

// The model in a GGUF file and another engine's benchmark program (a path, or a name on the PATH: llama-bench of llama.cpp or of
// ik_llama.cpp) in turns, `repetitions` each: the same file, threads and lengths. Errors: as Model::load; invalid_argument (the model is no
// GGUF file; batches), not_found (the program), io (it fails or takes longer than `peer_seconds`), malformed (what it printed).
Findings benchmark_against(const std::filesystem::path& path, const std::string& program, const BenchOptions& options = {},
                           const Progress& progress = {});

// Every kernel of this machine against its ceilings; needs no model. Errors: as machine_info.
Findings benchmark_kernels(unsigned threads = 0, const Progress& progress = {});

}  // namespace tightrope
