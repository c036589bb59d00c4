// Tokens within the context, longest inputs first.
#include "tasks/tokenize.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "base/error.h"
#include "base/utf8.h"

namespace tightrope::tasks {
namespace {

constexpr std::uint64_t kTextsAPiece = 16;

using Counts = std::array<std::uint64_t, 2>;  // tokens of the first and the second text

// How many tokens each text keeps when together they may have `room`. Of two, the shorter keeps half of the room at least.
Counts kept_tokens(const Counts& has, std::uint64_t room, Shortened shortened) {
  if (shortened == Shortened::second) return {has[0], room > has[0] ? room - has[0] : 0};
  const std::uint64_t shorter = std::min({has[0], has[1], room / 2});
  return has[0] <= has[1] ? Counts{shorter, std::min(has[1], room - shorter)} : Counts{std::min(has[0], room - shorter), shorter};
}

// Enough of a text to recognise it by, in whole characters.
std::string beginning(std::string_view text) {
  constexpr std::size_t kMost = 40;
  std::size_t end = 0;
  while (end < text.size() && end < kMost) end += utf8_front(text.substr(end)).size;
  return std::string(text.substr(0, end)) + (end < text.size() ? "…" : "");
}

TokenizedInput tokenize_one(const text::Tokenizer& tokenizer, const TextInput& input, const TokenizeOptions& options) {
  TokenizedInput result;
  result.encoding = input.pair ? tokenizer.encode_pair(input.text, *input.pair) : tokenizer.encode_with_spans(input.text);
  const std::size_t tokens = result.encoding.ids.size();
  if (tokens == 0) fail(ErrorCode::invalid_argument, "[encode] a text of {} bytes has no tokens; leave it out", input.text.size());
  if (tokens <= options.context) return result;
  if (!options.truncate)
    fail(ErrorCode::invalid_argument, "[encode] the text '{}' has {} tokens, the model's context is {}; shorten it, or ask to truncate",
         beginning(input.text), tokens, options.context);
  truncate(result.encoding, options.context, options.shortened);
  result.truncated = true;
  return result;
}

}  // namespace

void truncate(text::Encoding& encoding, std::uint64_t context, Shortened shortened) {
  Counts has{};
  for (const std::int8_t sequence : encoding.sequences)
    if (sequence >= 0) ++has[static_cast<std::uint8_t>(sequence)];
  const std::uint64_t special = encoding.ids.size() - has[0] - has[1];
  if (special >= context)
    fail(ErrorCode::invalid_argument, "[encode] the context of {} tokens is used up by {} special ones", context, special);
  const Counts kept = kept_tokens(has, context - special, shortened);
  if (has[1] > 0 && kept[1] == 0)
    fail(ErrorCode::invalid_argument, "[encode] {} tokens of the first text leave no room for the second in a context of {}; shorten it",
         has[0], context);
  text::Encoding result;
  Counts seen{};
  for (std::size_t i = 0; i < encoding.ids.size(); ++i) {
    const std::int8_t sequence = encoding.sequences[i];
    if (sequence >= 0) {
      const auto which = static_cast<std::uint8_t>(sequence);
      if (seen[which]++ >= kept[which]) continue;
    }
    result.ids.push_back(encoding.ids[i]);
    result.type_ids.push_back(encoding.type_ids[i]);
    result.spans.push_back(encoding.spans[i]);
    result.sequences.push_back(sequence);
  }
  encoding = std::move(result);
}

std::vector<TokenizedInput> tokenize(const text::Tokenizer& tokenizer, std::span<const TextInput> inputs, const TokenizeOptions& options,
                                     ThreadPool& threads) {
  std::vector<TokenizedInput> result(inputs.size());
  threads.parallel_for(inputs.size(), kTextsAPiece, [&](std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t i = begin; i < end; ++i) result[i] = tokenize_one(tokenizer, inputs[i], options);
  });
  return result;
}

std::vector<std::vector<std::size_t>> batches_by_length(std::span<const TokenizedInput> inputs, std::uint64_t batch_tokens) {
  const auto length = [&](std::size_t i) { return inputs[i].encoding.ids.size(); };
  std::vector<std::size_t> order(inputs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return length(a) > length(b); });
  std::vector<std::vector<std::size_t>> batches;
  std::uint64_t tokens = 0;
  for (const std::size_t i : order) {
    if (batches.empty() || tokens + length(i) > batch_tokens) batches.emplace_back(), tokens = 0;
    batches.back().push_back(i);
    tokens += length(i);
  }
  return batches;
}

}  // namespace tightrope::tasks
