// Text that is being rewritten, and where each of its bytes comes from.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tightrope::text {

// Half-open, in bytes.
struct Span {
  std::uint32_t begin = 0, end = 0;
  bool operator==(const Span&) const = default;
};

// What a text, rewritten or not, may be long, in bytes. Beyond that, no chain of components may make more of a text than this: one
// character in its longest form is 33 bytes instead of 3, and spelling bytes doubles them.
constexpr std::size_t kLongestText = 0xfffffff0;
constexpr std::size_t longest_rewritten(std::size_t bytes) { return std::min(kLongestText, (std::size_t{1} << 20) + 64 * bytes); }

// Errors: invalid_argument, when `bytes` are more than `limit`.
void check_rewritten(std::size_t bytes, std::size_t limit);

// The bytes of `text` and, only when somebody wants to know, the part of the user's text that each stands for.
struct AlignedText {
  std::string text;
  std::vector<Span> sources;  // per byte of `text`; empty when nobody asked
  bool tracked = false;
  std::size_t limit = kLongestText;  // bytes that rewriting may make of it

  // The user's `text`, which starts at byte `offset` of the whole.
  static AlignedText from(std::string_view text, std::size_t offset, bool tracked);
  Span source_of(std::size_t begin, std::size_t end) const;  // of a stretch; requires tracked
};

// Builds the next text from a previous one. Either every byte is kept, replaced or left out, in order. Errors: invalid_argument, when the
// text becomes longer than it may.
class Rewriter {
 public:
  explicit Rewriter(const AlignedText& from);

  void copy(std::size_t begin, std::size_t end);                                   // as it is
  void replace(std::size_t begin, std::size_t end, std::string_view replacement);  // which stands for the same source
  void replace(std::size_t begin, std::size_t end, char32_t replacement);
  void insert(std::size_t at, std::string_view text);     // stands for nothing, before byte `at`
  std::size_t size() const { return made_.text.size(); }  // bytes made so far
  AlignedText take();

 private:
  void put(std::string_view bytes, Span source);
  const AlignedText& from_;
  AlignedText made_;
};

}  // namespace tightrope::text
