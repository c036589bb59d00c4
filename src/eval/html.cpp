// The HTML page of a report: verdict first, then the plot, the numbers, what the models say, and how to read it all.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "eval/html_style.h"
#include "eval/markup.h"
#include "eval/report.h"

namespace tightrope::eval {
namespace {

class Page {
 public:
  explicit Page(const Report& report) : report_(report), best_(best_trade(report)) {}

  std::string html() {
    text_ = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
    text_ += "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n";
    append("<title>{} · Tightrope report</title>\n<style>{}</style>\n</head>\n<body>\n", escape(subject()), kStyleSheet);
    header();
    text_ += "<main>\n";
    if (has_divergence()) plot();
    models();
    if (!report_.prompt.empty()) samples();
    if (!report_.latencies.empty()) speed();
    terms();
    text_ += "</main>\n";
    footer();
    return text_ + "</body>\n</html>\n";
  }

 private:
  template <class... Arguments>
  void append(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Arguments>(arguments)...);
  }

  const ModelReport* base() const { return report_.base ? &report_.models[*report_.base] : nullptr; }

  bool has_divergence() const {
    return std::ranges::any_of(report_.models, [](const ModelReport& model) { return model.measurement.divergence.has_value(); });
  }

  std::string subject() const {
    if (base() != nullptr) return base()->label;
    return report_.models.size() == 1 ? report_.models.front().label : fmt::format("{} models", report_.models.size());
  }

  void header() {
    append("<header>\n<p class=\"brand\">{}<span>Tightrope report</span></p>\n", kEmblem);
    if (base() != nullptr) {
      append("<h1>What making {} smaller cost, measured on {}</h1>\n", escape(base()->label), escape(report_.text_name));
    } else {
      append("<h1>{}, measured on {}</h1>\n", escape(subject()), escape(report_.text_name));
    }
    append("<p class=\"verdict\">{}</p>\n", escape(verdict(report_)));
    if (best_ && base() != nullptr) tiles(report_.models[*best_], *base());
    text_ += "</header>\n";
  }

  void tile(std::string_view name, const std::string& value, const std::string& note) {
    append("<div><dt>{}</dt><dd>{} <small>{}</small></dd></div>\n", name, value, note);
  }

  void tiles(const ModelReport& model, const ModelReport& original) {
    const Divergence& d = *model.measurement.divergence;
    text_ += "<dl class=\"tiles\">\n";
    tile("Size", size(model), fmt::format("was {}; {:.2f} bits per weight", size(original), model.bits_per_weight));
    tile("Same next token", percent(d.same_top), fmt::format("± {}", percent(d.same_top_error, 2)));
    tile("KL divergence", escape(nats(d.mean)), fmt::format("± {} nats per token", significant(d.standard_error, 2)));
    const double change = d.perplexity_ratio - 1;
    tile("Perplexity", significant(model.measurement.perplexity.value, 4),
         fmt::format("{}{} ± {}", change < 0 ? "−" : "+", percent(std::fabs(change), 2), percent(d.perplexity_ratio_error, 2)));
    text_ += "</dl>\n";
  }

  static std::string size(const ModelReport& model) { return human_bytes(static_cast<double>(model.bytes)); }

  // A heading, a line under it, and the start of a region that scrolls by itself on a narrow screen.
  void open(std::string_view heading, std::string_view explanation, std::string_view region) {
    append("<section>\n<h2>{}</h2>\n<p>{}</p>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{}\">\n", heading,
           explanation, region);
  }

  void plot() {
    open("Size against closeness to the original",
         "Lower is closer to the original, left is smaller. The rope joins the models that no other one beats in both; bars are one "
         "standard error; the ring marks the model of the headline.",
         "Plot");
    append("<figure>{}</figure>\n</div>\n</section>\n", size_against_divergence_svg(report_));
  }

  void models() {
    const bool divergence = has_divergence();
    const Perplexity first = report_.models.empty() ? Perplexity{} : report_.models.front().measurement.perplexity;
    open("The models", fmt::format("{} tokens scored in chunks of {}. ± is one standard error.", first.tokens, first.context),
         "Table of models");
    text_ += "<table>\n<thead><tr><th scope=\"col\">Model</th><th scope=\"col\">Size</th><th scope=\"col\">Bits per<br>weight</th>";
    if (base() != nullptr) text_ += "<th scope=\"col\">Times<br>smaller</th>";
    text_ += "<th scope=\"col\">Perplexity</th>";
    if (divergence) {
      text_ +=
          "<th scope=\"col\">KLD mean</th><th scope=\"col\">KLD<br>median</th><th scope=\"col\">KLD<br>99&nbsp;%</th>"
          "<th scope=\"col\">KLD<br>largest</th><th scope=\"col\">Same next<br>token</th>";
    }
    text_ += "</tr></thead>\n<tbody>\n";
    for (std::size_t i = 0; i < report_.models.size(); ++i) model_row(i, divergence);
    text_ += "</tbody>\n</table>\n</div>\n</section>\n";
  }

