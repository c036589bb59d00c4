// Reports for a terminal, and the one sentence that sums a report up.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "eval/aligned.h"
#include "eval/markup.h"
#include "eval/report.h"

namespace tightrope::eval {
namespace {

constexpr double kGoodAgreement = 0.9;  // of most likely tokens: what best_trade asks of a model

std::string with_error(double value, double error, int decimals) {
  return fmt::format("{:.{}f} ± {:.{}f}", value, decimals, error, decimals);
}

std::string spread_text(const Spread& spread) {
  return fmt::format("{} ({}–{})", significant(spread.median), significant(spread.min), significant(spread.max));
}

Row start_row(const Report& report, const Latency& latency) {
  const Spread prefill = latency.prefill.empty() ? Spread{} : latency.prefill.front().tokens_per_second;
  return {printable(label_of(report, latency)), significant(latency.load_seconds) + " s",
          human_bytes(static_cast<double>(latency.peak_resident_bytes)), spread_text(prefill)};
}

// A line for each batch size; the model's name stands in its first.
void add_decode_rows(std::vector<Row>& rows, const Report& report, const Latency& latency) {
  std::string label = printable(label_of(report, latency));
  for (const DecodeSpeed& decode : latency.decode)
    rows.push_back({std::exchange(label, ""), std::to_string(decode.batch), spread_text(decode.tokens_per_second),
                    percent(decode.bandwidth_share, 0)});
}

Row model_row(const ModelReport& model, bool with_divergence) {
  const Perplexity& perplexity = model.measurement.perplexity;
  Row row{printable(model.label), human_bytes(static_cast<double>(model.bytes)), fmt::format("{:.2f}", model.bits_per_weight),
          with_error(perplexity.value, perplexity.standard_error, 3)};
  if (!with_divergence) return row;
  const std::optional<Divergence>& divergence = model.measurement.divergence;
  row.push_back(divergence ? nats(divergence->mean) : "–");
  row.push_back(divergence ? percent(divergence->same_top, 2) : "–");
  return row;
}

Row divergence_row(const ModelReport& model) {
  const Divergence& divergence = *model.measurement.divergence;
  return {printable(model.label), nats(divergence.median), nats(divergence.p99), nats(divergence.max)};
}

bool any_divergence(const Report& report) {
  return std::ranges::any_of(report.models, [](const ModelReport& model) { return model.measurement.divergence.has_value(); });
}

std::string verdict_without_base(const Report& report) {
  if (report.models.empty()) return "Nothing was measured.";
  const auto value = [](const ModelReport& model) { return model.measurement.perplexity.value; };
  const auto [low, high] = std::ranges::minmax_element(report.models, {}, value);
  if (report.models.size() == 1) return fmt::format("{} has a perplexity of {}.", printable(low->label), significant(value(*low), 4));
  return fmt::format("Perplexity runs from {} ({}) to {} ({}).", significant(value(*low), 4), printable(low->label),
                     significant(value(*high), 4), printable(high->label));
}

}  // namespace

std::optional<std::size_t> best_trade(const Report& report) {
  std::optional<std::size_t> best;
  if (!report.base) return best;
  const auto same_top = [&](std::size_t i) { return report.models[i].measurement.divergence->same_top; };
  const auto better = [&](std::size_t a, std::size_t b) {
    const bool a_good = same_top(a) >= kGoodAgreement, b_good = same_top(b) >= kGoodAgreement;
    if (a_good && b_good) return report.models[a].bytes < report.models[b].bytes;
    return a_good != b_good ? a_good : same_top(a) > same_top(b);
  };
  for (std::size_t i = 0; i < report.models.size(); ++i) {
    if (!report.models[i].measurement.divergence) continue;
    if (!best || better(i, *best)) best = i;
  }
  return best;
}

std::string label_of(const Report& report, const Latency& latency) {
  const auto found = std::ranges::find(report.models, latency.model, &ModelReport::path);
  return found == report.models.end() ? latency.model : found->label;
}

std::string verdict(const Report& report) {
  const std::optional<std::size_t> best = best_trade(report);
  if (!best) return verdict_without_base(report);
  const ModelReport& model = report.models[*best];
  const double base_bytes = static_cast<double>(report.models[*report.base].bytes), bytes = static_cast<double>(model.bytes);
  const std::string agreement =
      fmt::format("predicts the same next token {} of the time", percent(model.measurement.divergence->same_top, 0));
  const std::string label = printable(model.label);
  if (bytes <= 0 || base_bytes <= 0) return fmt::format("{} {}.", label, agreement);
  if (base_bytes < 1.005 * bytes) {  // rounds to "1.00 times": not smaller
    return fmt::format("{} is {} times the size of the original and {}.", label, significant(bytes / base_bytes), agreement);
  }
  const double ratio = base_bytes / bytes;
  return fmt::format("{} is {} times smaller than the original and {}.", label, significant(ratio, ratio < 10 ? 2 : 3), agreement);
}

// Several narrow tables, so that names of some 28 columns fit a terminal of 80.
std::string to_table(const Report& report) {
  const bool with_divergence = any_divergence(report);
  std::vector<Row> rows{{"model", "size", "bits", "perplexity"}};
  if (with_divergence) rows.front().insert(rows.front().end(), {"KLD mean", "same top"});
  std::vector<Row> divergences{{"model", "KLD median", "KLD 99 %", "KLD max"}};
  for (const ModelReport& model : report.models) {
    rows.push_back(model_row(model, with_divergence));
    if (model.measurement.divergence) divergences.push_back(divergence_row(model));
  }
  std::string text = aligned(rows);
  if (with_divergence) text += '\n' + aligned(divergences);
  if (report.latencies.empty()) return text;
  std::vector<Row> starts{{"model", "load", "memory", "prefill tokens/s"}}, decodes{{"model", "batch", "decode tokens/s", "bandwidth"}};
  for (const Latency& latency : report.latencies) {
    starts.push_back(start_row(report, latency));
    add_decode_rows(decodes, report, latency);
  }
  return text + '\n' + aligned(starts) + '\n' + aligned(decodes);
}

std::string to_table(const Latency& latency) {
  std::string text;
  const auto fact = [&](std::string_view name, std::string_view value) { text += fmt::format("{:<16}  {}\n", name, value); };
  fact("model", printable(latency.model));
  fact("kernels", fmt::format("{}, {} threads", printable(latency.isa), latency.threads));
  fact("load", significant(latency.load_seconds) + " s");
  fact("peak memory", human_bytes(static_cast<double>(latency.peak_resident_bytes)));
  fact("read bandwidth", fmt::format("{}/s, measured with as many threads", human_bytes(latency.bandwidth_bytes_per_second)));
  fact("other processes", fmt::format("{:.2f} cores busy", latency.foreign_cpu));
  std::vector<Row> rows{{"", "tokens", "depth", "batch", "tokens/s", "bytes/token", "of read bandwidth"}};
  for (const PrefillSpeed& prefill : latency.prefill) {
    rows.push_back({"prefill", std::to_string(prefill.tokens), std::to_string(prefill.depth), std::to_string(prefill.batch),
                    spread_text(prefill.tokens_per_second)});
  }
  for (const DecodeSpeed& decode : latency.decode) {
    rows.push_back({"decode", "1", std::to_string(decode.depth), std::to_string(decode.batch), spread_text(decode.tokens_per_second),
                    human_bytes(static_cast<double>(decode.bytes_per_token)), percent(decode.bandwidth_share)});
  }
  return text + '\n' + aligned(rows);
}

}  // namespace tightrope::eval
