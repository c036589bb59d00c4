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

// Things that loop bodies borrow instead of making them anew. Thread-safe.
template <class T>
class Pool {
 public:
  class Lease {
   public:
    Lease(Pool& pool, std::unique_ptr<T> thing) : pool_(pool), thing_(std::move(thing)) {}
    ~Lease() { pool_.give_back(std::move(thing_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    T& operator*() const { return *thing_; }

   private:
    Pool& pool_;
    std::unique_ptr<T> thing_;
  };

  // As it was given back, or new.
  Lease borrow() {
    std::unique_lock lock(mutex_);
    if (free_.empty()) {
      lock.unlock();
      return {*this, std::make_unique<T>()};
    }
    std::unique_ptr<T> thing = std::move(free_.back());
    free_.pop_back();
    return {*this, std::move(thing)};
  }

 private:
  void give_back(std::unique_ptr<T> thing) noexcept {
    const std::lock_guard lock(mutex_);
    if (free_.size() < free_.capacity()) free_.push_back(std::move(thing));
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<T>> free_ = [] {
    std::vector<std::unique_ptr<T>> room;
    room.reserve(256);  // so that giving back never allocates; a machine with more threads frees the rest
    return room;
  }();
};

// At least `count` floats or bytes of whatever was there before.
template <class Buffer>
auto* room(Buffer& buffer, std::size_t count) {
  if (buffer.size() < count) buffer.resize(count);
  return buffer.data();
}

struct Runtime {
  const kernels::KernelTable& kernels;
  bool exact;  // weights are decoded and activations stay float32
  bool int8;   // of blocks' layers both are bytes
  ThreadPool threads;
  Pool<kernels::AlignedFloats> scratch;

  Runtime(const kernels::KernelTable& table, bool exactly, bool as_bytes, unsigned thread_count)
      : kernels(table), exact(exactly), int8(as_bytes), threads(thread_count) {}
};

}  // namespace tightrope::engine
