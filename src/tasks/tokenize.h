// Texts as tokens within a model's context, and in what order they are best run.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/threads.h"
#include "text/tokenizer.h"
#include "tightrope/tasks.h"

namespace tightrope::tasks {

// Which text of a pair gives way when both are too long.
enum class Shortened : std::uint8_t { longest, second };

struct TokenizeOptions {
  std::uint64_t context = 0;  // tokens an input may have, with special ones
  bool truncate = false;
  Shortened shortened = Shortened::longest;
};

struct TokenizedInput {
  text::Encoding encoding;
  bool truncated = false;
};

// Errors: invalid_argument, naming the text by its beginning, and both lengths.
std::vector<TokenizedInput> tokenize(const text::Tokenizer& tokenizer, std::span<const TextInput> inputs, const TokenizeOptions& options,
                                     ThreadPool& threads);

// Takes tokens off the ends of the texts, none of the template's, until `context` are left. Errors: invalid_argument, when that cannot be.
void truncate(text::Encoding& encoding, std::uint64_t context, Shortened shortened);

// Indices of all inputs, longest first, cut so that none but a single input exceeds `batch_tokens`.
std::vector<std::vector<std::size_t>> batches_by_length(std::span<const TokenizedInput> inputs, std::uint64_t batch_tokens);

}  // namespace tightrope::tasks
