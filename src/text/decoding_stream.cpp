// Decoding token by token: what may still change is held back.
#include "text/tokenizer.h"

namespace tightrope::text {

std::string DecodingStream::push(TokenId id) {
  if (tokenizer_.decodes_bytes()) return tokenizer_.decode({&id, 1}, skip_special_);
  if (tokenizer_.is_left_out(id, skip_special_)) return {};  // it is no context for what follows
  ids_.push_back(id);
  const std::string all = tokenizer_.decode(ids_, skip_special_);
  constexpr std::size_t kHeld = 64;  // tokens after which an unfinished character is a broken one
  if (all.ends_with("\xef\xbf\xbd") && ids_.size() - given_ < kHeld) return {};
  return fresh(all);
}

// What the tokens held back add to the text of those given out; they are the context of what comes next.
std::string DecodingStream::fresh(const std::string& all) {
  const std::string before = tokenizer_.decode(std::span(ids_).first(given_), skip_special_);
  // A character that turns out broken changes what was given out already; then what follows is at least not lost.
  const auto held = std::span(ids_).subspan(given_);
  std::string added = all.starts_with(before) ? all.substr(before.size()) : tokenizer_.decode(held, skip_special_);
  ids_.erase(ids_.begin(), ids_.begin() + static_cast<std::ptrdiff_t>(given_));
  given_ = ids_.size();
  return added;
}

std::string DecodingStream::finish() { return given_ == ids_.size() ? std::string() : fresh(tokenizer_.decode(ids_, skip_special_)); }

}  // namespace tightrope::text
