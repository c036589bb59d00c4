// Every tensor a model of an architecture and its numbers must have: its three names, its shape, its row order in a GGUF.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/arch.h"
#include "model/config.h"
#include "tensor/shape.h"

namespace tightrope::model {

struct PlannedTensor {
  std::string canonical;    // as NamedWeight::name
  std::string huggingface;  // with ".weight" or ".bias"
  std::string gguf;         // the same
  Shape shape;
  GgufRows gguf_rows = GgufRows::same;
};

// In the arch's order, block by block; a bias follows its weight.
std::vector<PlannedTensor> plan_tensors(const Arch& arch, const Config& config);

// The pattern with the block's number in place of its '*'.
std::string numbered(std::string_view pattern, std::uint64_t block);

// "[heads*head, model]" in numbers.
Shape shape_of(std::string_view words, const Config& config);

// For a GGUF's row r of a query or key tensor, Hugging Face's row (or element of a bias); and the way back. `head` is even.
constexpr std::uint64_t huggingface_row(std::uint64_t gguf_row, std::uint64_t head) {
  const std::uint64_t within = gguf_row % head;
  return gguf_row - within + within % 2 * (head / 2) + within / 2;
}
constexpr std::uint64_t gguf_row(std::uint64_t huggingface_row, std::uint64_t head) {
  const std::uint64_t within = huggingface_row % head;
  return huggingface_row - within + within % (head / 2) * 2 + within / (head / 2);
}

}  // namespace tightrope::model
