// The GGUF writer: header and tensor table first, then the rows in parallel.
#include <bit>
#include <unordered_set>

#include "base/checked.h"
#include "base/file.h"
#include "checkpoint/gguf.h"
#include "checkpoint/gguf_values.h"
#include "checkpoint/names.h"
#include "checkpoint/row_writer.h"

namespace tightrope::checkpoint {
namespace {

using namespace gguf;

std::uint64_t alignment_of(const Metadata& metadata) {
  const std::uint64_t alignment = metadata.unsigned_or(kAlignmentKey, kDefaultAlignment);
  const Value* value = metadata.find(kAlignmentKey);
  if ((value && !std::holds_alternative<std::uint32_t>(value->data)) || !std::has_single_bit(alignment) || alignment < 8 ||
      alignment > kMaxAlignment)
    fail(ErrorCode::invalid_argument, "[gguf] general.alignment must be a u32 power of two between 8 and {}, not {}", kMaxAlignment,
         alignment);
  return alignment;
}

void check_names(std::span<const PendingEntry> entries) {
  std::unordered_set<std::string_view> names;
  for (const PendingEntry& entry : entries) {
    if (entry.name.size() > kMaxNameBytes)
      fail(ErrorCode::invalid_argument, "[gguf] the tensor name {} is longer than {} bytes; rename it", quote(entry.name), kMaxNameBytes);
    if (!names.insert(entry.name).second)
      fail(ErrorCode::invalid_argument, "[gguf] two tensors are named {}; rename one", quote(entry.name));
  }
}

// Offsets count from the start of the data.
std::vector<Placement> place(std::span<const PendingEntry> entries, std::uint64_t alignment) {
  std::vector<Placement> placements;
  std::uint64_t offset = 0;
  for (const PendingEntry& entry : entries) {
    const std::uint64_t bytes = checked_bytes(entry, "gguf");
    if (entry.format->gguf_type < 0)
      fail(ErrorCode::unsupported, "[gguf] tensor {}: GGUF cannot hold {}; choose another format", quote(entry.name), entry.format->name);
    if (bytes == 0) fail(ErrorCode::unsupported, "[gguf] tensor {} is empty; GGUF cannot hold it", quote(entry.name));
    placements.push_back({&entry, offset, bytes, checked_align(bytes, alignment, "a tensor's size")});
    offset = checked_add(offset, placements.back().padded_bytes, "the sum of tensor sizes");
  }
  return placements;
}

void write_row(const Placement& placement, ByteSink& sink) {
  const Shape& shape = placement.entry->shape;
  sink.string(placement.entry->name);
  sink.number(static_cast<std::uint32_t>(shape.rank()));
  for (std::size_t i = shape.rank(); i-- > 0;) sink.number<std::uint64_t>(shape[i]);  // innermost first
  sink.number(static_cast<std::uint32_t>(placement.entry->format->gguf_type));
  sink.number(placement.offset);
}

ByteSink header(std::span<const Placement> placements, const Metadata& metadata, std::uint64_t alignment) {
  ByteSink sink;
  sink.characters(kMagic);
  sink.number(kVersion);
  sink.number<std::uint64_t>(placements.size());
  sink.number<std::uint64_t>(metadata.entries().size());
  for (const auto& [key, value] : metadata.entries()) {
    if (!is_clean_name(key) || key.size() > kMaxKeyBytes)
      fail(ErrorCode::invalid_argument, "[gguf] the metadata key {} is empty, too long, not UTF-8 or holds a NUL; rename it", quote(key));
    sink.string(key);
    write_value(value, key, sink);
  }
  for (const Placement& placement : placements) write_row(placement, sink);
  sink.pad_to(checked_align(sink.bytes().size(), alignment, "the header"));
  return sink;
}

}  // namespace

void write_gguf(const std::filesystem::path& path, std::span<const PendingEntry> entries, const Metadata& metadata,
                const WriteOptions& options) {
  const std::uint64_t alignment = alignment_of(metadata);
  check_names(entries);
  std::vector<Placement> placements = place(entries, alignment);
  const ByteSink head = header(placements, metadata, alignment);
  std::uint64_t size = head.bytes().size();
  for (Placement& placement : placements) {
    placement.offset = size;
    size = checked_add(size, placement.padded_bytes, "the size of the file");
  }
  const Overwrite overwrite = options.overwrite ? Overwrite::replace : Overwrite::refuse;
  check_output_path(path, options.inputs, overwrite);
  check_free_space(path.parent_path(), size);
  RowWriter writer(options, size - head.bytes().size());
  DurableFile file(path, overwrite);
  file.append(head.bytes());
  writer.write(file, placements);
  file.commit();
}

}  // namespace tightrope::checkpoint
