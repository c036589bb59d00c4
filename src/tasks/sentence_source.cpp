// A GGUF says the pooling in a number that every reader knows; a key of our own beside it holds the files it came from.
#include "tasks/sentence_source.h"

#include <algorithm>

#include "base/checked.h"
#include "base/error.h"
#include "checkpoint/gguf.h"

namespace tightrope::tasks {
namespace {

constexpr std::string_view kFilesKey = "tightrope.sentence.files";

std::string type_key(std::string_view family) { return fmt::format("{}.pooling_type", family); }

// Null when there is none.
const Pooling* pooling_of_type(std::uint64_t type) {
  const auto found = std::ranges::find_if(all_poolings(),
                                          [&](const Pooling& each) { return each.gguf_type >= 0 && std::cmp_equal(each.gguf_type, type); });
  return found == all_poolings().end() ? nullptr : &*found;
}

bool has_sequence_head(const model::Model& model) {
  const model::HeadSpec* output = model.config().output;
  return output != nullptr && output->kind == model::HeadSpec::Kind::sequence;
}

// A sequence head has its own type, whatever the files say of embeddings.
bool agree(const SentenceFiles& files, const std::optional<std::uint64_t>& type) {
  const Pooling* pooling = type ? pooling_of_type(*type) : nullptr;
  return (pooling != nullptr && pooling->from == Pooling::From::head) || gguf_type_of(settings_of(files)) == type;
}

}  // namespace

SentenceSource sentences_of_folder(const std::filesystem::path& folder) {
  SentenceSource source{.files = read_sentence_files(folder), .gguf_type = {}, .notices = {}};
  source.gguf_type = gguf_type_of(settings_of(source.files));
  return source;
}

SentenceSource sentences_of_gguf(const std::filesystem::path& file) {
  const checkpoint::Metadata metadata = checkpoint::read_gguf(file).metadata;
  SentenceSource source;
  const std::string key = type_key(metadata.string_or("general.architecture", ""));
  if (metadata.find(key) != nullptr) source.gguf_type = metadata.unsigned_or(key, 0);
  if (const std::string text = metadata.string_or(kFilesKey, ""); !text.empty())
    source.files = sentence_files_of(Json::parse(text, kFilesKey));
  if (source.files.empty() || agree(source.files, source.gguf_type)) return source;
  source.files.clear();
  source.notices.push_back(fmt::format("'{}' no longer agrees with {}, which was taken", kFilesKey, key));
  return source;
}

SentenceSettings settings_of(const SentenceSource& source) {
  SentenceSettings settings = settings_of(source.files);
  settings.notices = source.notices;
  if (!source.files.empty() || !source.gguf_type) return settings;
  settings.normalize = true;
  if (const Pooling* pooling = pooling_of_type(*source.gguf_type); pooling != nullptr)
    settings.poolings.push_back(pooling);
  else
    settings.unsettled =
        fmt::format("[embed] the file's pooling_type is {}, which is not supported; choose one with --pooling", *source.gguf_type);
  return settings;
}

void add_sentence_keys(const SentenceSource& source, const model::Model& model, checkpoint::Metadata& metadata) {
  if (!source.files.empty()) metadata.set(std::string(kFilesKey), {to_json(source.files).dump()});
  const bool head_decides = has_sequence_head(model) && !source.files.empty();
  if (source.gguf_type && !head_decides)
    metadata.set(type_key(model.arch().gguf_arch), {narrow<std::uint32_t>(*source.gguf_type, "the pooling type")});
}

SentenceFiles files_to_save(const SentenceSource& source, const model::Model& model) {
  if (!source.files.empty() || !source.gguf_type) return source.files;
  const Pooling* pooling = pooling_of_type(*source.gguf_type);
  if (pooling == nullptr || pooling->sentence_key.empty()) return {};
  return sentence_files_for(*pooling, model.config().model);
}

}  // namespace tightrope::tasks
