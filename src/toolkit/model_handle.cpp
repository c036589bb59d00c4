// Small pieces that the façade's parts share.
#include "toolkit/model_handle.h"

#include <chrono>
#include <ctime>

#include <fmt/format.h>

#include "checkpoint/gguf.h"
#include "kernels/isa.h"
#include "kernels/ops.h"

namespace tightrope::toolkit {
namespace {

bool is_safetensors(const std::filesystem::path& path) { return path.extension() == ".safetensors"; }

// 0 for what is no regular file: a link named like weights may lead back to its own folder.
std::uint64_t file_bytes(const std::filesystem::path& path) {
  std::error_code ignored;
  const std::uintmax_t size = std::filesystem::is_regular_file(path, ignored) ? std::filesystem::file_size(path, ignored) : 0;
  return ignored ? 0 : size;
}

}  // namespace

Model derived(const Model& base, model::Model changed, const Json& step, const std::vector<std::string>& notices,
              const std::filesystem::path& other) {
  Model::Implementation next{std::move(changed),           base.implementation().path,    "memory",
                             base.implementation().recipe, base.implementation().notices, base.implementation().others};
  next.recipe.push_back(step);
  if (!other.empty()) next.others.push_back(other);
  next.notices.insert(next.notices.end(), notices.begin(), notices.end());
  return Model(std::make_shared<const Model::Implementation>(std::move(next)));
}

tasks::SentenceSource sentences_of(const Model::Implementation& model) {
  const std::filesystem::path& path = model.path;
  if (is_gguf_path(path)) return tasks::sentences_of_gguf(path);
  std::error_code ignored;
  const std::filesystem::path folder = std::filesystem::is_directory(path, ignored) ? path : path.parent_path();
  return tasks::sentences_of_folder(folder.empty() ? std::filesystem::path(".") : folder);
}

const formats::Codec& machine_codec() { return kernels::kernel_table(kernels::isa_from_environment()).codec; }

std::string decoded(const text::Tokenizer& tokenizer, std::span<const text::TokenId> generated) {
  std::vector<text::TokenId> known(generated.begin(), generated.end());
  std::erase_if(known, [&](text::TokenId id) { return id >= tokenizer.vocabulary_size(); });
  return tokenizer.decode(known, true);
}

std::uint64_t bytes_on_disk(const std::filesystem::path& path) {
  std::error_code ignored;
  std::uint64_t total = 0;
  if (!std::filesystem::is_directory(path, ignored)) {
    for (const std::filesystem::path& part : checkpoint::gguf_parts(path)) total += file_bytes(part);
    return total;
  }
  for (const auto& entry : std::filesystem::directory_iterator(path, ignored))
    if (is_safetensors(entry.path())) total += file_bytes(entry.path());
  return total;
}

std::string date_now() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02} UTC", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                     parts.tm_min);
}

}  // namespace tightrope::toolkit
