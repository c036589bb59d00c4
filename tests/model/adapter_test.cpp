// Adapters that must be refused, and what merging does to formats.
#include "model/adapter.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <functional>

#include "checkpoint/safetensors.h"
#include "model/adapter_config.h"
#include "model/checkpoint_io.h"
#include "support/clean_refusal.h"
#include "support/temporary_folder.h"
#include "support/tiny_model.h"

namespace tightrope::model {
namespace {

constexpr std::string_view kPlain = R"({"peft_type": "LORA", "r": 2, "lora_alpha": 4, "bias": "none", "target_modules": ["q_proj"]})";
constexpr std::string_view kQuery = "base_model.model.model.layers.0.self_attn.q_proj";

struct Tensor {
  std::string name;
  Shape shape;
  float value = 0.01f;
};

// Each tensor holds one value throughout.
void write_tensors(const std::filesystem::path& file, const std::vector<Tensor>& tensors) {
  std::vector<checkpoint::PendingEntry> entries;
  for (const Tensor& tensor : tensors) {
    const auto rows = [value = tensor.value](std::uint64_t, std::uint64_t, std::span<std::byte> out) {
      for (std::size_t i = 0; i < out.size(); i += sizeof value) std::memcpy(out.data() + i, &value, sizeof value);
    };
    entries.push_back({tensor.name, &formats::get("f32"), tensor.shape, rows});
  }
  checkpoint::write_safetensors(file, entries, {}, {});
}

std::vector<Tensor> query_pair() {
  return {{std::string(kQuery) + ".lora_A.weight", Shape{2, 32}}, {std::string(kQuery) + ".lora_B.weight", Shape{32, 2}}};
}

class AdapterFolder : public ::testing::Test {
 protected:
  std::shared_ptr<const Adapter> read(std::string_view config, const std::vector<Tensor>& tensors) const {
    folder_.write("adapter/adapter_config.json", config);
    std::filesystem::remove(folder_ / "adapter/adapter_model.safetensors");
    write_tensors(folder_ / "adapter/adapter_model.safetensors", tensors);
    return read_adapter(folder_ / "adapter", base_);
  }
  // The message of the refusal.
  std::string refusal(std::string_view config, const std::vector<Tensor>& tensors) const {
    return test::refusal_of([&] { read(config, tensors); }).value_or("was not refused");
  }
  const test::TemporaryFolder folder_;
  const Model base_ = test::tiny_model(arch_for_hf_model_type("llama"), test::tiny_config(), 1, "f32");
};

TEST_F(AdapterFolder, IsReadWithItsScale) {
  const auto adapter = read(kPlain, query_pair());
  ASSERT_EQ(adapter->additions.size(), 1U);
  EXPECT_EQ(adapter->name, "adapter");
  const LowRank* addition = adapter->find("blocks.0.attn.q");
  ASSERT_NE(addition, nullptr);
  EXPECT_EQ(addition->rank, 2U);
  EXPECT_FLOAT_EQ(addition->a[5], 0.01f);
  EXPECT_FLOAT_EQ(addition->b[5], 0.02f);  // times 4 / 2
  EXPECT_EQ(adapter->find("blocks.1.attn.q"), nullptr);
}

TEST_F(AdapterFolder, RefusesWhatIsMissing) {
  EXPECT_NE(test::refusal_of([&] { read_adapter(folder_ / "nowhere", base_); }).value_or("").find("adapter_config.json"),
            std::string::npos);
  folder_.write("half/adapter_config.json", kPlain);
  EXPECT_NE(test::refusal_of([&] { read_adapter(folder_ / "half", base_); }).value_or("").find("adapter_model.safetensors"),
            std::string::npos);
  EXPECT_NE(refusal(kPlain, {query_pair()[0]}).find("both"), std::string::npos);
  EXPECT_NE(refusal(kPlain, {query_pair()[1]}).find("both"), std::string::npos);
  EXPECT_NE(refusal(kPlain, {}).find("no tensors"), std::string::npos);
}

TEST_F(AdapterFolder, RefusesOtherShapes) {
  std::vector<Tensor> other_rank = query_pair(), other_base = query_pair(), other_height = query_pair();
  other_rank[0].shape = Shape{3, 32};
  other_base[0].shape = Shape{2, 64};
  other_height[1].shape = Shape{48, 2};
  for (const auto& tensors : {other_rank, other_base, other_height})
    EXPECT_NE(refusal(kPlain, tensors).find("of another model"), std::string::npos) << refusal(kPlain, tensors);
}

TEST_F(AdapterFolder, RefusesUnknownModules) {
  std::vector<Tensor> tensors = query_pair();
  for (Tensor& tensor : tensors) tensor.name.replace(tensor.name.find("q_proj"), 6, "query_key_value");
  const std::string message = refusal(kPlain, tensors);
  EXPECT_NE(message.find("model.layers.0.self_attn.query_key_value"), std::string::npos) << message;
  EXPECT_NE(message.find("down_proj, embed_tokens"), std::string::npos) << message;
  tensors = query_pair();
  for (Tensor& tensor : tensors) tensor.name.replace(tensor.name.find("layers.0"), 8, "layers.9");
  EXPECT_NE(refusal(kPlain, tensors).find("layers.9"), std::string::npos);
}

TEST_F(AdapterFolder, RefusesOtherTensors) {
  for (const char* name : {"base_model.model.lm_head.weight", "model.layers.0.self_attn.q_proj.lora_A.weight",
                           "base_model.model.model.layers.0.self_attn.q_proj.lora_B.bias", "base_model.model..lora_A.weight"}) {
    std::vector<Tensor> tensors = query_pair();
    tensors.push_back({name, Shape{32, 2}});
    EXPECT_NE(refusal(kPlain, tensors), "was not refused") << name;
  }
}

TEST_F(AdapterFolder, RefusesNumbersThatAreNotFinite) {
  for (const float bad : {std::nanf(""), HUGE_VALF})
    for (const std::size_t which : {0U, 1U}) {
      std::vector<Tensor> tensors = query_pair();
      tensors[which].value = bad;
      EXPECT_NE(refusal(kPlain, tensors).find("not finite"), std::string::npos);
    }
}

TEST_F(AdapterFolder, RefusesMagnitudesThatDoNotFitTheConfig) {
  std::vector<Tensor> tensors = query_pair();
  tensors.push_back({std::string(kQuery) + ".lora_magnitude_vector", Shape{32}});
  EXPECT_NE(refusal(kPlain, tensors).find("use_dora is false"), std::string::npos);
  EXPECT_NE(refusal(R"({"peft_type": "LORA", "r": 2, "lora_alpha": 4, "use_dora": true})", query_pair()).find("use_dora is true"),
            std::string::npos);
}

// Keys that would change the result, each named.
TEST_F(AdapterFolder, RefusesWhatItDoesNotSupport) {
  for (const auto& [key, value] :
       {std::pair("use_qalora", "true"), std::pair("modules_to_save", "[\"lm_head\"]"), std::pair("layer_replication", "[[0, 1]]"),
        std::pair("bias", "\"all\""), std::pair("alora_invocation_tokens", "[1]"), std::pair("lora_bias", "true"),
        std::pair("trainable_token_indices", "[3]"), std::pair("target_parameters", "[\"mlp.experts.down_proj\"]"),
        std::pair("init_lora_weights", "\"pissa\""), std::pair("rank_pattern", "{\"layers\\\\.[01].q_proj\": 2}"),
        std::pair("something_new", "1")}) {
    const std::string config = fmt::format(R"({{"peft_type": "LORA", "r": 2, "lora_alpha": 4, "{}": {}}})", key, value);
    const std::string message = refusal(config, query_pair());
    EXPECT_NE(message.find(key), std::string::npos) << message;
    EXPECT_NE(message.find("support"), std::string::npos) << message;
  }
  const std::string message = refusal(R"({"peft_type": "IA3"})", query_pair());
  EXPECT_NE(message.find("IA3"), std::string::npos) << message;
  EXPECT_NE(message.find("DoRA"), std::string::npos) << message;
}

TEST_F(AdapterFolder, RefusesBrokenConfigs) {
  for (const char* config :
       {"", "[]", "{}", R"({"peft_type": "LORA"})", R"({"peft_type": "LORA", "r": 0, "lora_alpha": 4})",
        R"({"peft_type": "LORA", "r": 2.5, "lora_alpha": 4})", R"({"peft_type": "LORA", "r": 1e18, "lora_alpha": 4})",
        R"({"peft_type": "LORA", "r": 2, "lora_alpha": "four"})", R"({"peft_type": "LORA", "r": 2, "lora_alpha": 1e300})",
        R"({"peft_type": "LORA", "r": 2, "lora_alpha": 4, "rank_pattern": [2]})"})
    EXPECT_NE(refusal(config, query_pair()), "was not refused") << config;
}

TEST(AdapterConfig, ChoosesRanksAndScalesByModule) {
  const AdapterConfig config = read_adapter_config(Json::parse(
      R"({"peft_type": "LORA", "r": 4, "lora_alpha": 8, "use_rslora": true, "rank_pattern": {"q_proj": 16, "layers.1.mlp.up": 9},
          "alpha_pattern": {"^model.head": 2}})",
      "config"));
  EXPECT_EQ(config.rank_of("model.layers.0.q_proj"), 16U);
  EXPECT_EQ(config.rank_of("model.layers.0.xq_proj"), 4U);  // a name's end is no path's end
  EXPECT_EQ(config.rank_of("model.layers.1.mlp.up"), 9U);
  EXPECT_EQ(config.rank_of("model.layers.11.mlp.up"), 4U);
  EXPECT_DOUBLE_EQ(config.scale_of("model.layers.0.q_proj"), 8 / 4.0);
  EXPECT_DOUBLE_EQ(config.scale_of("model.head"), 2 / 2.0);
  EXPECT_DOUBLE_EQ(config.scale_of("a.model.head"), 8 / 2.0);
}

