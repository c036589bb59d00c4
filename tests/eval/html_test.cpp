// The HTML page and its plot: well-formed whatever the names, self-contained, and truthful about order.
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

#include "eval/axis.h"
#include "eval/markup.h"
#include "eval/report.h"
#include "support/markup_check.h"
#include "support/sample_report.h"

namespace tightrope::eval {
namespace {

const std::vector<std::string_view> kVoid{"meta", "br"};

Report hostile_report() {
  const std::string evil = "<script>alert('1')</script>\"'&amp;<b>\xff\xfe\x01\xc3";
  Report report = test::sample_report();
  for (std::string* text : {&report.version, &report.date, &report.machine, &report.command, &report.text_name, &report.prompt})
    *text = evil;
  for (ModelReport& model : report.models) model.path = model.label = evil, model.sample += evil;
  for (Latency& latency : report.latencies) latency.model = latency.isa = evil;
  return report;
}

TEST(Html, IsWellFormed) { EXPECT_EQ(test::markup_fault(to_html(test::sample_report()), kVoid), ""); }

TEST(Html, HostileNamesStayText) {
  const std::string page = to_html(hostile_report());
  EXPECT_EQ(test::markup_fault(page, kVoid), "");
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_EQ(page.find("alert('"), std::string::npos);
  EXPECT_EQ(page.find('\xff'), std::string::npos);
  EXPECT_EQ(page.find('\x01'), std::string::npos);
  EXPECT_NE(page.find("&lt;script&gt;"), std::string::npos);
}

TEST(Html, LoadsNothingFromElsewhere) {
  const std::string page = to_html(test::sample_report());
  for (const char* forbidden : {"<script", "<link", "<img", "@import", "url(", "src="}) EXPECT_EQ(page.find(forbidden), std::string::npos);
  EXPECT_EQ(page.find("http"), page.rfind("http"));  // the one of the SVG name space
  EXPECT_NE(page.find("prefers-color-scheme:dark"), std::string::npos);
}

TEST(Html, SaysWhatWasMeasured) {
  const std::string page = to_html(test::sample_report());
  for (const char* part : {"q4_k_m", "q2_k", "5.28 MB", "0.0181", "tightrope eval q8_0.gguf", "a processor, 2 cores", "0.1.0", "912"}) {
    EXPECT_NE(page.find(part), std::string::npos) << part;
  }
}

TEST(Html, MarksWhereASampleDeparts) {
  const std::string page = to_html(test::sample_report());
  EXPECT_NE(page.find(" a time there was a <mark>cistern.</mark>"), std::string::npos);  // from the start of the word
  EXPECT_NE(page.find(" a <mark>hill.</mark>"), std::string::npos);
  EXPECT_NE(page.find("word for word the same"), std::string::npos);
}

TEST(Html, EveryShapeOfReportMakesAPage) {
  Report report = test::sample_report();
  report.base.reset();
  EXPECT_EQ(test::markup_fault(to_html(report), kVoid), "");
  for (ModelReport& model : report.models) model.measurement.divergence.reset();
  EXPECT_EQ(test::markup_fault(to_html(report), kVoid), "");
  report.latencies.front().decode.clear();
  EXPECT_EQ(test::markup_fault(to_html(report), kVoid), "");
  report = Report{};
  EXPECT_EQ(test::markup_fault(to_html(report), kVoid), "");
  report.models.push_back(test::sample_model("lonely", 0, -1, 0, ""));
  report.base = 0;
  EXPECT_EQ(test::markup_fault(to_html(report), kVoid), "");
}

std::vector<std::pair<double, double>> dots(const std::string& svg) {
  const std::regex dot("class=\"dot\" cx=\"([0-9.]+)\" cy=\"([0-9.]+)\"");
  std::vector<std::pair<double, double>> places;
  for (std::sregex_iterator i(svg.begin(), svg.end(), dot), end; i != end; ++i) places.emplace_back(std::stod((*i)[1]), std::stod((*i)[2]));
  return places;
}

TEST(Plot, IsWellFormed) {
  EXPECT_EQ(test::markup_fault(size_against_divergence_svg(test::sample_report())), "");
  EXPECT_EQ(test::markup_fault(size_against_divergence_svg(hostile_report())), "");
  EXPECT_EQ(test::markup_fault(size_against_divergence_svg(Report{})), "");
}

TEST(Plot, LowerIsCloserAndLeftIsSmaller) {
  const auto places = dots(size_against_divergence_svg(test::sample_report()));
  ASSERT_EQ(places.size(), 4u);  // from left to right: q2_k … q8_0
  for (std::size_t i = 1; i < places.size(); ++i) {
    EXPECT_LT(places[i - 1].first, places[i].first);
    EXPECT_LT(places[i - 1].second, places[i].second);  // y grows downwards
  }
}

TEST(Plot, AModelThatIsIdenticalLiesOnTheAxis) {
  Report report = test::sample_report();
  report.models[1].measurement.divergence->mean = report.models[1].measurement.divergence->standard_error = 0;
  const std::string svg = size_against_divergence_svg(report);
  const auto places = dots(svg);
  EXPECT_EQ(test::markup_fault(svg), "");
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(places.back().second, 372);  // the lower edge
}

TEST(Axis, IsMonotoneAndItsTicksLieOnIt) {
  for (const auto& values : {std::vector<double>{0.0003, 0.4}, {0.02}, {1e-6, 5}, {0.011, 0.013}}) {
    const Axis axis = log_axis(values, 372, 22);
    double before = axis.place(axis.low);
    EXPECT_DOUBLE_EQ(before, 372);
    for (double value = axis.low * 1.1; value < axis.high; value *= 1.1) {
      EXPECT_LT(axis.place(value), before);
      before = axis.place(value);
    }
    const auto ticks = log_ticks(axis);
    EXPECT_TRUE(std::ranges::any_of(ticks, [](const Tick& tick) { return !tick.label.empty(); }));
    for (const Tick& tick : ticks) EXPECT_TRUE(tick.value >= axis.low && tick.value <= axis.high);
    for (const double value : values) EXPECT_TRUE(value > axis.low && value < axis.high);
  }
}

TEST(Axis, SizesHaveRoundTicks) {
  const std::vector<double> sizes{3.9e6, 16.8e6};
  const Axis axis = bytes_axis(sizes, 0, 100);
  const auto ticks = bytes_ticks(axis);
  EXPECT_GE(ticks.size(), 4u);
  EXPECT_LE(ticks.size(), 11u);
  EXPECT_EQ(ticks[0].label, "0");
  EXPECT_EQ(ticks[1].label, "2 MB");
  EXPECT_GT(axis.high, 16.8e6);
}

TEST(Markup, EscapesAndRepairs) {
  EXPECT_EQ(escape("a<b>&\"'c"), "a&lt;b&gt;&amp;&quot;&#39;c");
  EXPECT_EQ(escape("tab\tline\n"), "tab\tline\n");
  EXPECT_EQ(escape("é€😀"), "é€😀");
  EXPECT_EQ(escape("\xff"), "\xEF\xBF\xBD");
  EXPECT_EQ(escape("\xC0\xAF"), "\xEF\xBF\xBD\xEF\xBF\xBD");                  // overlong
  EXPECT_EQ(escape("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // a surrogate
  EXPECT_EQ(escape("end\xE2\x82"), "end\xEF\xBF\xBD\xEF\xBF\xBD");            // cut short
  EXPECT_EQ(escape(std::string_view("\0", 1)), "\xEF\xBF\xBD");
  EXPECT_EQ(printable("a\nb\x1b\xC2\x9B<"),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD\xEF\xBF\xBD<");
}

TEST(Markup, CommonPrefixEndsBetweenCharacters) {
  EXPECT_EQ(common_prefix("abc", "abd"), 2u);
  EXPECT_EQ(common_prefix("é", "è"), 0u);  // they share their first byte
  EXPECT_EQ(common_prefix("abc", "abcd"), 3u);
  EXPECT_EQ(common_prefix("", "x"), 0u);
}

TEST(Markup, NumbersHaveThreeDigitsAndNoExponent) {
  EXPECT_EQ(significant(0.000312), "0.000312");
  EXPECT_EQ(significant(67.459), "67.5");
  EXPECT_EQ(significant(1240), "1240");
  EXPECT_EQ(significant(0.99996), "1.00");
  EXPECT_EQ(significant(-2.5, 2), "-2.5");
  EXPECT_EQ(significant(0), "0");
  EXPECT_EQ(nats(3e-9), "<\u00A00.000001");
  EXPECT_EQ(nats(0), "0");
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(999), "999 B");
  EXPECT_EQ(human_bytes(999999), "1.00 MB");
  EXPECT_EQ(human_bytes(16.8e6), "16.8 MB");
  EXPECT_EQ(percent(0.9183), "91.8\u00A0%");
}

}  // namespace
}  // namespace tightrope::eval
