// The plot that answers "how small can it get": mean KLD, logarithmic, against size, as SVG.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

#include "eval/axis.h"
#include "eval/markup.h"
#include "eval/report.h"

namespace tightrope::eval {
namespace {

// In SVG units; y grows downwards.
constexpr double kWidth = 860, kHeight = 430, kLeft = 72, kRight = 828, kTop = 22, kBottom = 372;
constexpr double kGlyph = 7.6, kLine = 17;  // about the width and height of a label's character
constexpr double kDot = 6;
constexpr double kAsGoodAsNone = 1e-6;  // nats: below lies the noise of float logits; drawn at the lower edge

constexpr std::string_view kStyle = R"(<style>
.tightrope-plot{--surface:#fffefb;--ink:#1d2026;--muted:#5a606c;--grid:#e7e3da;--faint:#f1eee7;--accent:#0a6c6c;--warm:#a8430f;
font:13.5px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
@media(prefers-color-scheme:dark){.tightrope-plot{--surface:#1b1e24;--ink:#ebe8e1;--muted:#a6abb7;--grid:#343943;--faint:#262a32;
--accent:#62cdc5;--warm:#f2a06b}}
.tightrope-plot .ground{fill:var(--surface)}.tightrope-plot text{fill:var(--muted)}.tightrope-plot .grid{stroke:var(--grid)}
.tightrope-plot .minor{stroke:var(--faint)}.tightrope-plot .axis{fill:var(--ink)}.tightrope-plot .rope{fill:none;stroke:var(--accent);
stroke-width:1.5;opacity:.45}.tightrope-plot .bar{stroke:var(--accent);stroke-width:1.6}.tightrope-plot .dot{fill:var(--accent);
stroke:var(--surface);stroke-width:1.5}.tightrope-plot .name{fill:var(--ink);font-weight:600;paint-order:stroke;stroke:var(--surface);
stroke-width:4px;stroke-linejoin:round}.tightrope-plot .ring{fill:none;stroke:var(--warm);stroke-width:2}.tightrope-plot .base{
stroke:var(--warm);stroke-dasharray:5 4}.tightrope-plot .base-name{fill:var(--warm)}
</style>)";

struct Box {
  double left = 0, top = 0, right = 0, bottom = 0;
  bool meets(const Box& other) const { return left < other.right && other.left < right && top < other.bottom && other.top < bottom; }
};

struct Point {
  const ModelReport* model = nullptr;
  double x = 0, y = 0, low = 0, high = 0;  // low and high: the error bar's ends
  bool chosen = false;
};

class Plot {
 public:
  explicit Plot(const Report& report) : report_(report) {
    std::vector<double> sizes, divergences;
    for (const ModelReport& model : report.models) {
      sizes.push_back(static_cast<double>(model.bytes));
      if (!model.measurement.divergence) continue;
      const double mean = model.measurement.divergence->mean;
      if (mean >= kAsGoodAsNone) divergences.push_back(mean);
    }
    x_ = bytes_axis(sizes, kLeft, kRight);
    y_ = log_axis(divergences, kBottom, kTop);
    place_points();
  }

  std::string svg() {
    append(R"(<svg class="tightrope-plot" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" role="img" )", kWidth, kHeight);
    append(R"(aria-labelledby="plot-title plot-description"><title id="plot-title">KL divergence against size</title>)");
    append(R"(<desc id="plot-description">{}</desc>)", escape(description()));
    text_ += kStyle;
    append(R"(<rect class="ground" width="{}" height="{}"/>)", kWidth, kHeight);
    draw_axes();
    draw_base();
    draw_rope();
    for (const Point& point : points_) draw_point(point);
    for (const Point& point : points_) draw_name(point);
    return text_ + "</svg>";
  }

 private:
  template <class... Arguments>
  void append(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Arguments>(arguments)...);
  }

  void place_points() {
    const std::optional<std::size_t> best = best_trade(report_);
    for (std::size_t i = 0; i < report_.models.size(); ++i) {
      const ModelReport& model = report_.models[i];
      if (!model.measurement.divergence) continue;
      const Divergence& d = *model.measurement.divergence;
      Point& point = points_.emplace_back(Point{.model = &model, .chosen = best == i});
      point.x = x_.place(static_cast<double>(model.bytes));
      point.y = y_.place(d.mean);
      point.low = y_.place(d.mean - d.standard_error);
      point.high = y_.place(d.mean + d.standard_error);
      taken_.push_back({point.x - kDot, point.y - kDot, point.x + kDot, point.y + kDot});
    }
    std::ranges::sort(points_, {}, &Point::x);
  }

  std::string description() const {
    std::string text = "Mean KL divergence from the original, on a logarithmic axis, against size on disk.";
    for (const Point& point : points_) {
      text += fmt::format(" {}: {}, {} nats a token.", point.model->label, human_bytes(static_cast<double>(point.model->bytes)),
                          significant(point.model->measurement.divergence->mean));
    }
    return text;
  }

  void draw_axes() {
    for (const Tick& tick : log_ticks(y_)) {
      const double y = y_.place(tick.value);
      append(R"(<line class="{}" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>)", tick.label.empty() ? "minor" : "grid", kLeft, kRight, y, y);
      append(R"(<text x="{}" y="{:.1f}" text-anchor="end">{}</text>)", kLeft - 10, y + 4.5, tick.label);
    }
    for (const Tick& tick : bytes_ticks(x_)) {
      const double x = x_.place(tick.value);
      append(R"(<line class="grid" x1="{:.1f}" x2="{:.1f}" y1="{}" y2="{}"/>)", x, x, kBottom, kBottom + 5);
      append(R"(<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>)", x, kBottom + 22, tick.label);
    }
    append(R"(<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/>)", kLeft, kRight, kBottom, kBottom);
    append(R"(<text class="axis" x="{}" y="{}" text-anchor="end">size on disk</text>)", kRight, kHeight - 10);
    append("<text class=\"axis\" transform=\"translate(17 {}) rotate(-90)\" text-anchor=\"end\">", kTop);
    append("mean KL divergence, nats per token</text>");
  }

  void draw_base() {
    if (!report_.base) return;
    const ModelReport& base = report_.models[*report_.base];
    const double x = x_.place(static_cast<double>(base.bytes));
    const std::string size = human_bytes(static_cast<double>(base.bytes));
    append(R"(<line class="base" x1="{:.1f}" x2="{:.1f}" y1="{}" y2="{}"/>)", x, x, kTop, kBottom);
    append(R"(<text class="base-name" text-anchor="end" x="{:.1f}" y="{}">the original</text>)", x - 8, kTop + 12);
    append(R"(<text class="base-name" text-anchor="end" x="{:.1f}" y="{}">{}</text>)", x - 8, kTop + 12 + kLine, size);
    taken_.push_back({x - 8 - 12 * kGlyph, kTop, x, kTop + 2 * kLine});
    if (points_.empty()) append(R"(<text x="{}" y="{}">nothing to compare with it</text>)", kLeft + 16, (kTop + kBottom) / 2);
  }

  // Through the points no other model beats in both size and divergence.
  void draw_rope() {
    std::string path;
    double best = kTop - 1;  // y of the least divergence so far, from the smallest model on
    for (const Point& point : points_) {
      if (point.y <= best) continue;
      best = point.y;
      path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", point.x, point.y);
    }
    if (!path.empty()) append(R"(<path class="rope" d="{}"/>)", path);
  }

  void draw_point(const Point& point) {
    const Divergence& d = *point.model->measurement.divergence;
    append("<g><title>{}: {}, {:.2f} bits per weight\nKLD {} ± {}, 99 % {}, largest {}\nsame next token {}</title>",
           escape(point.model->label), human_bytes(static_cast<double>(point.model->bytes)), point.model->bits_per_weight,
           escape(nats(d.mean)), significant(d.standard_error, 2), significant(d.p99), significant(d.max), percent(d.same_top));
    append(R"(<path class="bar" d="M{0:.1f} {1:.1f}V{2:.1f}M{3:.1f} {1:.1f}h8M{3:.1f} {2:.1f}h8"/>)", point.x, point.low, point.high,
           point.x - 4);
    if (point.chosen) append(R"(<circle class="ring" cx="{:.1f}" cy="{:.1f}" r="{}"/>)", point.x, point.y, kDot + 4);
    append(R"(<circle class="dot" cx="{:.1f}" cy="{:.1f}" r="{}"/></g>)", point.x, point.y, kDot);
  }

  // The first place around the point where the name meets neither a dot, another name nor the edge; to the right when all do.
  void draw_name(const Point& point) {
    const std::string name = shortened(point.model->label);
    const double width = kGlyph * static_cast<double>(columns(name)), gap = kDot + 7;
    const std::array<std::pair<double, double>, 6> places{{{point.x + gap, point.y + 5},
                                                           {point.x + gap - 3, point.y - 10},
                                                           {point.x - gap - width, point.y + 5},
                                                           {point.x - width / 2, point.y - gap - 3},
                                                           {point.x - width / 2, point.y + gap + 12},
                                                           {point.x + gap - 3, point.y + 20}}};
    const auto box_at = [&](const std::pair<double, double>& place) {
      return Box{place.first, place.second - kLine + 4, place.first + width, place.second + 4};
    };
    const auto free = [&](const std::pair<double, double>& place) {
      const Box box = box_at(place);
      const bool inside = box.left >= kLeft + 2 && box.right <= kWidth - 4 && box.top >= 0 && box.bottom <= kBottom - 2;
      return inside && std::ranges::none_of(taken_, [&](const Box& other) { return box.meets(other); });
    };
    const auto found = std::ranges::find_if(places, free);
    const auto& [x, y] = found == places.end() ? places.front() : *found;
    taken_.push_back(box_at({x, y}));
    append(R"(<text class="name" x="{:.1f}" y="{:.1f}">{}</text>)", x, y, escape(name));
  }

  // At most 24 characters, cut between characters.
  static std::string shortened(const std::string& label) {
    std::string clean = printable(label);
    constexpr std::size_t kLongest = 24;
    if (columns(clean) <= kLongest) return clean;
    std::size_t end = 0;
    for (std::size_t seen = 0; end < clean.size(); ++end) {
      if ((static_cast<unsigned char>(clean[end]) & 0xC0) != 0x80 && ++seen == kLongest) break;
    }
    return clean.substr(0, end) + "…";
  }

  const Report& report_;
  Axis x_, y_;
  std::vector<Point> points_;
  std::vector<Box> taken_;  // by dots and names
  std::string text_;
};

}  // namespace

std::string size_against_divergence_svg(const Report& report) { return Plot(report).svg(); }

}  // namespace tightrope::eval