TEST_F(AdapterFolder, MergesIntoTheFormatOfTheBase) {
  const auto adapter = read(kPlain, query_pair());
  for (const std::string_view format : {"f32", "f16", "bf16"}) {
    const Model base = test::tiny_model(base_.arch(), base_.config(), 1, format);
    const Model merged = merge_adapter(base.with_adapter(adapter), nullptr, formats::kScalarCodec);
    EXPECT_EQ(merged.adapter(), nullptr);
    const Weight &before = base.get("blocks.0.attn.q"), &after = merged.get("blocks.0.attn.q");
    EXPECT_EQ(after.format().name, format);
    std::vector<float> old(32 * 32), sum(32 * 32);
    before.read_rows_f32(0, 32, old, formats::kScalarCodec);
    after.read_rows_f32(0, 32, sum, formats::kScalarCodec);
    // Two ranks of 0.01 * 0.02 each; half a unit in the last of bfloat16's eight places.
    for (std::size_t i = 0; i < old.size(); ++i) EXPECT_NEAR(sum[i], old[i] + 0.0004f, std::fabs(old[i] + 0.0004f) / 256 + 1e-7f);
  }
}

TEST_F(AdapterFolder, MergesIntoAQuantisedBaseOnlyDecoded) {
  const Weight quantised = base_.get("blocks.0.attn.q").encoded_as(formats::get("q8_0"), formats::kScalarCodec);
  const Model adapted = base_.with("blocks.0.attn.q", quantised).with_adapter(read(kPlain, query_pair()));
  const auto message = test::refusal_of([&] { merge_adapter(adapted, nullptr, formats::kScalarCodec); });
  EXPECT_NE(message.value_or("").find("--type"), std::string::npos);
  const Model merged = merge_adapter(adapted, &formats::get("bf16"), formats::kScalarCodec);
  EXPECT_EQ(merged.get("blocks.0.attn.q").format().name, "bf16");
}

