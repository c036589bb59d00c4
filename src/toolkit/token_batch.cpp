// Reads input_ids and attention_mask, trusting neither.
#include "toolkit/token_batch.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "checkpoint/safetensors.h"

namespace tightrope::toolkit {
namespace {

template <class T>
std::vector<std::int64_t> widen(const checkpoint::Entry& entry) {
  std::vector<std::int64_t> values(entry.shape.elements());
  for (std::size_t i = 0; i < values.size(); ++i) {
    T value;
    std::memcpy(&value, entry.bytes.data() + i * sizeof(T), sizeof(T));
    values[i] = static_cast<std::int64_t>(value);
  }
  return values;
}

std::vector<std::int64_t> read_integers(const checkpoint::Entry& entry) {
  const std::string_view format = entry.format->name;
  if (format == "i64") return widen<std::int64_t>(entry);
  if (format == "i32") return widen<std::int32_t>(entry);
  if (entry.format->safetensors_dtype == "BOOL" || format == "u8") return widen<std::uint8_t>(entry);
  fail(ErrorCode::malformed, "[logits] tensor '{}' is {}; save it as int64 or int32", entry.name, entry.format->name);
}

// [batch, tokens] with at least one of each.
void check_matrix(const checkpoint::Entry& entry) {
  if (entry.shape.rank() == 2 && entry.shape.elements() > 0) return;
  fail(ErrorCode::malformed, "[logits] tensor '{}' has shape {}; it must be [batch, tokens], neither 0", entry.name, entry.shape.text());
}

void read_ids(const checkpoint::Entry& entry, std::uint64_t vocab, TokenBatch& batch) {
  check_matrix(entry);
  batch.rows = entry.shape[0];
  batch.columns = entry.shape[1];
  for (const std::int64_t id : read_integers(entry)) {
    if (id < 0 || static_cast<std::uint64_t>(id) >= vocab)
      fail(ErrorCode::invalid_argument, "[logits] input_ids holds {}, but the vocabulary ends at {}; was another tokenizer used?", id,
           vocab - 1);
    batch.ids.push_back(static_cast<text::TokenId>(id));
  }
}

// Ones, then zeros: the number of ones.
std::uint64_t masked_length(std::span<const std::int64_t> mask, std::uint64_t row) {
  const auto end_of_ones = std::find_if(mask.begin(), mask.end(), [](std::int64_t value) { return value != 1; });
  if (end_of_ones == mask.begin() || std::any_of(end_of_ones, mask.end(), [](std::int64_t value) { return value != 0; }))
    fail(ErrorCode::invalid_argument, "[logits] row {} of attention_mask is not ones followed by zeros; pad on the right", row);
  return static_cast<std::uint64_t>(end_of_ones - mask.begin());
}

void read_mask(const checkpoint::Entry& entry, TokenBatch& batch) {
  check_matrix(entry);
  if (entry.shape[0] != batch.rows || entry.shape[1] != batch.columns)
    fail(ErrorCode::malformed, "[logits] attention_mask is {} and input_ids [{}, {}]; they must agree", entry.shape.text(), batch.rows,
         batch.columns);
  const std::vector<std::int64_t> mask = read_integers(entry);
  for (std::uint64_t row = 0; row < batch.rows; ++row)
    batch.lengths[row] = masked_length(std::span(mask).subspan(row * batch.columns, batch.columns), row);
}

}  // namespace

TokenBatch read_token_batch(const std::filesystem::path& file, const model::Config& config) {
  const checkpoint::Container container = checkpoint::read_safetensors(file);
  const checkpoint::Entry* ids = container.find("input_ids");
  if (ids == nullptr) fail(ErrorCode::malformed, "[logits] '{}' holds no tensor 'input_ids'; save one of [batch, tokens]", file.string());
  if (container.find("token_type_ids") != nullptr)
    fail(ErrorCode::unsupported, "[logits] '{}' holds token_type_ids, and no model that continues texts has any; leave them out",
         file.string());
  TokenBatch batch;
  read_ids(*ids, config.vocab, batch);
  batch.lengths.assign(batch.rows, batch.columns);
  if (const checkpoint::Entry* mask = container.find("attention_mask")) read_mask(*mask, batch);
  return batch;
}

}  // namespace tightrope::toolkit
