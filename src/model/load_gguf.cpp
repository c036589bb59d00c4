// A GGUF: its keys say what must be there; query and key rows come back to Hugging Face's order.
#include <algorithm>

#include "base/error.h"
#include "checkpoint/gguf.h"
#include "model/collect.h"
#include "model/gguf_keys.h"
#include "model/gguf_tokenizer.h"
#include "model/load.h"
#include "model/tokenizer_or_notice.h"

namespace tightrope::model {
namespace {

constexpr std::string_view kSource = "[gguf]";

std::shared_ptr<const text::Tokenizer> read_tokenizer(const checkpoint::Metadata& metadata, Config& config) {
  if (!has_gguf_tokenizer(metadata)) return nullptr;
  return tokenizer_or_notice([&] { return read_gguf_tokenizer(metadata); }, kSource, config);
}

}  // namespace

Model load_gguf(const std::filesystem::path& file) {
  const checkpoint::Container container = checkpoint::read_gguf(file);
  const std::string type = container.metadata.string_or("general.type", "model");
  if (type != "model")
    fail(ErrorCode::unsupported, "{} '{}' holds no model (its general.type is '{}'); name a model's GGUF", kSource, file.string(),
         type.substr(0, 64));
  const Arch& arch = arch_of_gguf(container);
  Config config = read_gguf_config(arch, container);
  if (config.name.empty()) config.name = file.stem().string();
  const std::vector<PlannedTensor> plan = plan_tensors(arch, config);
  const auto ignorable = [](const checkpoint::Entry& entry) {
    return std::find(std::begin(kRopeTables), std::end(kRopeTables), entry.name) != std::end(kRopeTables);
  };
  std::vector<NamedWeight> weights = collect(container, plan, {kSource, &PlannedTensor::gguf, ignorable});
  config.dtype = main_dtype(weights);
  auto tokenizer = read_tokenizer(container.metadata, config);
  return Model(arch, std::move(config), std::move(weights), std::move(tokenizer));
}

}  // namespace tightrope::model
