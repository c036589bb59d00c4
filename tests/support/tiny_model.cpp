// Fills an architecture's tensors with seeded random numbers.
#include "support/tiny_model.h"

#include <algorithm>
#include <set>

#include "base/random.h"
#include "model/config_checks.h"
#include "model/hf_keys.h"
#include "model/tensor_plan.h"
#include "support/random_model.h"
#include "text/byte_alphabet.h"
#include "text/components.h"

namespace tightrope::test {

model::Config tiny_config() {
  model::Config config;
  config.vocab = 320;
  config.model = 32;
  config.blocks = 2;
  config.heads = 4;
  config.kv_heads = 2;
  config.head = 8;
  config.ffn = 64;
  config.context = 64;
  config.norm_epsilon = 1e-6;
  config.bos = 0;
  config.eos = {1};
  config.padding = 2;
  config.name = "tiny";
  config.rope_dimensions = config.head;
  model::complete_config(config);
  return config;
}

model::Config tiny_config(const model::Arch& arch, std::size_t head) {
  const std::set<std::string_view> kCommon = {"vocab_size",        "hidden_size",         "num_hidden_layers",      "num_attention_heads",
                                              "intermediate_size", "num_key_value_heads", "max_position_embeddings"};
  Json json = Json::parse(arch.hf_defaults, arch.name);
  const bool grouped = std::any_of(arch.tensors.begin(), arch.tensors.end(),
                                   [](const model::TensorSpec& spec) { return spec.shape.find("kv_heads") != std::string_view::npos; });
  const std::pair<std::string_view, int> numbers[] = {{"vocab_size", 320},
                                                      {"hidden_size", 32},
                                                      {"num_hidden_layers", 2},
                                                      {"num_attention_heads", 4},
                                                      {"intermediate_size", 64},
                                                      {"num_local_experts", 4},
                                                      {"num_experts_per_tok", 2},
                                                      {"moe_intermediate_size", 32},
                                                      {"embedding_size", 16},
                                                      {"sliding_window", 8},
                                                      {"local_attention", 8},
                                                      {"num_feedforward_networks", 2},
                                                      {"query_pre_attn_scalar", 8},
                                                      {"intra_bottleneck_size", 16},
                                                      {"num_key_value_heads", grouped ? 2 : 4},
                                                      {"max_position_embeddings", arch.embedding.positions_after_padding ? 67 : 64},
                                                      {"original_max_position_embeddings", 64}};
  const bool narrow = json.find("intra_bottleneck_size") != nullptr;
  for (const auto& [key, value] : numbers) {
    const std::string_view own = model::own_key(arch, key);
    if (kCommon.contains(key) || json.find(own) != nullptr) json[own] = Json(value);
  }
  if (!narrow) json["head_dim"] = Json(8);
  json["architectures"] = Json::array();
  json["architectures"].push_back(arch.heads[head].hf_class);
  json["bos_token_id"] = Json(0);
  json["eos_token_id"] = Json(1);
  json["pad_token_id"] = Json(2);
  model::Config config = model::read_hf_config(arch, json);
  config.name = "tiny";
  return config;
}

text::TokenizerDefinition tiny_tokenizer() {
  text::TokenizerDefinition definition;
  text::BpeOptions& bpe = definition.model.emplace<text::BpeOptions>();
  for (const std::string_view special : {"<|bos|>", "<|eos|>", "<|pad|>"}) {
    definition.added.push_back(
        {.id = static_cast<text::TokenId>(definition.tokens.size()), .content = std::string(special), .special = true});
    definition.tokens.push_back({std::string(special), text::TokenKind::control});
  }
  for (int byte = 0; byte < 256; ++byte) {
    const char character = static_cast<char>(byte);
    definition.tokens.push_back({text::to_byte_alphabet(std::string_view(&character, 1)), text::TokenKind::normal});
  }
  for (const auto& [left, right] : {std::pair("t", "h"), std::pair("th", "e"), std::pair("a", "n")}) {
    bpe.merges.emplace_back(left, right);
    definition.tokens.push_back({std::string(left) + right, text::TokenKind::normal});
  }
  bpe.ignore_merges = true;
  definition.pre_tokenizers = text::byte_level_words("llama-bpe");
  definition.decoders = text::byte_level_decoders();
  definition.around = text::surrounding_template({0}, {});
  definition.bos = 0;
  definition.eos = 1;
  definition.padding = 2;
  return definition;
}

model::Model tiny_model(const model::Arch& arch, const model::Config& config, std::uint64_t seed, std::string_view format_name) {
  const formats::Format& format = formats::get(format_name);
  Random random(seed);
  std::vector<model::NamedWeight> weights;
  for (const model::PlannedTensor& tensor : model::plan_tensors(arch, config)) {
    const bool norm = tensor.canonical.ends_with("norm");
    weights.push_back({tensor.canonical, testing::random_weight(tensor.shape, norm ? 1 : 0, 0.05, format, random)});
  }
  return model::Model(arch, config, std::move(weights), std::make_shared<const text::Tokenizer>(tiny_tokenizer()));
}

}  // namespace tightrope::test
