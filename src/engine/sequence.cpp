// The key-value cache of one sequence.
#include <algorithm>

#include "base/checked.h"
#include "engine/engine.h"
#include "kernels/ops.h"

namespace tightrope::engine {
namespace {

constexpr std::uint64_t kPage = kernels::kAttentionBlock;  // tokens by which a cache grows at least

bool depends_on_length(const model::Config& config) {
  return model::rope_depends_on_length(config.rope) || (config.local_rope && model::rope_depends_on_length(*config.local_rope));
}

}  // namespace

Sequence::Sequence(const model::Config& config, std::uint64_t capacity, kernels::Cell cell)
    : cell_(cell),
      capacity_(capacity),
      key_row_(config.kv_heads * kernels::cell_layout(cell).key_width(config.head)),
      value_row_(config.kv_heads * config.head),
      remembers_(depends_on_length(config)),
      keys_(config.blocks),
      values_(config.blocks) {}

void Sequence::rewind(std::uint64_t length) {
  if (length > length_) fail(ErrorCode::invalid_argument, "[engine] cannot rewind a sequence of {} tokens to {}", length_, length);
  length_ = length;
  if (remembers_) tokens_.resize(length);
}

std::uint64_t Sequence::bytes() const {
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < keys_.size(); ++i) bytes += keys_[i].capacity() + values_[i].capacity();
  return bytes;
}

void Sequence::make_room(std::uint64_t tokens) {
  const std::uint64_t most = checked_align(capacity_, kPage, "the capacity of a sequence");
  const std::uint64_t rows = std::min(most, checked_align(length_ + tokens, kPage, "the length of a sequence"));
  const std::uint64_t bytes = checked_multiply(rows, kernels::cell_layout(cell_).bytes, "the size of a sequence's cache");
  const std::uint64_t keys = checked_multiply(bytes, key_row_, "the size of a sequence's cache");
  const std::uint64_t values = checked_multiply(bytes, value_row_, "the size of a sequence's cache");
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    if (keys_[i].size() < keys) keys_[i].resize(keys);
    if (values_[i].size() < values) values_[i].resize(values);
  }
}

}  // namespace tightrope::engine
