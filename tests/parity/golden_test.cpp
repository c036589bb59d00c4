// The engine on the project's own model against what transformers computed once; see tools/make_golden_logits.py.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/json.h"
#include "model/checkpoint_io.h"
#include "parity/compare.h"
#include "support/readable_parameters.h"

namespace tightrope::parity {
namespace {

using text::TokenId;

Json golden() {
  std::ifstream file(std::filesystem::path(TIGHTROPE_SOURCE) / "tests/golden/wren_7m.json");
  std::ostringstream text;
  text << file.rdbuf();
  return Json::parse(text.str(), "wren_7m.json");
}

std::vector<TokenId> ids_of(const Json& list) {
  std::vector<TokenId> ids;
  for (const Json& id : list.as_array("ids")) ids.push_back(static_cast<TokenId>(id.as_uint("id")));
  return ids;
}

std::vector<TokenId> top_five(std::span<const float> logits) {
  std::vector<TokenId> order(logits.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<TokenId>(i);
  std::partial_sort(order.begin(), order.begin() + 5, order.end(), [&](TokenId a, TokenId b) { return logits[a] > logits[b]; });
  order.resize(5);
  return order;
}

class Golden : public ::testing::TestWithParam<kernels::Isa> {
 protected:
  const Json golden_ = golden();
  engine::Engine engine_{model::load_model(std::filesystem::path(TIGHTROPE_SOURCE) / "models/wren-7m"),
                         {.threads = 0, .isa = GetParam(), .exact = true}};
};

TEST_P(Golden, LogitsAgree) {
  const std::vector<std::vector<TokenId>> texts = {ids_of(golden_.at("ids", "golden"))};
  const std::vector<float> logits = logits_of(engine_, texts);
  const std::size_t vocab = engine_.model().config().vocab;
  // Both sides round to single precision at every step; the engine was seen 7e-7 away. Any step done differently is off by 1e-4 and more.
  const double tolerance = 1e-5 * golden_.at("largest_logit", "golden").as_double("largest_logit");
  for (const Json& record : golden_.at("positions", "golden").as_array("positions")) {
    const std::size_t position = record.at("position", "record").as_uint("position");
    const std::span<const float> row = std::span(logits).subspan(position * vocab, vocab);
    const std::vector<TokenId> ids = ids_of(record.at("ids", "record"));
    const Json::Array& expected = record.at("logits", "record").as_array("logits");
    for (std::size_t i = 0; i < ids.size(); ++i)
      EXPECT_NEAR(row[ids[i]], expected[i].as_double("logit"), tolerance) << position << ": " << ids[i];
    EXPECT_EQ(top_five(row), ids_of(record.at("top5", "record"))) << position;
    EXPECT_NEAR(engine_.log_sum_exp(row), record.at("log_sum_exp", "record").as_double("log_sum_exp"), tolerance) << position;
  }
}

TEST_P(Golden, GreedyContinuationIsTheSame) {
  const std::vector<TokenId> expected = ids_of(golden_.at("greedy", "golden"));
  EXPECT_EQ(greedy(engine_, ids_of(golden_.at("prompt", "golden")), expected.size()), expected);
}

INSTANTIATE_TEST_SUITE_P(EveryIsa, Golden, ::testing::ValuesIn(kernels::available_isas()),
                         [](const ::testing::TestParamInfo<kernels::Isa>& param) { return std::string(isa_name(param.param)); });

}  // namespace
}  // namespace tightrope::parity
