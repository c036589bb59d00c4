// The report's JSON both ways, its tables and its verdict.
#include "eval/report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "support/sample_report.h"
#include "tightrope/error.h"

namespace tightrope::eval {
namespace {

std::vector<std::string> keys(const Json& json) {
  std::vector<std::string> names;
  for (const auto& [name, value] : json.as_object("test")) names.push_back(name);
  return names;
}

TEST(ReportJson, HasTheStableKeys) {
  const Json json = to_json(test::sample_report());
  const Json& model = json.at("models", "test").as_array("test")[1];
  for (const char* key : {"path", "bytes", "bits_per_weight", "perplexity", "kld", "same_top"}) EXPECT_NE(model.find(key), nullptr) << key;
  for (const char* key : {"value", "stderr", "context", "tokens"}) EXPECT_TRUE(model.find("perplexity")->find(key)->is_number()) << key;
  for (const char* key : {"mean", "median", "p99", "max"}) EXPECT_TRUE(model.find("kld")->find(key)->is_number()) << key;
  EXPECT_EQ(model.find("same_top")->as_double("test"), 0.991);
}

TEST(ReportJson, TheBaseHasNoDivergence) {
  const Json json = to_json(test::sample_report());
  const Json& base = json.at("models", "test").as_array("test")[0];
  EXPECT_TRUE(base.at("kld", "test").is_null());
  EXPECT_TRUE(base.at("same_top", "test").is_null());
}

TEST(ReportJson, LatencyHasTheStableKeys) {
  const Json json = to_json(test::sample_report().latencies.front());
  for (const char* key : {"model", "isa", "threads", "load_seconds", "peak_rss_bytes", "prefill", "decode"}) {
    EXPECT_NE(json.find(key), nullptr) << key;
  }
  const Json& prefill = json.at("prefill", "test").as_array("test").front();
  EXPECT_EQ(keys(prefill), (std::vector<std::string>{"tokens", "depth", "batch", "tokens_per_second"}));
  EXPECT_EQ(keys(prefill.at("tokens_per_second", "test")), (std::vector<std::string>{"median", "min", "max"}));
  const Json& decode = json.at("decode", "test").as_array("test").front();
  EXPECT_EQ(keys(decode), (std::vector<std::string>{"depth", "batch", "tokens_per_second", "bytes_per_token", "bandwidth_share"}));
}

TEST(ReportJson, ComesBackUnchanged) {
  const Report report = test::sample_report();
  const std::string text = to_json(report).dump(2);
  const Report again = read_report(Json::parse(text, "test"));
  EXPECT_EQ(to_json(again).dump(2), text);
  EXPECT_EQ(again.base, report.base);
  EXPECT_EQ(again.models[2].measurement.divergence->max, report.models[2].measurement.divergence->max);
  EXPECT_EQ(again.latencies.front().decode.front().bytes_per_token, 9210000u);
  EXPECT_EQ(to_html(again), to_html(report));
}

TEST(ReportJson, WithoutBaseSpeedOrPromptComesBackUnchanged) {
  Report report = test::sample_report();
  report.base.reset();
  report.models.resize(1);
  report.latencies.clear();
  report.prompt.clear();
  const std::string text = to_json(report).dump();
  EXPECT_EQ(to_json(read_report(Json::parse(text, "test"))).dump(), text);
}

TEST(ReportJson, NumbersThatAreNotFiniteSurvive) {
  Report report = test::sample_report();
  report.models[1].measurement.perplexity.value = std::numeric_limits<double>::infinity();
  const Report again = read_report(Json::parse(to_json(report).dump(), "test"));
  EXPECT_FALSE(std::isfinite(again.models[1].measurement.perplexity.value));
  EXPECT_NE(to_table(again).find("nan"), std::string::npos);
}

TEST(ReportJson, OnlyTheStableKeysAreNeeded) {
  const Report report = read_report(Json::parse(R"({"models":[{"path":"a.gguf","bytes":5,"bits_per_weight":4.5,
    "perplexity":{"value":2,"stderr":0.1,"context":8,"tokens":7},"kld":{"mean":0.1,"median":0.1,"p99":1,"max":2},"same_top":0.5}]})",
                                                "test"));
  EXPECT_EQ(report.models.front().label, "a.gguf");
  EXPECT_EQ(report.models.front().measurement.divergence->same_top, 0.5);
}

