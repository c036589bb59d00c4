// What every step of a forward pass runs on: one table of kernels, the threads, and scratch memory for their loop bodies.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "base/threads.h"
#include "engine/packed.h"
#include "kernels/aligned.h"
#include "kernels/ops.h"

namespace tightrope::engine {

// Buffers that loop bodies borrow instead of allocating. Thread-safe.
class ScratchPool {
 public:
  class Lease {
   public:
    Lease(ScratchPool& pool, std::unique_ptr<kernels::AlignedFloats> buffer) : pool_(pool), buffer_(std::move(buffer)) {}
    ~Lease() { pool_.give_back(std::move(buffer_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    float* data() { return buffer_->data(); }

   private:
    ScratchPool& pool_;
    std::unique_ptr<kernels::AlignedFloats> buffer_;
  };

  // At least `count` floats of whatever was there before.
  Lease borrow(std::size_t count) {
    std::unique_ptr<kernels::AlignedFloats> buffer = take();
    if (buffer->size() < count) buffer->resize(count);
    return {*this, std::move(buffer)};
  }

 private:
  std::unique_ptr<kernels::AlignedFloats> take() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) return std::make_unique<kernels::AlignedFloats>();
    std::unique_ptr<kernels::AlignedFloats> buffer = std::move(free_.back());
    free_.pop_back();
    return buffer;
  }
  void give_back(std::unique_ptr<kernels::AlignedFloats> buffer) noexcept {
    const std::lock_guard lock(mutex_);
    if (free_.size() < free_.capacity()) free_.push_back(std::move(buffer));
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<kernels::AlignedFloats>> free_ = [] {
    std::vector<std::unique_ptr<kernels::AlignedFloats>> room;
    room.reserve(256);  // so that giving back never allocates; a machine with more threads frees the rest
    return room;
  }();
};

struct Runtime {
  const kernels::KernelTable& kernels;
  bool exact;  // weights are decoded and activations stay float32
  bool int8;   // of blocks' layers both are bytes
  ThreadPool threads;
  ScratchPool scratch;

  Runtime(const kernels::KernelTable& table, bool exactly, bool as_bytes, unsigned thread_count)
      : kernels(table), exact(exactly), int8(as_bytes), threads(thread_count) {}
};

}  // namespace tightrope::engine
