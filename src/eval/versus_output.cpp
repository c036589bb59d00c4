// A comparison of two engines as JSON and as a table.
#include <fmt/format.h>

#include "eval/aligned.h"
#include "eval/markup.h"
#include "eval/report.h"
#include "eval/versus.h"

namespace tightrope::eval {
namespace {

Json figure_json(const VersusFigure& figure) {
  Json json = Json::object();
  json["ours"] = to_json(figure.ours);
  json["theirs"] = to_json(figure.theirs);
  json["ratio"] = to_json(figure.ratio);
  return json;
}

Json turn_json(const Turn& turn) {
  Json json = Json::object();
  json["prefill"] = turn.prefill;
  json["decode"] = turn.decode;
  json["foreign_cpu"] = turn.foreign_cpu;
  return json;
}

Json pair_json(const VersusPair& pair) {
  Json json = Json::object();
  json["ours"] = turn_json(pair.ours);
  json["theirs"] = turn_json(pair.theirs);
  json["theirs"]["seconds"] = pair.their_seconds;
  json["prefill_ratio"] = pair.ours.prefill / pair.theirs.prefill;
  json["decode_ratio"] = pair.ours.decode / pair.theirs.decode;
  return json;
}

std::string ratio_text(double ratio) { return fmt::format("{:.2f}", ratio); }
std::string spread_text(const Spread& spread) {
  return fmt::format("{} ({}–{})", significant(spread.median), significant(spread.min), significant(spread.max));
}

std::vector<Row> pair_rows(const Versus& versus) {
  std::vector<Row> rows{{"pair", "prefill ours", "theirs", "ratio", "decode ours", "theirs", "ratio", "others ours", "theirs"}};
  for (std::size_t i = 0; i < versus.pairs.size(); ++i) {
    const auto& [ours, theirs, seconds] = versus.pairs[i];
    rows.push_back({std::to_string(i + 1), significant(ours.prefill), significant(theirs.prefill),
                    ratio_text(ours.prefill / theirs.prefill), significant(ours.decode), significant(theirs.decode),
                    ratio_text(ours.decode / theirs.decode), fmt::format("{:.2f}", ours.foreign_cpu),
                    fmt::format("{:.2f}", theirs.foreign_cpu)});
  }
  return rows;
}

Row figure_row(const char* name, std::uint64_t tokens, const VersusFigure& figure) {
  return {name, std::to_string(tokens), spread_text(figure.ours), spread_text(figure.theirs),
          fmt::format("{} ({}–{})", ratio_text(figure.ratio.median), ratio_text(figure.ratio.min), ratio_text(figure.ratio.max))};
}

Spread their_seconds(const Versus& versus) {
  std::vector<double> seconds;
  for (const VersusPair& pair : versus.pairs) seconds.push_back(pair.their_seconds);
  return spread_of(std::move(seconds));
}

}  // namespace

Json to_json(const Versus& versus) {
  Json json = Json::object();
  json["model"] = versus.model;
  json["isa"] = versus.isa;
  json["threads"] = std::uint64_t{versus.threads};
  json["program"] = versus.program;
  json["engine"] = versus.engine;
  json["build"] = versus.build;
  json["prefill_tokens"] = versus.prefill_tokens;
  json["decode_tokens"] = versus.decode_tokens;
  json["depth"] = versus.depth;
  json["load_seconds"] = versus.load_seconds;
  json["prefill"] = figure_json(figure_of(versus, &Turn::prefill));
  json["decode"] = figure_json(figure_of(versus, &Turn::decode));
  json["pairs"] = Json::array();
  for (const VersusPair& pair : versus.pairs) json["pairs"].push_back(pair_json(pair));
  return json;
}

std::string to_table(const Versus& versus) {
  std::string text;
  const auto fact = [&](std::string_view name, std::string_view value) { text += fmt::format("{:<8}  {}\n", name, value); };
  fact("model", printable(versus.model));
  fact("ours", fmt::format("{}, {} threads, loaded once in {} s", versus.isa, versus.threads, significant(versus.load_seconds)));
  fact("theirs", fmt::format("{} {} ({}), {} threads, {} s a run with start and load", printable(versus.engine), printable(versus.build),
                             printable(versus.program), versus.threads, significant(their_seconds(versus).median)));
  if (versus.depth > 0) fact("depth", fmt::format("{} tokens before the measured ones", versus.depth));
  fact("turns", "ours, theirs, in turns; each warms up, then measures once");
  const std::vector<Row> figures{{"", "tokens", "ours tokens/s", "theirs tokens/s", "ours / theirs"},
                                 figure_row("prefill", versus.prefill_tokens, figure_of(versus, &Turn::prefill)),
                                 figure_row("decode", versus.decode_tokens, figure_of(versus, &Turn::decode))};
  return text + '\n' + aligned(figures) + '\n' + aligned(pair_rows(versus)) + "others: cores that other processes kept busy meanwhile\n";
}

}  // namespace tightrope::eval
