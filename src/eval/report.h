// The one report: a value that becomes report.json, a table, SVG plots and a self-contained HTML page.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "eval/compare.h"
#include "eval/latency.h"

namespace tightrope::eval {

struct ModelReport {
  std::string path;         // as the user named it
  std::string label;        // for tables and plots: "q4_k_m"
  std::uint64_t bytes = 0;  // of the file or folder's weights on disk
  double bits_per_weight = 0;
  Measurement measurement{};
  std::string sample;  // a continuation of Report::prompt, greedy
};

struct Report {
  std::string version, date, machine, command, text_name;
  std::string prompt;
  std::vector<ModelReport> models{};  // the base first, when there is one
  std::optional<std::size_t> base{};  // index of the base in `models`
  std::vector<Latency> latencies{};
};

// {"models":[{"path","bytes","bits_per_weight","perplexity":{"value","stderr","context","tokens"},"kld":{"mean","median","p99","max"},
// "same_top"}]} and what else the report holds under further keys. Stable. Without a base (and for the base itself) "kld" and "same_top"
// are null.
Json to_json(const Report& report);
Json to_json(const Spread& spread);  // median, min, max
// {"model","isa","threads","load_seconds","peak_rss_bytes","prefill":[…],"decode":[…]} and further keys. Stable.
Json to_json(const Latency& latency);
// The inverse of to_json(Report). Errors: malformed.
Report read_report(const Json& json);

// The model to show first: the smallest that still has the base's most likely token nine times in ten, else the one that has it most often.
// None without a base or without another model.
std::optional<std::size_t> best_trade(const Report& report);
// "q4_k_m is 3.2 times smaller than the original and predicts the same next token 91 % of the time."
std::string verdict(const Report& report);

// What a report calls the model of a latency: its label where the model was measured too, else its path.
std::string label_of(const Report& report, const Latency& latency);

// Aligned columns for a terminal; a second table of speeds when there are any.
std::string to_table(const Report& report);
std::string to_table(const Latency& latency);

// Mean KLD (log) against size; a self-contained <svg> element with titles, light and dark.
std::string size_against_divergence_svg(const Report& report);
// One file, no scripts or fonts from elsewhere; light and dark.
std::string to_html(const Report& report);

}  // namespace tightrope::eval