// The head is the embedding: merging would change both, where PEFT changes one.
TEST_F(AdapterFolder, RefusesToMergeIntoATiedEmbedding) {
  Config config = test::tiny_config();
  config.tied = true;
  const Model tied = test::tiny_model(base_.arch(), config, 1, "f32");
  folder_.write("adapter/adapter_config.json", kPlain);
  write_tensors(folder_ / "adapter/adapter_model.safetensors", {{"base_model.model.model.embed_tokens.lora_embedding_A", Shape{2, 320}},
                                                                {"base_model.model.model.embed_tokens.lora_embedding_B", Shape{32, 2}}});
  const Model adapted = tied.with_adapter(read_adapter(folder_ / "adapter", tied));
  const auto message = test::refusal_of([&] { merge_adapter(adapted, nullptr, formats::kScalarCodec); });
  EXPECT_NE(message.value_or("").find("run time"), std::string::npos);
}

TEST_F(AdapterFolder, CannotBeLostBySaving) {
  const Model adapted = base_.with_adapter(read(kPlain, query_pair()));
  for (const auto& save : {std::function([&] { save_gguf(adapted, folder_ / "out.gguf", {}); }),
                           std::function([&] { save_huggingface(adapted, folder_ / "out", {}); })})
    EXPECT_NE(test::refusal_of(save).value_or("").find("merge it first"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out.gguf") || std::filesystem::exists(folder_ / "out"));
}

TEST_F(AdapterFolder, WithARowOfNoLengthIsRefused) {
  std::vector<Tensor> tensors = query_pair();
  tensors.push_back({std::string(kQuery) + ".lora_magnitude_vector", Shape{32}, 1.0f});
  for (Tensor& tensor : tensors)
    if (tensor.shape.rank() == 2) tensor.value = 0;
  const std::vector<std::byte> zeros(32 * 32 * sizeof(float));
  const Model base = base_.with("blocks.0.attn.q", Weight(formats::get("f32"), Shape{32, 32}, Bytes(zeros)));
  const auto adapter = read(R"({"peft_type": "LORA", "r": 2, "lora_alpha": 4, "use_dora": true})", tensors);
  const auto message =
      test::refusal_of([&] { row_factors(*adapter->find("blocks.0.attn.q"), base.get("blocks.0.attn.q"), formats::kScalarCodec); });
  EXPECT_NE(message.value_or("").find("no length"), std::string::npos);
}

}  // namespace
}  // namespace tightrope::model
