// Texts as token streams, cut into chunks the way perplexity is measured.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/tokenizer.h"
#include "tightrope/options.h"

namespace tightrope::data {

// Reads a text file whole. Errors: not_found, io; malformed when it is empty or larger than `limit` bytes.
std::string read_text(const std::filesystem::path& file, std::uint64_t limit = std::uint64_t{1} << 30);

// The text's tokens as the convention wants them. consecutive: without special tokens. second_half: with the template's tokens around the
// text, as llama-perplexity has them. Text that spells a special token is plain text in both.
std::vector<text::TokenId> encode(const text::Tokenizer& tokenizer, std::string_view text, PerplexityConvention convention);

// Consecutive chunks of exactly `context` (> 0) tokens, at most `max_chunks` (0: all); a shorter rest is left out. Views into `tokens`.
std::vector<std::span<const text::TokenId>> chunks(std::span<const text::TokenId> tokens, std::uint64_t context,
                                                   std::uint64_t max_chunks = 0);

// The token the second_half convention puts in place of each chunk's first: the beginning-of-text token when the tokenizer starts every
// text with it, else none (-1).
std::int64_t chunk_start_token(const text::Tokenizer& tokenizer);

}  // namespace tightrope::data