TEST(ReportJson, DamagedReportsAreRefused) {
  const auto refused = [](const char* text) {
    try {
      read_report(Json::parse(text, "test"));
      return false;
    } catch (const Error& error) {
      return error.code() == ErrorCode::malformed;
    }
  };
  EXPECT_TRUE(refused("[]"));
  EXPECT_TRUE(refused("{}"));
  EXPECT_TRUE(refused(R"({"models":3})"));
  EXPECT_TRUE(refused(R"({"models":[{"path":"a"}]})"));
  EXPECT_TRUE(refused(R"({"models":[],"base":0})"));
  EXPECT_TRUE(refused(R"({"models":[],"latencies":[{"model":"a"}]})"));
}

std::size_t columns_of(std::string_view line) {
  return static_cast<std::size_t>(std::ranges::count_if(line, [](char c) { return (c & 0xC0) != 0x80; }));
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size(); begin = text.find('\n', begin) + 1)
    lines.push_back(text.substr(begin, text.find('\n', begin) - begin));
  return lines;
}

TEST(ReportTable, FitsATerminalForOrdinaryNames) {
  Report report = test::sample_report();
  report.latencies[0].decode.push_back({.batch = 16, .tokens_per_second = {.median = 2000, .min = 1900, .max = 2100}});
  report.models[1].label = "Llama-3.2-1B-Instruct-Q4_K_M";
  report.models[1].bits_per_weight = 16;
  report.latencies[0].model = report.models[1].path;
  for (const std::string& line : lines_of(to_table(report))) EXPECT_LE(columns_of(line), 80U) << line;
}

TEST(ReportTable, ColumnsAlign) {
  Report report = test::sample_report();
  report.models[1].label = "größer";  // more bytes than columns
  report.latencies.clear();
  const std::vector<std::string> lines = lines_of(to_table(report));
  const std::size_t first = 1 + report.models.size();
  ASSERT_EQ(lines.size(), 2 * first);  // an empty line between; the second table has no line for the base
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (i != first) {
      EXPECT_EQ(columns_of(lines[i]), columns_of(lines[i < first ? 0 : first + 1])) << lines[i];
    }
}

TEST(ReportTable, SpeedsFollowUnderTheLabelsOfTheModels) {
  Report report = test::sample_report();
  Latency other = report.latencies.front();
  other.model = "elsewhere.gguf";
  other.decode.push_back({.batch = 4, .tokens_per_second = {.median = 2000, .min = 1900, .max = 2100}, .bandwidth_share = 0.25});
  report.latencies.push_back(other);
  const std::string table = to_table(report), speeds = table.substr(table.rfind("\n\n") + 2);
  EXPECT_NE(speeds.find("q8_0 "), std::string::npos) << speeds;
  EXPECT_EQ(speeds.find("models/q8_0.gguf"), std::string::npos) << speeds;
  EXPECT_NE(speeds.find("elsewhere.gguf"), std::string::npos) << speeds;
  EXPECT_NE(speeds.find("2000 (1900–2100)"), std::string::npos) << speeds;
  EXPECT_EQ(std::ranges::count(speeds, '\n'), 4) << speeds;  // heading, one line of the first model, two of the second
}

TEST(ReportTable, NamesCannotDriveTheTerminal) {
  Report report = test::sample_report();
  report.models[1].label = "evil\x1b[2J\nname\x07";
  report.latencies[0].model = "evil\x1b]0;title\x07";
  for (const std::string& text : {to_table(report), to_table(report.latencies[0]), verdict(report)}) {
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    EXPECT_EQ(text.find('\x07'), std::string::npos);
  }
}

TEST(Verdict, IsTheSmallestModelThatIsRightNineTimesInTen) {
  Report report = test::sample_report();
  EXPECT_EQ(best_trade(report), 2u);
  EXPECT_EQ(verdict(report), "q4_k_m is 3.2 times smaller than the original and predicts the same next token 92\u00A0% of the time.");
  report.models.erase(report.models.begin() + 1, report.models.begin() + 3);  // the good ones
  EXPECT_EQ(best_trade(report), 1u);                                          // the one that is right most often
}

TEST(Verdict, SpeaksOfPerplexityWithoutABase) {
  Report report = test::sample_report();
  report.base.reset();
  EXPECT_EQ(best_trade(report), std::nullopt);
  EXPECT_NE(verdict(report).find("erplexity"), std::string::npos);
  report.models.resize(1);
  EXPECT_EQ(verdict(report), "original has a perplexity of 67.50.");
  report.models.clear();
  EXPECT_FALSE(verdict(report).empty());
}

TEST(Verdict, DoesNotCallALargerModelSmaller) {
  Report report = test::sample_report();
  report.models.resize(2);
  report.models[1].bytes = 2 * report.models[0].bytes;
  EXPECT_NE(verdict(report).find("2.00 times the size"), std::string::npos) << verdict(report);
}

}  // namespace
}  // namespace tightrope::eval
