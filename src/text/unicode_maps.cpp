// Decompositions, compositions, lower case and grapheme classes of single code points, exactly those of the reference implementation.
#include "text/unicode_maps.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "text/hash_tables.h"

namespace tightrope::text {
namespace {

struct Mapping {
  std::uint32_t code, offset, size;  // into kPool
};
struct ClassRun {
  std::uint32_t first, value;
};
struct Composition {
  std::uint32_t first, second, composed;
};

#include "text/unicode_maps.inc"

constexpr std::uint32_t kCodePoints = 0x110000, kPage = 256;
// Hangul syllables: 19 leading consonants, 21 vowels, 27 trailing consonants or none.
constexpr std::uint32_t kSyllables = 0xac00, kLeading = 0x1100, kVowels = 0x1161, kTrailing = 0x11a7;
constexpr std::uint32_t kVowelCount = 21, kTrailingCount = 28, kSyllableCount = 19 * kVowelCount * kTrailingCount;

template <class Value>
class Paged {  // a two-stage table over all code points
 public:
  template <class ValueOf>
  explicit Paged(ValueOf&& value_of) : page_of_(kCodePoints / kPage), values_(kPage) {
    for (std::uint32_t start = 0; start < kCodePoints; start += kPage) {
      std::vector<Value> page(kPage);
      for (std::uint32_t i = 0; i < kPage; ++i) page[i] = value_of(start + i);
      if (std::ranges::all_of(page, [](const Value& value) { return value == Value{}; })) continue;
      page_of_[start / kPage] = static_cast<std::uint16_t>(values_.size() / kPage);
      values_.insert(values_.end(), page.begin(), page.end());
    }
  }
  Value of(char32_t code) const noexcept { return values_[std::size_t{page_of_[code / kPage]} * kPage + code % kPage]; }

 private:
  std::vector<std::uint16_t> page_of_;  // page 0 is empty
  std::vector<Value> values_;
};

// 1 + the index of a code point's row in a table sorted by code; 0: none.
template <std::size_t Rows>
Paged<std::uint16_t> index_of_rows(const Mapping (&rows)[Rows]) {
  std::size_t next = 0;
  return Paged<std::uint16_t>([&](std::uint32_t code) -> std::uint16_t {
    return next < Rows && rows[next].code == code ? static_cast<std::uint16_t>(++next) : std::uint16_t{0};
  });
}

template <std::size_t Rows>
Paged<std::uint8_t> values_of_runs(const ClassRun (&runs)[Rows]) {
  std::size_t next = 0;
  std::uint8_t value = 0;
  return Paged<std::uint8_t>([&](std::uint32_t code) {
    while (next < Rows && runs[next].first <= code) value = static_cast<std::uint8_t>(runs[next++].value);
    return value;
  });
}

bool is_syllable(char32_t code) { return code >= kSyllables && code < kSyllables + kSyllableCount; }

struct Tables {
  Paged<std::uint16_t> canonical = index_of_rows(kCanonical), compatible = index_of_rows(kCompatible), lower = index_of_rows(kLower);
  Paged<std::uint8_t> combining = values_of_runs(kCombiningRuns), graphemes = values_of_runs(kGraphemeRuns),
                      changes{[](std::uint32_t) { return std::uint8_t{0}; }};
  PairTable<std::uint32_t> compositions{std::size(kCompositions)};
  Tables() { add_compositions(); }
  std::uint8_t changes_of(std::uint32_t code) const {
    unsigned flags = 0;
    if (canonical.of(code) != 0 || is_syllable(code)) flags |= kDecomposes;
    if (compatible.of(code) != 0) flags |= kDecomposesCompatibly;
    if (combining.of(code) != 0 || (roles_.of(code) & kSecond) != 0) flags |= kComposesOrOrders;
    if (canonical.of(code) != 0 && (roles_.of(code) & kComposed) == 0) flags |= kComposesOrOrders;
    if (code >= kVowels && code < kTrailing + kTrailingCount) flags |= kComposesOrOrders;
    if (lower.of(code) != 0) flags |= kHasLowerCase;
    return static_cast<std::uint8_t>(flags);
  }

 private:
  static constexpr std::uint8_t kSecond = 1, kComposed = 2;
  void add_compositions() {
    std::vector<std::uint32_t> seconds, composed;
    for (const Composition& row : kCompositions) {
      compositions.assign(row.first, row.second, row.composed);
      seconds.push_back(row.second);
      composed.push_back(row.composed);
    }
    std::ranges::sort(seconds);
    std::ranges::sort(composed);
    roles_ = Paged<std::uint8_t>([&](std::uint32_t code) {
      const unsigned second = std::ranges::binary_search(seconds, code) ? kSecond : 0u;
      return static_cast<std::uint8_t>(second | (std::ranges::binary_search(composed, code) ? kComposed : 0u));
    });
    changes = Paged<std::uint8_t>([this](std::uint32_t code) { return changes_of(code); });
  }
  Paged<std::uint8_t> roles_{[](std::uint32_t) { return std::uint8_t{0}; }};
};

const Tables& tables() {
  static const Tables made;
  return made;
}

template <std::size_t Rows>
std::u32string_view mapped(const Mapping (&rows)[Rows], std::uint16_t index) {
  if (index == 0) return {};
  return {kPool + rows[index - 1].offset, rows[index - 1].size};
}

}  // namespace

std::u32string_view canonical_decomposition(char32_t code) noexcept { return mapped(kCanonical, tables().canonical.of(code)); }

std::u32string_view compatible_decomposition(char32_t code) noexcept {
  const std::uint16_t index = tables().compatible.of(code);
  return index != 0 ? mapped(kCompatible, index) : canonical_decomposition(code);
}

std::u32string_view lower_case(char32_t code) noexcept { return mapped(kLower, tables().lower.of(code)); }
std::uint8_t combining_class(char32_t code) noexcept { return tables().combining.of(code); }
std::uint8_t change_flags(char32_t code) noexcept { return tables().changes.of(code); }

char32_t composition(char32_t first, char32_t second) noexcept {
  if (first >= kLeading && first < kLeading + 19 && second >= kVowels && second < kVowels + kVowelCount)
    return kSyllables + ((first - kLeading) * kVowelCount + (second - kVowels)) * kTrailingCount;
  if (is_syllable(first) && (first - kSyllables) % kTrailingCount == 0 && second > kTrailing && second < kTrailing + kTrailingCount)
    return first + (second - kTrailing);
  return tables().compositions.find(first, second);
}

GraphemeClass grapheme_class(char32_t code) noexcept {
  const std::uint8_t value = tables().graphemes.of(code);
  return {static_cast<Grapheme>(value & 15), (value & 16) != 0, (value & 32) != 0, (value & 64) != 0, (value & 128) != 0};
}

}  // namespace tightrope::text
