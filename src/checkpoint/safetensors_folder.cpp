// A folder's model: one safetensors file, or shards and the index that must agree with them in every name.
#include <map>
#include <set>
#include <system_error>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "checkpoint/folder.h"
#include "checkpoint/names.h"
#include "checkpoint/safetensors.h"
#include "checkpoint/safetensors_layout.h"

namespace tightrope::checkpoint {
namespace {

namespace fs = std::filesystem;
using namespace safetensors;

constexpr std::string_view kOperation = "[safetensors]";
constexpr std::uint64_t kMaxIndexBytes = std::uint64_t{32} << 20;  // four times that of the largest models

// A link that leads nowhere exists too: opening it says what is wrong.
bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::symlink_status(path, ignored).type() != fs::file_type::not_found;
}

// Tensor name -> shard name, both as the index spells them.
using WeightMap = std::map<std::string, std::string, std::less<>>;

WeightMap read_index(const fs::path& folder) {
  const fs::path path = file_inside(folder, kIndexFile, kOperation);
  const Json index = Json::parse(read_text_file(path, kMaxIndexBytes), fmt::format("'{}'", path.string()));
  WeightMap map;
  for (const auto& [tensor, shard] : index.at("weight_map", path.string()).as_object("weight_map"))
    map.emplace(tensor, shard.as_string(fmt::format("the shard of tensor {} in '{}'", quote(tensor), path.string())));
  if (map.empty()) fail(ErrorCode::malformed, "[safetensors] '{}' names no tensor; fetch it again", path.string());
  return map;
}

// Every tensor of a shard must be mapped to it, and every tensor mapped to it must be there.
void check_shard(const Container& shard, const std::string& name, const WeightMap& map, const fs::path& folder) {
  std::set<std::string_view> present;
  for (const Entry& entry : shard.entries) {
    present.insert(entry.name);
    const auto mapped = map.find(entry.name);
    if (mapped == map.end())
      fail(ErrorCode::malformed, "[safetensors] shard '{}' of '{}' holds tensor {}, which the index does not know; fetch both again", name,
           folder.string(), quote(entry.name));
    if (mapped->second != name)
      fail(ErrorCode::malformed, "[safetensors] tensor {} is in shard '{}' of '{}' but the index says {}; fetch all again",
           quote(entry.name), name, folder.string(), quote(mapped->second));
  }
  for (const auto& [tensor, where] : map)
    if (where == name && !present.contains(tensor))
      fail(ErrorCode::malformed, "[safetensors] the index of '{}' says that tensor {} is in '{}', but it is not; fetch both again",
           folder.string(), quote(tensor), name);
}

Container read_shards(const fs::path& folder) {
  const WeightMap map = read_index(folder);
  std::set<std::string> names;
  for (const auto& [tensor, shard] : map) names.insert(shard);
  Container whole;
  for (const std::string& name : names) {
    Container shard = read_safetensors(file_inside(folder, name, kOperation));
    check_shard(shard, name, map, folder);
    std::move(shard.entries.begin(), shard.entries.end(), std::back_inserter(whole.entries));
    for (const auto& [key, value] : shard.metadata.entries()) whole.metadata.set(key, value);
  }
  return whole;
}

[[noreturn]] void nothing_there(const fs::path& folder) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored))
    fail(ErrorCode::not_found, "[safetensors] there is no folder '{}'; check the path", folder.string());
  for (const auto& file : fs::directory_iterator(folder, ignored)) {
    const std::string extension = file.path().extension().string();
    if (extension == ".bin" || extension == ".pt" || extension == ".pth")
      fail(
          ErrorCode::unsupported,
          "[safetensors] '{}' holds its weights as a PyTorch pickle ('{}'), which can run code when it is opened, so it never is; take the "
          "repository's .safetensors, or convert it in a sandbox",
          folder.string(), file.path().filename().string());
  }
  fail(ErrorCode::not_found, "[safetensors] '{}' holds neither {} nor {}; check the path or fetch the weights", folder.string(),
       kSingleFile, kIndexFile);
}

}  // namespace

Container read_safetensors_folder(const fs::path& folder) {
  if (is_there(folder / kSingleFile)) return read_safetensors(file_inside(folder, kSingleFile, kOperation));
  if (is_there(folder / kIndexFile)) return read_shards(folder);
  nothing_there(folder);
}

}  // namespace tightrope::checkpoint
