// One linear layer alone, as the engine computes it: packed weights and rounded activations, or floats.
#pragma once

#include <cstddef>
#include <vector>

#include "base/pages.h"
#include "base/threads.h"
#include "formats/format.h"
#include "kernels/aligned.h"
#include "kernels/ops.h"
#include "kernels/packed.h"

namespace tightrope::eval {

struct LayerShape {
  std::size_t rows, length, tokens;  // rows a multiple of 16
};

class LayerTimer {
 public:
  // `format`: one that has a packed form on the instruction set, or null for F32. Weights are the same 16 rows over and over; no
  // instruction is faster for that, and the memory is as real.
  LayerTimer(kernels::Isa isa, const formats::Format* format, const LayerShape& shape, ThreadPool& threads);

  double seconds();  // of one run, activations rounded anew
  double operations() const { return 2.0 * static_cast<double>(shape_.rows * shape_.length * shape_.tokens); }
  double bytes() const { return static_cast<double>(weights_.size()); }  // of weights, in the form that is read

 private:
  void fill_packed();
  void fill_floats();
  void run_packed();
  void run_floats();

  kernels::Isa isa_;
  const kernels::PackedFormat* packed_;
  LayerShape shape_;
  ThreadPool& threads_;
  Pages weights_;
  kernels::AlignedFloats x_, y_;  // [tokens, length], [tokens, rows]
  std::vector<std::byte, kernels::AlignedAllocator<std::byte>> prepared_;
};

// Bytes a row takes in the form that LayerTimer reads.
std::size_t bytes_of_rows(kernels::Isa isa, const formats::Format* format, std::size_t rows, std::size_t length);

}  // namespace tightrope::eval