  static std::string bar(double share) {
    return fmt::format("<span class=\"bar\"><i style=\"width:{:.1f}%\"></i></span>", 100 * std::clamp(share, 0.0, 1.0));
  }

  void model_row(std::size_t index, bool divergence) {
    const ModelReport& model = report_.models[index];
    std::uint64_t largest = 1;
    for (const ModelReport& other : report_.models) largest = std::max(largest, other.bytes);
    const bool is_base = report_.base == index;
    append("<tr{}><th scope=\"row\" title=\"{}\">{}{}</th>",
           is_base          ? " class=\"base\""
           : best_ == index ? " class=\"chosen\""
                            : "",
           escape(model.path), escape(model.label), is_base ? " <small>original</small>" : "");
    append("<td>{}{}</td><td>{:.2f}</td>", size(model), bar(static_cast<double>(model.bytes) / static_cast<double>(largest)),
           model.bits_per_weight);
    if (base() != nullptr) append("<td>{}</td>", times_smaller(model));
    const Perplexity& perplexity = model.measurement.perplexity;
    append("<td>{:.3f}<small>± {:.3f}</small></td>", perplexity.value, perplexity.standard_error);
    if (divergence) divergence_cells(model.measurement.divergence);
    text_ += "</tr>\n";
  }

  std::string times_smaller(const ModelReport& model) const {
    if (model.bytes == 0) return "–";
    return fmt::format("{:.2f}", static_cast<double>(base()->bytes) / static_cast<double>(model.bytes));
  }

  void divergence_cells(const std::optional<Divergence>& divergence) {
    if (!divergence) {
      text_ += "<td>–</td><td>–</td><td>–</td><td>–</td><td>–</td>";
      return;
    }
    append("<td>{}<small>± {}</small></td>", escape(nats(divergence->mean)), significant(divergence->standard_error, 2));
    for (const double value : {divergence->median, divergence->p99, divergence->max}) append("<td>{}</td>", escape(nats(value)));
    append("<td>{}{}</td>", percent(divergence->same_top), bar(divergence->same_top));
  }

  void samples() {
    append("<section>\n<h2>What they say</h2>\n<p>Each model continues the same prompt, always with its most likely token{}</p>\n",
           base() == nullptr ? "." : ". Marked: from where it departs from the original.");
    text_ += "<div class=\"samples\">\n";
    for (std::size_t i = 0; i < report_.models.size(); ++i) {
      if (!report_.models[i].sample.empty()) sample(i);
    }
    text_ += "</div>\n</section>\n";
  }

  void sample(std::size_t index) {
    const ModelReport& model = report_.models[index];
    const bool compared = base() != nullptr && report_.base != index && !base()->sample.empty();
    const std::size_t same = compared ? departure(model.sample, base()->sample) : model.sample.size();
    const bool identical = compared && model.sample == base()->sample;
    append("<article{}><h3>{}<small>{}</small></h3>\n<p><span class=\"prompt\">{}</span>{}",
           report_.base == index ? " class=\"original\"" : "", escape(model.label),
           report_.base == index ? "the original"
           : identical           ? "word for word the same"
                                 : "",
           escape(report_.prompt), escape(model.sample.substr(0, same)));
    if (same < model.sample.size()) append("<mark>{}</mark>", escape(model.sample.substr(same)));
    text_ += "</p></article>\n";
  }

  static bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t'; }

  // Where the first word begins in which `text` is not `original`; the end of the text when there is none.
  static std::size_t departure(const std::string& text, const std::string& original) {
    std::size_t at = common_prefix(text, original);
    const auto in_word = [&](const std::string& other) { return at < other.size() && !is_space(other[at]); };
    if (in_word(text) || in_word(original)) {
      while (at > 0 && !is_space(text[at - 1])) --at;
    }
    while (at < text.size() && is_space(text[at])) ++at;
    return at;
  }

