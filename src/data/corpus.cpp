// Reading, encoding and cutting of evaluation texts.
#include "data/corpus.h"

#include <algorithm>

#include "base/error.h"
#include "base/file.h"

namespace tightrope::data {

std::string read_text(const std::filesystem::path& file, std::uint64_t limit) {
  std::string text = read_text_file(file, limit);
  if (text.empty()) fail(ErrorCode::malformed, "[text] '{}' is empty; name a text of at least a few thousand words", file.string());
  return text;
}

std::vector<text::TokenId> encode(const text::Tokenizer& tokenizer, std::string_view text, PerplexityConvention convention) {
  const bool as_llama_perplexity = convention == PerplexityConvention::second_half;
  // llama-perplexity drops one newline at the end of the file before it tokenises.
  if (as_llama_perplexity && text.ends_with('\n')) text.remove_suffix(1);
  return tokenizer.encode(text, {.add_special = as_llama_perplexity, .parse_special = false});
}

std::vector<std::span<const text::TokenId>> chunks(std::span<const text::TokenId> tokens, std::uint64_t context, std::uint64_t max_chunks) {
  std::uint64_t count = tokens.size() / context;
  if (max_chunks > 0) count = std::min(count, max_chunks);
  std::vector<std::span<const text::TokenId>> result;
  result.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) result.push_back(tokens.subspan(i * context, context));
  return result;
}

std::int64_t chunk_start_token(const text::Tokenizer& tokenizer) {
  const text::TokenizerDefinition& definition = tokenizer.definition();
  return definition.starts_with_bos() ? definition.bos : -1;
}

}  // namespace tightrope::data
