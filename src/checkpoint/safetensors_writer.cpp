// The safetensors writer: one file, or a folder's shards and their index.
#include <algorithm>
#include <system_error>
#include <unordered_set>

#include "base/checked.h"
#include "base/file.h"
#include "base/json.h"
#include "checkpoint/names.h"
#include "checkpoint/row_writer.h"
#include "checkpoint/safetensors.h"
#include "checkpoint/safetensors_layout.h"

namespace tightrope::checkpoint {
namespace {

namespace fs = std::filesystem;
using namespace safetensors;

// One file to be: its header and what follows it.
struct Plan {
  std::string head;  // length and header, a multiple of 8 bytes
  std::vector<Placement> placements;
  std::uint64_t data_bytes = 0;
};

Json header_row(const Placement& placement, std::uint64_t begin) {
  Json shape = Json::array();
  for (const std::uint64_t extent : placement.entry->shape.extents()) shape.push_back(extent);
  Json row = Json::object();
  row["dtype"] = std::string(placement.entry->format->safetensors_dtype);
  row["shape"] = std::move(shape);
  row["data_offsets"] = Json::Array{begin, begin + placement.bytes};
  return row;
}

std::string with_length(std::string header) {
  header.resize(checked_align(header.size(), 8, "the header"), ' ');
  if (header.size() > kMaxHeaderBytes)
    fail(ErrorCode::invalid_argument, "[safetensors] the header would take {} bytes, the limit is {}; write shards", header.size(),
         kMaxHeaderBytes);
  const std::uint64_t length = header.size();
  return std::string(reinterpret_cast<const char*>(&length), sizeof length) + header;
}

Json header_metadata(const Metadata& metadata) {
  Json object = Json::object();
  for (const auto& [key, value] : metadata.entries()) {
    const auto* text = std::get_if<std::string>(&value.data);
    if (!text || !is_utf8(*text) || !is_utf8(key))
      fail(ErrorCode::invalid_argument, "[safetensors] the metadata value of {} is not text; safetensors holds only text", quote(key));
    object[key] = *text;
  }
  return object;
}

Plan make_plan(std::span<const PendingEntry* const> entries, const Metadata& metadata) {
  Plan plan;
  for (const PendingEntry* entry : entries) {
    const std::uint64_t bytes = checked_bytes(*entry, "safetensors");
    if (entry->format->safetensors_dtype.empty())
      fail(ErrorCode::unsupported, "[safetensors] tensor {}: safetensors cannot hold {}; choose another format or GGUF", quote(entry->name),
           entry->format->name);
    plan.placements.push_back({entry, 0, bytes, bytes});
  }
  // Larger elements first: then every tensor is aligned to its element. The format's own writer does so too.
  std::stable_sort(plan.placements.begin(), plan.placements.end(),
                   [](const Placement& a, const Placement& b) { return a.entry->format->block_bytes > b.entry->format->block_bytes; });
  Json::Object header;
  if (!metadata.entries().empty()) header.emplace_back(kMetadataKey, header_metadata(metadata));
  std::unordered_set<std::string_view> names{kMetadataKey};
  for (Placement& placement : plan.placements) {
    if (!names.insert(placement.entry->name).second)
      fail(ErrorCode::invalid_argument, "[safetensors] two tensors are named {}, or the name is reserved; rename one",
           quote(placement.entry->name));
    header.emplace_back(placement.entry->name, header_row(placement, plan.data_bytes));
    placement.offset = plan.data_bytes;
    plan.data_bytes = checked_add(plan.data_bytes, placement.bytes, "the sum of tensor sizes");
  }
  plan.head = with_length(Json(std::move(header)).dump());
  for (Placement& placement : plan.placements) placement.offset += plan.head.size();
  return plan;
}

void write_plan(const fs::path& path, const Plan& plan, RowWriter& writer, Overwrite overwrite) {
  DurableFile file(path, overwrite);
  file.append(std::string_view(plan.head));
  writer.write(file, plan.placements);
  file.commit();
}

// Greedy, in the order given; a tensor larger than the limit is a shard of its own.
std::vector<std::vector<const PendingEntry*>> cut_shards(std::span<const PendingEntry> entries, std::uint64_t limit) {
  std::vector<std::vector<const PendingEntry*>> shards(1);
  std::uint64_t bytes = 0;
  for (const PendingEntry& entry : entries) {
    const std::uint64_t more = checked_bytes(entry, "safetensors");
    if (!shards.back().empty() && checked_add(bytes, more, "the size of a shard") > limit) {
      shards.emplace_back();
      bytes = 0;
    }
    shards.back().push_back(&entry);
    bytes += more;
  }
  return shards;
}

Json index_of(std::span<const Plan> plans, std::span<const std::string> names, std::uint64_t total_bytes) {
  Json::Object map;
  for (std::size_t i = 0; i < plans.size(); ++i)
    for (const Placement& placement : plans[i].placements) map.emplace_back(placement.entry->name, names[i]);
  std::sort(map.begin(), map.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (std::size_t i = 1; i < map.size(); ++i)
    if (map[i].first == map[i - 1].first)
      fail(ErrorCode::invalid_argument, "[safetensors] two tensors are named {}; rename one", quote(map[i].first));
  Json index = Json::object();
  index["metadata"]["total_size"] = total_bytes;
  index["weight_map"] = Json(std::move(map));
  return index;
}

// A folder read afterwards must find the new weights: the other way to store them may not be there.
void clear_way(const fs::path& folder, std::string_view stale, bool overwrite) {
  std::error_code error;
  const fs::path path = folder / stale;
  if (!fs::exists(fs::symlink_status(path, error))) return;
  if (!overwrite)
    fail(ErrorCode::already_exists,
         "[safetensors] '{}' is in the way of the new weights; choose another folder or allow replacing it (--force)", path.string());
  fs::remove(path, error);
  if (error) fail(ErrorCode::io, "[safetensors] cannot remove the old '{}': {}", path.string(), error.message());
}

}  // namespace

void write_safetensors(const fs::path& path, std::span<const PendingEntry> entries, const Metadata& metadata, const WriteOptions& options) {
  std::vector<const PendingEntry*> pointers;
  for (const PendingEntry& entry : entries) pointers.push_back(&entry);
  const Plan plan = make_plan(pointers, metadata);
  const Overwrite overwrite = options.overwrite ? Overwrite::replace : Overwrite::refuse;
  check_output_path(path, options.inputs, overwrite);
  check_free_space(path.parent_path(), plan.head.size() + plan.data_bytes);
  RowWriter writer(options, plan.data_bytes);
  write_plan(path, plan, writer, overwrite);
}

void write_safetensors_folder(const fs::path& folder, std::span<const PendingEntry> entries, const WriteOptions& options) {
  const auto shards = cut_shards(entries, options.shard_bytes);
  const bool single = shards.size() == 1;
  Metadata metadata;
  metadata.set("format", {std::string("pt")});  // transformers insists on it
  std::vector<Plan> plans;
  std::vector<std::string> names;
  std::uint64_t data_bytes = 0, head_bytes = 0;
  for (const auto& shard : shards) {
    plans.push_back(make_plan(shard, metadata));
    names.push_back(single ? std::string(kSingleFile) : fmt::format("model-{:05}-of-{:05}.safetensors", plans.size(), shards.size()));
    data_bytes = checked_add(data_bytes, plans.back().data_bytes, "the size of the model");
    head_bytes += plans.back().head.size();
  }
  const std::string index = single ? std::string() : index_of(plans, names, data_bytes).dump(2) + "\n";
  const Overwrite overwrite = options.overwrite ? Overwrite::replace : Overwrite::refuse;
  for (const std::string& name : names) check_output_path(folder / name, options.inputs, overwrite);
  if (!single) check_output_path(folder / kIndexFile, options.inputs, overwrite);
  check_free_space(folder, checked_add(data_bytes, head_bytes + index.size(), "the size of the model"));
  clear_way(folder, single ? kIndexFile : kSingleFile, options.overwrite);
  RowWriter writer(options, data_bytes);
  for (std::size_t i = 0; i < plans.size(); ++i) write_plan(folder / names[i], plans[i], writer, overwrite);
  if (!single) write_text_file(folder / kIndexFile, index);  // last: without it the shards are not a model
}

}  // namespace tightrope::checkpoint
