// Weights and activations in the form that integer kernels multiply.
#pragma once

#include <vector>

#include "base/pages.h"
#include "kernels/aligned.h"
#include "kernels/integer.h"
#include "model/weight.h"

namespace tightrope {
class ThreadPool;
}

namespace tightrope::engine {

// A matrix packed for one instruction set. Empty when its format has no packed form.
struct PackedWeights {
  const kernels::IntegerFormat* format = nullptr;
  Pages groups;

  bool present() const { return format != nullptr; }
};

// Packs a matrix and lets go of the file's pages: they are not needed again.
PackedWeights pack(const model::Weight& weight, kernels::Isa isa, ThreadPool& threads);

// The rows of one input, rounded to 8 bits; memory is kept from one call to the next.
class Activations {
 public:
  // x is [tokens, length], rows x_stride apart.
  void assign(const float* x, std::size_t tokens, std::size_t length, std::size_t x_stride, kernels::Isa isa, ThreadPool& threads);
  const kernels::QuantisedRows& rows() const { return rows_; }

 private:
  std::vector<std::int8_t, kernels::AlignedAllocator<std::int8_t>> codes_;
  std::vector<std::int32_t> sums_, half_sums_;
  std::vector<float> scales_, moments_, half_moments_;
  kernels::QuantisedRows rows_{};
};

}  // namespace tightrope::engine