  void speed() {
    open("Speed on this machine", "Medians, smallest and largest of several runs. Decode is for all sequences of a batch together.",
         "Table of speeds");
    text_ +=
        "<table>\n<thead><tr><th scope=\"col\">Model</th><th scope=\"col\">Load</th><th scope=\"col\">Peak<br>memory</th>"
        "<th scope=\"col\">Prefill<br>tokens/s</th><th scope=\"col\">Batch</th><th scope=\"col\">Decode<br>tokens/s</th>"
        "<th scope=\"col\">Bytes<br>per token</th><th scope=\"col\">Share of memory<br>bandwidth</th></tr></thead>\n<tbody>\n";
    for (const Latency& latency : report_.latencies) speed_rows(latency);
    text_ += "</tbody>\n</table>\n</div>\n";
    disturbance();
    text_ += "</section>\n";
  }

  // Which speeds other programs made look lower than they are.
  void disturbance() {
    std::string names;
    double most = 0;
    for (const Latency& latency : report_.latencies) {
      if (latency.foreign_cpu < 0.1) continue;
      names += (names.empty() ? "" : ", ") + label_of(report_, latency);
      most = std::max(most, latency.foreign_cpu);
    }
    if (names.empty()) return;
    append(
        "<p class=\"note\">Other programs kept up to {:.1f} cores busy while these were timed, so their true speeds are higher: {}.</p>\n",
        most, escape(names));
  }

  static std::string range(const Spread& spread) {
    return fmt::format("{}<small>{}–{}</small>", significant(spread.median), significant(spread.min), significant(spread.max));
  }

  void speed_rows(const Latency& latency) {
    const std::size_t rows = std::max<std::size_t>(1, latency.decode.size());
    append(
        "<tr><th scope=\"row\" rowspan=\"{0}\">{1}<small>{2}, {3} threads</small></th>"
        "<td rowspan=\"{0}\">{4} s</td><td rowspan=\"{0}\">{5}</td><td rowspan=\"{0}\">",
        rows, escape(label_of(report_, latency)), escape(latency.isa), latency.threads, significant(latency.load_seconds),
        human_bytes(static_cast<double>(latency.peak_resident_bytes)));
    for (const PrefillSpeed& prefill : latency.prefill) {
      append("{}<small>{} tokens</small> ", range(prefill.tokens_per_second), prefill.tokens);
    }
    text_ += "</td>";
    for (std::size_t i = 0; i < latency.decode.size(); ++i) {
      const DecodeSpeed& decode = latency.decode[i];
      append("{}<td>{}</td><td>{}</td><td>{}</td><td>{}{}</td>", i == 0 ? "" : "</tr>\n<tr>", decode.batch, range(decode.tokens_per_second),
             human_bytes(static_cast<double>(decode.bytes_per_token)), percent(decode.bandwidth_share, 0), bar(decode.bandwidth_share));
    }
    text_ += "</tr>\n";
  }

  void terms() {
    text_ += R"(<section>
<h2>How to read this</h2>
<dl class="terms">
<dt>KL divergence</dt><dd>How much a model's guesses for the next token differ from the original's, over the whole vocabulary, averaged over
every token of the text. 0 is identical; 0.01 is hard to notice; above 0.1 texts visibly drift. The 99&nbsp;% column tells how bad the
worst one in a hundred tokens is.</dd>
<dt>Same next token</dt><dd>How often the model's most likely next token is the original's.</dd>
<dt>Perplexity</dt><dd>How surprised a model is by the text itself; lower is better. A small model can score well on a text by luck, so
compare closeness first.</dd>
<dt>Bits per weight</dt><dd>Size of all weights divided by their number; an uncompressed model has 16 or 32.</dd>
</dl>
</section>
)";
  }

  void footer() {
    text_ += "<footer>\n";
    const auto line = [&](std::string_view name, const std::string& value, bool code) {
      if (!value.empty()) append("<p>{}: {}{}{}</p>\n", name, code ? "<code>" : "", escape(value), code ? "</code>" : "");
    };
    line("Command", report_.command, true);
    line("Machine", report_.machine, false);
    line("Date", report_.date, false);
    line("Text", report_.text_name, false);
    line("Tightrope", report_.version, false);
    text_ += "</footer>\n";
  }

  const Report& report_;
  std::optional<std::size_t> best_;
  std::string text_;
};

}  // namespace

std::string to_html(const Report& report) { return Page(report).html(); }

}  // namespace tightrope::eval
