// A permutation of rows within each head; of elements where the tensor is a bias.
#include "model/row_order.h"

#include <cstring>
#include <vector>

#include "model/tensor_plan.h"

namespace tightrope::model {
namespace {

// Biases are a handful of plain numbers: they are permuted at once.
Weight permuted_elements(const Weight& weight, std::uint64_t (*source)(std::uint64_t, std::uint64_t), std::uint64_t head) {
  const std::size_t size = weight.format().block_bytes;
  std::vector<std::byte> before(weight.size_bytes()), after(before.size());
  weight.read_rows(0, weight.shape().rows(), before);
  for (std::uint64_t i = 0; i < weight.shape().elements(); ++i)
    std::memcpy(after.data() + i * size, before.data() + source(i, head) * size, size);
  return Weight(weight.format(), weight.shape(), Bytes(std::move(after)));
}

Weight permuted(const Weight& weight, GgufRows order, std::uint64_t (*source)(std::uint64_t, std::uint64_t), std::uint64_t head) {
  if (order == GgufRows::same) return weight;
  if (weight.shape().rank() == 1 && weight.format().block_elements == 1) return permuted_elements(weight, source, head);
  return weight.with_rows_from([source, head](std::uint64_t row) { return source(row, head); });
}

}  // namespace

Weight to_gguf_rows(const Weight& weight, GgufRows order, std::uint64_t head) { return permuted(weight, order, huggingface_row, head); }
Weight from_gguf_rows(const Weight& weight, GgufRows order, std::uint64_t head) { return permuted(weight, order, gguf_row, head); }

}  // namespace tightrope::model
