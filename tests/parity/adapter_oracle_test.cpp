// Adapters against PEFT: LoRA, rsLoRA and DoRA, applied as the model runs and merged into its weights.
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <string>

#include "checkpoint/safetensors.h"
#include "model/adapter.h"
#include "model/checkpoint_io.h"
#include "parity/compare.h"
#include "support/temporary_folder.h"

namespace tightrope::parity {
namespace {

// The acceptance bound: both sides compute in single precision, in different orders.
constexpr double kTolerance = 1e-4;

struct Oracle {
  std::vector<std::vector<text::TokenId>> ids;
  std::vector<float> logits;
};

Oracle read_oracle(const std::filesystem::path& file) {
  const checkpoint::Container container = checkpoint::read_safetensors(file);
  const checkpoint::Entry &ids = *container.find("input_ids"), &logits = *container.find("logits");
  std::vector<std::int64_t> values(ids.shape.elements());
  std::memcpy(values.data(), ids.bytes.data(), values.size() * sizeof(std::int64_t));
  Oracle oracle{.ids = {{values.begin(), values.end()}}, .logits = std::vector<float>(logits.shape.elements())};
  std::memcpy(oracle.logits.data(), logits.bytes.data(), oracle.logits.size() * sizeof(float));
  return oracle;
}

class AdapterOracle : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(TIGHTROPE_SHARED) / "oracles" / ("peft-" + GetParam());
    if (!std::filesystem::exists(folder_ / "oracle.safetensors")) GTEST_SKIP() << "no oracle at " << folder_;
  }
  model::Model adapted() const {
    const model::Model base = model::load_model(std::filesystem::path(TIGHTROPE_SHARED) / "oracles/llama");
    return base.with_adapter(model::read_adapter(folder_, base));
  }
  double distance(const model::Model& model, kernels::Isa isa) const {
    engine::Engine engine(model, {.threads = 0, .isa = isa, .exact = true});
    const Oracle oracle = read_oracle(folder_ / "oracle.safetensors");
    return relative_difference(logits_of(engine, oracle.ids), oracle.logits);
  }
  std::filesystem::path folder_;
};

TEST_P(AdapterOracle, AgreesAppliedAsTheModelRuns) {
  for (const kernels::Isa isa : kernels::available_isas()) EXPECT_LT(distance(adapted(), isa), kTolerance) << isa_name(isa);
}

TEST_P(AdapterOracle, AgreesMerged) {
  EXPECT_LT(distance(model::merge_adapter(adapted(), nullptr, formats::kScalarCodec), kernels::best_isa()), kTolerance);
}

TEST_P(AdapterOracle, MattersAtAll) { EXPECT_GT(distance(adapted().with_adapter(nullptr), kernels::best_isa()), 100 * kTolerance); }

TEST_P(AdapterOracle, AgreesMergedAndOpenedAgain) {
  const test::TemporaryFolder folder;
  const model::Model merged = model::merge_adapter(adapted(), nullptr, formats::kScalarCodec);
  model::save_gguf(merged, folder / "merged.gguf", {});
  model::save_huggingface(merged, folder / "merged", {});
  for (const char* name : {"merged.gguf", "merged"})
    EXPECT_LT(distance(model::load_model(folder / name), kernels::best_isa()), kTolerance) << name;
}

// An adapter made for a folder also goes onto its GGUF, whose rows lie in another order.
TEST_P(AdapterOracle, AgreesOnTheBaseAsGguf) {
  const test::TemporaryFolder folder;
  model::save_gguf(adapted().with_adapter(nullptr), folder / "base.gguf", {});
  const model::Model base = model::load_model(folder / "base.gguf");
  EXPECT_LT(distance(base.with_adapter(model::read_adapter(folder_, base)), kernels::best_isa()), kTolerance);
}

INSTANTIATE_TEST_SUITE_P(Peft, AdapterOracle, ::testing::Values("lora", "rslora", "dora"),
                         [](const ::testing::TestParamInfo<std::string>& param) { return param.param; });

}  // namespace
}  // namespace tightrope::parity
