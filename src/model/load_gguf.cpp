// A GGUF: its keys say what must be there; query and key rows come back to Hugging Face's order.
#include "base/error.h"
#include "checkpoint/gguf.h"
#include "model/collect.h"
#include "model/gguf_tokenizer.h"
#include "model/load.h"

namespace tightrope::model {
namespace {

constexpr std::string_view kSource = "[gguf]";

std::shared_ptr<const text::Tokenizer> read_tokenizer(const checkpoint::Metadata& metadata, Config& config) {
  if (!has_gguf_tokenizer(metadata)) return nullptr;
  try {
    text::TokenizerDefinition definition = read_gguf_tokenizer(metadata);
    if (definition.tokens.size() > config.vocab)
      fail(ErrorCode::malformed, "{} the tokenizer has {} tokens, the model embeds {}; the file is damaged", kSource,
           definition.tokens.size(), config.vocab);
    return std::make_shared<const text::Tokenizer>(std::move(definition));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unsupported) throw;
    config.notices.push_back(fmt::format("the tokenizer was left out: {}", error.what()));
    return nullptr;
  }
}

}  // namespace

Model load_gguf(const std::filesystem::path& file) {
  const checkpoint::Container container = checkpoint::read_gguf(file);
  const std::string type = container.metadata.string_or("general.type", "model");
  if (type != "model") fail(ErrorCode::unsupported, "{} '{}' holds no model but a {}", kSource, file.string(), type.substr(0, 64));
  const std::string name = container.metadata.string_or("general.architecture", "");
  const Arch& arch = arch_for_gguf(name, container.metadata.unsigned_or(fmt::format("{}.expert_count", name), 0) != 0);
  Config config = read_gguf_config(arch, container);
  if (config.name.empty()) config.name = file.stem().string();
  const std::vector<PlannedTensor> plan = plan_tensors(arch, config);
  const auto ignorable = [](const checkpoint::Entry& entry) { return entry.name == "rope_freqs.weight"; };
  std::vector<NamedWeight> weights = collect(container, plan, {kSource, &PlannedTensor::gguf, ignorable});
  config.dtype = main_dtype(weights);
  auto tokenizer = read_tokenizer(container.metadata, config);
  return Model(arch, std::move(config), std::move(weights), std::move(tokenizer));
}

}  // namespace tightrope::model
