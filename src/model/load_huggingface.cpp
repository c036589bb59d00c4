// A Hugging Face folder: config.json says what must be there, safetensors hold it, tokenizer.json goes with it.
#include <algorithm>
#include <cstring>
#include <system_error>

#include "base/error.h"
#include "base/file.h"
#include "base/glob.h"
#include "checkpoint/folder.h"
#include "checkpoint/safetensors.h"
#include "model/collect.h"
#include "model/load.h"
#include "model/tokenizer_or_notice.h"
#include "text/tokenizer_json.h"

namespace tightrope::model {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSource = "[huggingface]";
constexpr std::uint64_t kConfigBytes = std::uint64_t{4} << 20, kTokenizerBytes = std::uint64_t{256} << 20;

// The text of a file of the folder; empty when it is not there.
std::string text_in(const fs::path& folder, std::string_view name, std::uint64_t limit) {
  std::error_code ignored;
  if (fs::symlink_status(folder / name, ignored).type() == fs::file_type::not_found) return {};
  return read_text_file(checkpoint::file_inside(folder, name, kSource), limit);
}

const Arch& arch_of(const Json& json) {
  return arch_for_hf_model_type(json.at("model_type", "config.json").as_string("model_type in config.json"));
}

// generation_config.json knows better when a text ends.
void read_generation(const fs::path& folder, Config& config) {
  const std::string text = text_in(folder, "generation_config.json", kConfigBytes);
  if (text.empty()) return;
  const Json json = Json::parse(text, "generation_config.json");
  const Json* eos = json.find("eos_token_id");
  if (!eos || eos->is_null()) return;
  config.eos.clear();
  if (eos->is_integer()) return config.eos.push_back(eos->as_int("eos_token_id"));
  for (const Json& id : eos->as_array("eos_token_id in generation_config.json")) config.eos.push_back(id.as_int("eos_token_id"));
}

// Where processors of several kinds of input keep the template; empty when there is none.
std::string processor_chat_template(const fs::path& folder) {
  const std::string text = text_in(folder, "chat_template.json", kConfigBytes);
  return text.empty() ? "" : Json::parse(text, "chat_template.json").at("chat_template", "chat_template.json").as_string("chat_template");
}

text::TokenizerDefinition read_definition(const fs::path& folder, const std::string& text) {
  text::TokenizerDefinition definition = text::parse_tokenizer_json(text, text_in(folder, "tokenizer_config.json", kConfigBytes));
  if (const std::string chat = text_in(folder, "chat_template.jinja", kConfigBytes); !chat.empty()) definition.chat_template = chat;
  if (definition.chat_template.empty()) definition.chat_template = processor_chat_template(folder);
  return definition;
}

std::shared_ptr<const text::Tokenizer> read_tokenizer(const fs::path& folder, Config& config) {
  const std::string text = text_in(folder, "tokenizer.json", kTokenizerBytes);
  if (text.empty()) return nullptr;
  return tokenizer_or_notice([&] { return read_definition(folder, text); }, kSource, config);
}

// Whether the names of the trunk begin with the architecture's prefix: files of a bare trunk lack it.
bool is_prefixed(const Arch& arch, const checkpoint::Container& container) {
  return container.find(fmt::format("{}{}.weight", arch.hf_prefix, arch.tensors.front().huggingface.name)) != nullptr;
}

// A head that repeats the embedding it is tied to.
bool repeats_embedding(const checkpoint::Entry& entry, const Config& config, const checkpoint::Container& container,
                       const Location& embedding) {
  if (!config.tied) return false;
  const auto is_head = [&](const TensorSpec& spec) {
    return spec.presence == Presence::untied && entry.name == fmt::format("{}.weight", spec.huggingface.name);
  };
  const checkpoint::Entry* table = container.find(embedding.names.front());
  return std::any_of(config.output->tensors.begin(), config.output->tensors.end(), is_head) && table != nullptr &&
         entry.format == table->format && entry.shape == table->shape && std::ranges::equal(entry.bytes.view(), table->bytes.view());
}

// The tensors of `plan`; beyond them only what carries nothing of the model.
std::vector<NamedWeight> collect_all(const Arch& arch, const Config& config, const checkpoint::Container& container) {
  const std::vector<PlannedTensor> plan = plan_tensors(arch, config, is_prefixed(arch, container));
  const auto ignorable = [&](const checkpoint::Entry& entry) {
    const auto matches = [&](std::string_view pattern) { return glob_match(pattern, entry.name); };
    return std::any_of(arch.ignored.begin(), arch.ignored.end(), matches) ||
           repeats_embedding(entry, config, container, plan.front().huggingface);
  };
  return collect(container, plan, {kSource, &PlannedTensor::huggingface, ignorable});
}

}  // namespace

Model load_huggingface(const fs::path& folder, const fs::path& weights) {
  const fs::path place = folder.empty() ? fs::path(".") : folder;
  const std::string text = text_in(place, "config.json", kConfigBytes);
  if (text.empty() && !text_in(place, "adapter_config.json", kConfigBytes).empty())
    fail(ErrorCode::unsupported, "{} '{}' holds an adapter, not a model; name its base, and the adapter with --adapter or 'merge'", kSource,
         place.string());
  if (text.empty())
    fail(ErrorCode::not_found, "{} '{}' has no config.json; name the folder that has it and the weights", kSource, place.string());
  const Json json = Json::parse(text, fmt::format("'{}'", (place / "config.json").string()));
  const Arch& arch = arch_of(json);
  Config config = read_hf_config(arch, json);
  read_generation(place, config);
  std::error_code ignored;
  config.name = fs::absolute(place, ignored).lexically_normal().filename().string();
  const bool whole_folder = weights == folder;
  const checkpoint::Container container = whole_folder ? checkpoint::read_safetensors_folder(place) : checkpoint::read_safetensors(weights);
  std::vector<NamedWeight> collected = collect_all(arch, config, container);
  if (config.dtype.empty()) config.dtype = main_dtype(collected);
  auto tokenizer = read_tokenizer(place, config);
  return Model(arch, std::move(config), std::move(collected), std::move(tokenizer));
}

}  // namespace tightrope::model
