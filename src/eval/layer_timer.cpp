// Fills a layer, runs it on all threads, takes the time.
#include "eval/layer_timer.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/clock.h"
#include "base/random.h"

namespace tightrope::eval {
namespace {

constexpr std::size_t kManyTokens = 16;  // beyond that a piece is two groups of rows: the weights stay, the tokens stream

}  // namespace

std::size_t bytes_of_rows(kernels::Isa isa, const formats::Format* format, std::size_t rows, std::size_t length) {
  if (format == nullptr) return rows * length * sizeof(float);
  return rows / kernels::kGroupRows * kernels::packed_format(isa, *format)->group_bytes(length);
}

LayerTimer::LayerTimer(kernels::Isa isa, const formats::Format* format, const LayerShape& shape, ThreadPool& threads)
    : isa_(isa),
      packed_(format == nullptr ? nullptr : kernels::packed_format(isa, *format)),
      shape_(shape),
      threads_(threads),
      weights_(bytes_of_rows(isa, format, shape.rows, shape.length)),
      x_(shape.tokens * shape.length),
      y_(shape.tokens * shape.rows),
      prepared_(packed_ == nullptr ? 0 : packed_->preparation->bytes(shape.tokens, shape.length)) {
  Random random(1);
  for (float& value : x_) value = static_cast<float>(random.uniform() - 0.5);
  if (packed_ == nullptr)
    fill_floats();
  else
    fill_packed();
}

void LayerTimer::fill_packed() {
  const std::size_t group_bytes = packed_->group_bytes(shape_.length);
  Random random(2);
  std::vector<float> row(shape_.length);
  for (float& value : row) value = static_cast<float>(random.normal());
  const std::size_t row_bytes = formats::bytes_of(*packed_->format, shape_.length);
  std::vector<std::byte> blocks(kernels::kGroupRows * row_bytes);
  packed_->format->encode(row.data(), nullptr, blocks.data(), shape_.length);
  for (std::size_t r = 1; r < kernels::kGroupRows; ++r) std::memcpy(blocks.data() + r * row_bytes, blocks.data(), row_bytes);
  packed_->pack(blocks.data(), kernels::kGroupRows, shape_.length, weights_.data());
  threads_.parallel_for(shape_.rows / kernels::kGroupRows - 1, 16, [&](std::uint64_t begin, std::uint64_t end) {
    for (std::size_t group = begin + 1; group <= end; ++group)
      std::memcpy(weights_.data() + group * group_bytes, weights_.data(), group_bytes);
  });
}

void LayerTimer::fill_floats() {
  threads_.parallel_for(shape_.rows, 16, [&](std::uint64_t begin, std::uint64_t end) {
    for (std::size_t row = begin; row < end; ++row)
      std::memcpy(weights_.data() + row * shape_.length * sizeof(float), x_.data(), shape_.length * sizeof(float));
  });
}

double LayerTimer::seconds() {
  const Stopwatch watch;
  if (packed_ == nullptr)
    run_floats();
  else
    run_packed();
  return watch.seconds();
}

void LayerTimer::run_packed() {
  const kernels::PreparedRows rows{prepared_.data(), shape_.tokens, shape_.length};
  threads_.parallel_for(shape_.tokens, 8, [&](std::uint64_t begin, std::uint64_t end) {
    for (std::size_t t = begin; t < end; ++t) packed_->preparation->prepare(x_.data() + t * shape_.length, rows.from(t));
  });
  const std::size_t piece = shape_.tokens > kManyTokens ? 2 * kernels::kGroupRows : 4 * kernels::kGroupRows;
  threads_.parallel_for(shape_.rows, piece, [&](std::uint64_t begin, std::uint64_t end) {
    packed_->matmul({weights_.data(), rows, y_.data() + begin, begin, end - begin, shape_.tokens, shape_.rows, nullptr});
  });
}

void LayerTimer::run_floats() {
  const kernels::KernelTable& table = kernels::kernel_table(isa_);
  const auto* weights = reinterpret_cast<const float*>(weights_.data());
  threads_.parallel_for(shape_.rows, 64, [&](std::uint64_t begin, std::uint64_t end) {
    table.matmul({.weights = weights + begin * shape_.length,
                  .x = x_.data(),
                  .y = y_.data() + begin,
                  .rows = end - begin,
                  .tokens = shape_.tokens,
                  .length = shape_.length,
                  .x_stride = shape_.length,
                  .y_stride = shape_.rows});
  });
}

}  // namespace tightrope::eval
