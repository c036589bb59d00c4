// Cuts tensors into pieces of whole rows, gathers adjoining pieces into large writes, and makes them in parallel.
#include "checkpoint/row_writer.h"

#include <algorithm>

#include "base/checked.h"
#include "checkpoint/names.h"

namespace tightrope::checkpoint {
namespace {

constexpr std::uint64_t kMemoryBytes = std::uint64_t{64} << 20;   // of all buffers together
constexpr std::uint64_t kMaxBatchBytes = std::uint64_t{4} << 20;  // larger writes are no faster
constexpr std::uint64_t kMinBatchBytes = std::uint64_t{256} << 10;

void release_source(const PendingEntry& entry, std::uint64_t first_row, std::uint64_t rows) {
  const std::uint64_t all_rows = entry.shape.rows(), row_bytes = all_rows == 0 ? 0 : entry.source.size() / all_rows;
  if (row_bytes != 0) release_pages(entry.source.part(first_row * row_bytes, rows * row_bytes));
}

}  // namespace

// Whole rows of one tensor; the last piece of a tensor brings its padding.
struct RowWriter::Piece {
  const PendingEntry* entry = nullptr;
  std::uint64_t first_row = 0, rows = 0;
  std::uint64_t offset = 0, bytes = 0, padding = 0;
};

RowWriter::RowWriter(const WriteOptions& options, std::uint64_t total_bytes)
    : options_(options),
      pool_(options.threads),
      total_bytes_(total_bytes),
      batch_bytes_(std::clamp(kMemoryBytes / pool_.size(), kMinBatchBytes, kMaxBatchBytes)) {}

std::vector<RowWriter::Piece> RowWriter::cut(std::span<const Placement> placements) const {
  std::vector<Piece> pieces;
  for (const Placement& placement : placements) {
    const std::uint64_t rows = placement.bytes == 0 ? 0 : placement.entry->shape.rows();
    if (rows == 0) continue;
    const std::uint64_t row_bytes = placement.bytes / rows;
    const std::uint64_t step = std::max<std::uint64_t>(1, batch_bytes_ / row_bytes);
    for (std::uint64_t row = 0; row < rows; row += step) {
      const std::uint64_t count = std::min(step, rows - row);
      const std::uint64_t padding = row + count == rows ? placement.padded_bytes - placement.bytes : 0;
      pieces.push_back({placement.entry, row, count, placement.offset + row * row_bytes, count * row_bytes, padding});
    }
  }
  return pieces;
}

void RowWriter::write(DurableFile& file, std::span<const Placement> placements) {
  const std::vector<Piece> pieces = cut(placements);
  std::vector<std::span<const Piece>> batches;  // many small tensors share one write
  for (std::size_t begin = 0; begin < pieces.size();) {
    std::uint64_t bytes = 0;
    std::size_t end = begin;
    do {
      bytes += pieces[end].bytes + pieces[end].padding;
      ++end;
    } while (end < pieces.size() && bytes + pieces[end].bytes + pieces[end].padding <= batch_bytes_);
    batches.emplace_back(pieces.data() + begin, end - begin);
    begin = end;
  }
  pool_.parallel_for(batches.size(), 1, [&](std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t i = begin; i < end; ++i) write_batch(file, batches[i]);
  });
}

void RowWriter::write_batch(DurableFile& file, std::span<const Piece> batch) {
  const std::uint64_t begin = batch.front().offset;
  const std::uint64_t bytes = batch.back().offset + batch.back().bytes + batch.back().padding - begin;
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(bytes);
  for (const Piece& piece : batch) {
    const std::span<std::byte> place(buffer.get() + (piece.offset - begin), piece.bytes);
    piece.entry->rows(piece.first_row, piece.rows, place);
    std::fill_n(place.data() + place.size(), piece.padding, std::byte{0});
    release_source(*piece.entry, piece.first_row, piece.rows);
  }
  file.write_at(begin, {buffer.get(), bytes});
  report(bytes);
}

void RowWriter::report(std::uint64_t bytes) {
  const std::lock_guard lock(progress_mutex_);
  done_bytes_ += bytes;
  if (options_.progress) options_.progress({.stage = "write", .done = done_bytes_, .total = total_bytes_, .unit = "bytes"});
}

std::uint64_t checked_bytes(const PendingEntry& entry, std::string_view operation) {
  if (!is_clean_name(entry.name))
    fail(ErrorCode::invalid_argument, "[{}] the tensor name {} is empty, not UTF-8 or holds a NUL; rename it", operation,
         quote(entry.name));
  if (!entry.format || !entry.rows)
    fail(ErrorCode::internal, "[{}] tensor {} has no format or no rows; this is a bug", operation, quote(entry.name));
  if (entry.shape.row_length() % entry.format->block_elements != 0)
    fail(ErrorCode::invalid_argument, "[{}] tensor {} has rows of {} elements, no whole number of {}'s blocks of {}; choose another format",
         operation, quote(entry.name), entry.shape.row_length(), entry.format->name, entry.format->block_elements);
  return formats::bytes_of(*entry.format, entry.shape.elements());
}

}  // namespace tightrope::checkpoint
