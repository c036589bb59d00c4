// Adapters that PEFT made for the tests' tiny models, applied and merged, against what PEFT computed; see tools/make_golden_adapters.py.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "model/adapter.h"
#include "model/checkpoint_io.h"
#include "parity/compare.h"
#include "parity/golden_sample.h"
#include "support/temporary_folder.h"
#include "support/tiny_families.h"

namespace tightrope::parity {
namespace {

// Of the largest logit: both sides compute in single precision, in different orders.
constexpr double kTolerance = 2e-5;

const Json& golden() {
  static const Json json = golden_json("adapters/adapters.json");
  return json;
}

model::Model tiny_base(const std::string& name) {
  for (const test::TinyFamily& family : test::tiny_families())
    if (family.name == name) return family.model();
  throw std::runtime_error("no tiny model " + name);
}

class Adapters : public ::testing::TestWithParam<std::string> {
 protected:
  const Json& record_ = golden().at("adapters", "golden").at(GetParam(), "adapters");
  model::Model base_ = tiny_base(record_.at("base", "record").as_string("base"));

  std::shared_ptr<const model::Adapter> adapter_for(const model::Model& base) const {
    return model::read_adapter(std::filesystem::path(TIGHTROPE_SOURCE) / "tests/golden/adapters" / GetParam(), base);
  }
  model::Model adapted() const { return base_.with_adapter(adapter_for(base_)); }
  void expect(const model::Model& model, kernels::Isa isa, std::string_view key) const {
    engine::Engine engine(model, {.threads = 2, .isa = isa, .exact = true});
    const std::vector<text::TokenId> ids = numbers_of(golden().at("ids", "golden"));
    const bool decoder = model.config().output->kind == model::HeadSpec::Kind::causal_lm;
    const engine::Text text{.tokens = ids};
    std::vector<float> logits;
    if (decoder) {
      logits = logits_of(engine, std::vector<std::vector<text::TokenId>>{ids});
    } else {
      const std::span<const float> output = engine.encode({&text, 1}).output;
      logits.assign(output.begin(), output.end());
    }
    expect_sample(logits, record_.at(key, "record"), kTolerance, std::string(key) + " on " + std::string(isa_name(isa)));
  }
};

TEST_P(Adapters, AgreeAppliedAsTheModelRuns) {
  for (const kernels::Isa isa : kernels::available_isas()) expect(adapted(), isa, "output");
}

TEST_P(Adapters, AgreeMerged) { expect(model::merge_adapter(adapted(), nullptr, formats::kScalarCodec), kernels::best_isa(), "output"); }

TEST_P(Adapters, LeaveTheBaseAlone) {
  const model::Model with = adapted();
  expect(base_, kernels::best_isa(), "plain");
  expect(with.with_adapter(nullptr), kernels::best_isa(), "plain");
}

// Token after token, with a cache, gives the logits of one pass.
TEST_P(Adapters, AgreeTokenByToken) {
  if (base_.config().output->kind != model::HeadSpec::Kind::causal_lm) return;
  engine::Engine engine(adapted(), {.threads = 1, .isa = kernels::best_isa(), .exact = true});
  const std::vector<text::TokenId> ids = numbers_of(golden().at("ids", "golden"));
  engine::Sequence sequence = engine.new_sequence(ids.size());
  std::vector<float> logits;
  for (const text::TokenId& id : ids) {
    const engine::Chunk chunk{.sequence = &sequence, .tokens = {&id, 1}};
    const std::span<const float> row = engine.forward({&chunk, 1});
    logits.insert(logits.end(), row.begin(), row.end());
  }
  expect_sample(logits, record_.at("output", "record"), kTolerance, "logits");
}

TEST_P(Adapters, AgreeMergedAndOpenedAgain) {
  const test::TemporaryFolder folder;
  model::save_huggingface(model::merge_adapter(adapted(), nullptr, formats::kScalarCodec), folder / "merged", {});
  expect(model::load_model(folder / "merged"), kernels::best_isa(), "output");
}

std::vector<std::string> names() {
  std::vector<std::string> names;
  for (const auto& [name, record] : golden().at("adapters", "golden").as_object("adapters")) names.push_back(name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Peft, Adapters, ::testing::ValuesIn(names()), [](const ::testing::TestParamInfo<std::string>& param) {
  std::string name = param.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace tightrope::parity
