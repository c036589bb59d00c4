// Fills an architecture's tensors with seeded random numbers.
#include "support/tiny_model.h"

#include "base/random.h"
#include "model/tensor_plan.h"
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
    std::vector<float> values(tensor.shape.elements());
    for (float& value : values) value = static_cast<float>((norm ? 1 : 0) + 0.05 * random.normal());
    std::vector<std::byte> bytes(formats::bytes_of(format, values.size()));
    format.encode(values.data(), nullptr, bytes.data(), values.size());
    weights.push_back({tensor.canonical, model::Weight(format, tensor.shape, Bytes(std::move(bytes)))});
  }
  return model::Model(arch, config, std::move(weights), std::make_shared<const text::Tokenizer>(tiny_tokenizer()));
}

}  // namespace tightrope::test
