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

// A matrix packed for one instruction set. Empty when its format has no packed form.
struct PackedWeights {
  const kernels::PackedFormat* format = nullptr;
  Pages groups;

  bool present() const { return format != nullptr; }
};

// Packs a matrix and lets go of the file's pages: they are not needed again.
PackedWeights pack(const model::Weight& weight, kernels::Isa isa, ThreadPool& threads);

// The rows of one input, prepared for the formats that want it so; memory is kept from one call to the next.
class Activations {
 public:
  // x is [tokens, length], rows x_stride apart.
  void assign(const float* x, std::size_t tokens, std::size_t length, std::size_t x_stride, const kernels::Preparation& preparation,
              ThreadPool& threads);
  const kernels::PreparedRows& rows() const { return rows_; }

 private:
  std::vector<std::byte, kernels::AlignedAllocator<std::byte>> memory_;
  kernels::PreparedRows rows_{};
};

}  // namespace tightrope::engine
