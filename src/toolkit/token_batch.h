// Token ids as another implementation hands them over: a safetensors file with input_ids and a mask.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "model/model.h"

namespace tightrope::toolkit {

struct TokenBatch {
  std::uint64_t rows = 0, columns = 0;
  std::vector<text::TokenId> ids;      // [rows, columns]
  std::vector<std::uint64_t> lengths;  // [rows]: tokens before the padding, at least 1

  std::span<const text::TokenId> row(std::uint64_t index) const { return std::span(ids).subspan(index * columns, lengths[index]); }
};

// Reads `input_ids` and, where present, `attention_mask`, both [batch, tokens] of integers. Errors: malformed; invalid_argument (an id
// beyond the vocabulary, a mask that is not padding on the right); unsupported (token_type_ids, which no model that continues texts has).
TokenBatch read_token_batch(const std::filesystem::path& file, const model::Config& config);

}  // namespace tightrope::toolkit
