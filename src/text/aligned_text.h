// Text that is being rewritten, and where each of its bytes comes from.
#pragma once

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

// The bytes of `text` and, only when somebody wants to know, the part of the user's text that each stands for.
struct AlignedText {
  std::string text;
  std::vector<Span> sources;  // per byte of `text`; empty when nobody asked
  bool tracked = false;

  // The user's `text`, which starts at byte `offset` of the whole.
  static AlignedText from(std::string_view text, std::size_t offset, bool tracked);
  Span source_of(std::size_t begin, std::size_t end) const;  // of a stretch; requires tracked
};

// What a text, rewritten or not, may be long.
constexpr std::size_t kLongestText = 0xfffffff0;  // bytes

// Builds the next text from a previous one. Either every byte is kept, replaced or left out, in order.
class Rewriter {
 public:
  explicit Rewriter(const AlignedText& from);

  void copy(std::size_t begin, std::size_t end);                                   // as it is
  void replace(std::size_t begin, std::size_t end, std::string_view replacement);  // which stands for the same source
  void replace(std::size_t begin, std::size_t end, char32_t replacement);
  void insert(std::size_t at, std::string_view text);     // stands for nothing, before byte `at`
  std::size_t size() const { return made_.text.size(); }  // bytes made so far
  AlignedText take();                                     // errors: invalid_argument, when it has become too long

 private:
  void put(std::string_view bytes, Span source);
  const AlignedText& from_;
  AlignedText made_;
};

}  // namespace tightrope::text
