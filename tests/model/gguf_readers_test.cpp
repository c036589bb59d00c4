// What other readers of a GGUF compute otherwise is said, and nothing is said where they agree.
#include "model/gguf_readers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "support/tiny_model.h"

namespace tightrope::model {
namespace {

std::string said(std::string_view type, const std::function<void(Config&)>& change = {}, std::size_t head = 0) {
  const Arch& arch = arch_for_hf_model_type(type);
  Config config = test::tiny_config(arch, head);
  config.activation = arch.embedding.scaled ? Activation::gelu_tanh : config.activation;
  config.attention_scale = 0;
  config.normalise_experts = true;
  for (BlockVariant& variant : config.variants) variant.window = 0;
  config.rope.scaling = RopeConfig::Scaling::none;
  if (change) change(config);
  std::string text;
  for (const std::string& difference : gguf_differences(Model(arch, config, {}, nullptr))) text += difference + "\n";
  return text;
}

void slide(Config& config) { config.variants[0].window = 8; }

TEST(GgufReaders, AreSaidToAgreeWhereTheyDo) {
  for (const std::string_view type : {"llama", "mistral", "mixtral", "qwen2", "qwen3", "qwen3_moe", "phi3", "gemma2", "gemma3_text"})
    EXPECT_EQ(said(type), "") << type;
  EXPECT_EQ(said("gemma2", slide), "");
  EXPECT_EQ(said("modernbert", slide), "");
  EXPECT_EQ(said("llama", [](Config& config) { config.rope.scaling = RopeConfig::Scaling::llama3; }), "");
  EXPECT_EQ(said("gemma2", [](Config& config) { config.attention_scale = 1 / std::sqrt(static_cast<double>(config.head)); }), "");
}

TEST(GgufReaders, AreSaidToDifferWhereTheyDo) {
  for (const std::string_view type : {"mistral", "mixtral", "phi3", "qwen2", "qwen3", "qwen3_moe", "smollm3"})
    EXPECT_NE(said(type, slide).find("window"), std::string::npos) << type;
  EXPECT_NE(said("qwen3_moe", [](Config& config) { config.normalise_experts = false; }).find("experts"), std::string::npos);
  const auto scaling = [](RopeConfig::Scaling kind) { return [kind](Config& config) { config.rope.scaling = kind; }; };
  EXPECT_NE(said("llama", scaling(RopeConfig::Scaling::dynamic)).find("dynamic"), std::string::npos);
  EXPECT_NE(said("phi3", scaling(RopeConfig::Scaling::longrope)).find("longrope"), std::string::npos);
  EXPECT_NE(said("qwen2", scaling(RopeConfig::Scaling::llama3)).find("refuse"), std::string::npos);
  EXPECT_NE(said("gemma3_text", [](Config& config) { config.attention_scale = 0.1; }).find("query_pre_attn_scalar"), std::string::npos);
  EXPECT_NE(said("llama", [](Config& config) { config.activation = Activation::relu; }).find("activation"), std::string::npos);
  const Arch& bert = arch_for_hf_model_type("bert");
  std::size_t classifier = 0;
  while (bert.heads[classifier].kind != HeadSpec::Kind::sequence) ++classifier;
  EXPECT_NE(said("bert", {}, classifier).find("pair"), std::string::npos);
}

}  // namespace
}  // namespace tightrope::model
