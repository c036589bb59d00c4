// Weights and activations in the form that packed kernels multiply.
#pragma once

#include <vector>

#include "base/pages.h"
#include "kernels/aligned.h"
#include "kernels/packed.h"
#include "model/weight.h"

namespace tightrope {
class ThreadPool;
}

namespace tightrope::engine {

// A matrix packed for one instruction set. Empty when it has no packed form.
struct PackedWeights {
  const kernels::PackedFormat* format = nullptr;  // whose own format may be float32 where the matrix is of another: decoded, then packed
  Pages groups;

  bool present() const { return format != nullptr; }
};

// Packs a matrix and lets go of the file's pages: they are not needed again. Without a format nothing is packed.
PackedWeights pack(const model::Weight& weight, const kernels::PackedFormat* format, const formats::Codec& codec, ThreadPool& threads);

// The rows of one input, prepared for the formats that want it so; memory is kept from one call to the next. Rows
// that are prepared as they are stay where they lie.
class Activations {
 public:
  // x is [tokens, length], rows x_stride apart; it stays as it is while the rows are used.
  void assign(const float* x, std::size_t tokens, std::size_t length, std::size_t x_stride, const kernels::Preparation& preparation,
              ThreadPool& threads);
  const kernels::PreparedRows& rows() const { return rows_; }

 private:
  std::vector<std::byte, kernels::AlignedAllocator<std::byte>> memory_;
  kernels::PreparedRows rows_{};
};

}  // namespace tightrope::engine
