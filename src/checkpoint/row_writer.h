// Fills files with tensors whose rows are made on demand, by several threads, in bounded memory.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "base/file.h"
#include "base/threads.h"
#include "checkpoint/container.h"

namespace tightrope::checkpoint {

// Where a tensor goes. The zero bytes between `bytes` and `padded_bytes` are written too.
struct Placement {
  const PendingEntry* entry = nullptr;
  std::uint64_t offset = 0;  // in the file
  std::uint64_t bytes = 0, padded_bytes = 0;
};

// One writer an operation; several files may go through it, one after the other. The bytes written do not depend on the number of threads.
class RowWriter {
 public:
  // `total_bytes` of all files, for the progress.
  RowWriter(const WriteOptions& options, std::uint64_t total_bytes);

  // Placements are in ascending order and adjoin.
  void write(DurableFile& file, std::span<const Placement> placements);

 private:
  struct Piece;
  std::vector<Piece> cut(std::span<const Placement> placements) const;
  void write_batch(DurableFile& file, std::span<const Piece> batch);
  void report(std::uint64_t bytes);

  const WriteOptions& options_;
  ThreadPool pool_;
  std::uint64_t total_bytes_ = 0, batch_bytes_ = 0;
  std::mutex progress_mutex_;  // guards done_bytes_ and the caller's function
  std::uint64_t done_bytes_ = 0;
};

// Throws invalid_argument unless the entry can be written: clean name, whole blocks, a function that makes its rows. Returns its bytes.
std::uint64_t checked_bytes(const PendingEntry& entry, std::string_view operation);

}  // namespace tightrope::checkpoint
