// NFC, NFD, NFKC and NFKD: the four normal forms of Unicode.
#include <algorithm>
#include <array>

#include "text/components.h"
#include "text/unicode_maps.h"
#include "text/utf8.h"

namespace tightrope::text {
namespace {

struct Form {
  std::string_view name;
  bool compatible, composes;
  std::uint8_t changes;  // a code point with one of these flags may change, or change what stands before it
};
constexpr Form kForms[] = {
    {"NFC", false, true, kComposesOrOrders},
    {"NFD", false, false, kDecomposes | kComposesOrOrders},
    {"NFKC", true, true, kDecomposesCompatibly | kComposesOrOrders},
    {"NFKD", true, false, kDecomposes | kDecomposesCompatibly | kComposesOrOrders},
};

struct Character {
  char32_t code;
  std::uint8_t combining;
  Span place;  // what of the text before it comes from
};

// A stretch that starts with a character nothing before it can join, in full decomposition, then ordered, then composed.
class Stretch {
 public:
  explicit Stretch(const Form& form) : form_(form) {}

  void add(char32_t code, Span place) {
    if (code >= 0xac00 && code < 0xac00 + 11172) return add_syllable(code - 0xac00, place);
    const std::u32string_view parts = form_.compatible ? compatible_decomposition(code) : canonical_decomposition(code);
    if (parts.empty()) return add_part(code, place);
    for (const char32_t part : parts) add_part(part, place);
  }

  void write(Rewriter& out) {
    order();
    if (form_.composes) compose();
    for (const Character& character : characters_) out.replace(character.place.begin, character.place.end, character.code);
    characters_.clear();
  }

 private:
  void add_part(char32_t code, Span place) { characters_.push_back({code, combining_class(code), place}); }

  void add_syllable(char32_t index, Span place) {
    add_part(0x1100 + index / (21 * 28), place);
    add_part(0x1161 + index % (21 * 28) / 28, place);
    if (index % 28 != 0) add_part(0x11a7 + index % 28, place);
  }

  // Each run of marks by combining class, equal classes in the order of the text; by counting, so that a megabyte of marks is no harder.
  void order() {
    for (std::size_t begin = 0; begin < characters_.size();) {
      if (characters_[begin].combining == 0) {
        ++begin;
        continue;
      }
      std::size_t end = begin;
      while (end < characters_.size() && characters_[end].combining != 0) ++end;
      sort_marks(begin, end);
      begin = end;
    }
  }

  void sort_marks(std::size_t begin, std::size_t end) {
    const auto first = characters_.begin() + static_cast<std::ptrdiff_t>(begin),
               last = characters_.begin() + static_cast<std::ptrdiff_t>(end);
    const auto in_order = [](const Character& a, const Character& b) { return a.combining < b.combining; };
    if (std::is_sorted(first, last, in_order)) return;
    std::array<std::size_t, 257> starts{};
    for (auto at = first; at != last; ++at) ++starts[std::size_t{at->combining} + 1];
    for (std::size_t i = 1; i < starts.size(); ++i) starts[i] += starts[i - 1];
    std::vector<Character> sorted(end - begin);
    for (auto at = first; at != last; ++at) sorted[starts[at->combining]++] = *at;
    std::ranges::copy(sorted, first);
  }

  void compose() {
    std::size_t kept = 0, starter = characters_.size();  // none yet
    std::uint8_t last_class = 0;
    for (const Character next : characters_) {
      const bool adjacent = starter < kept && kept - starter == 1;
      if (starter < kept && (adjacent || last_class < next.combining)) {
        if (const char32_t made = composition(characters_[starter].code, next.code)) {
          characters_[starter].code = made;
          characters_[starter].place.end = std::max(characters_[starter].place.end, next.place.end);
          continue;
        }
      }
      if (next.combining == 0) starter = kept;
      last_class = next.combining;
      characters_[kept++] = next;
    }
    characters_.resize(kept);
  }

  const Form& form_;
  std::vector<Character> characters_;
};

class UnicodeForm final : public Normalizer {
 public:
  explicit UnicodeForm(const Form& form) : form_(form) {}

  void apply(AlignedText& aligned) const override {
    const std::string_view text = aligned.text;
    const std::size_t first = next_change(text, 0);
    if (first == text.size()) return;
    Rewriter out(aligned);
    Stretch stretch(form_);
    std::size_t done = 0;
    for (std::size_t change = first; change < text.size(); change = next_change(text, done)) {
      const std::size_t begin = change > done ? previous_code_point(text, change) : change;  // what the first change may join
      out.copy(done, begin);
      done = add_stretch(text, begin, change, stretch);
      stretch.write(out);
    }
    out.copy(done, text.size());
    aligned = out.take();
  }

  Json write() const override {
    Json json = Json::object();
    json["type"] = form_.name;
    return json;
  }

 private:
  std::size_t next_change(std::string_view text, std::size_t at) const {
    while (at < text.size()) {
      if (static_cast<unsigned char>(text[at]) < 0x80) {
        ++at;
        continue;
      }
      const CodePoint code = code_point_at(text, at);
      if ((change_flags(code.value) & form_.changes) != 0) break;
      at += code.bytes;
    }
    return at;
  }

  // From `begin` to before the first character after `change` that neither changes nor joins.
  std::size_t add_stretch(std::string_view text, std::size_t begin, std::size_t change, Stretch& stretch) const {
    std::size_t at = begin;
    while (at < text.size()) {
      const CodePoint code = code_point_at(text, at);
      if (at > change && (change_flags(code.value) & form_.changes) == 0) break;
      stretch.add(code.value, {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + code.bytes)});
      at += code.bytes;
    }
    return at;
  }

  const Form& form_;
};

template <std::size_t Index>
NormalizerPointer read(const Json&) {
  return std::make_shared<const UnicodeForm>(kForms[Index]);
}

}  // namespace

extern const ComponentRow<Normalizer> nfc_normalizer{kForms[0].name, read<0>};
extern const ComponentRow<Normalizer> nfd_normalizer{kForms[1].name, read<1>};
extern const ComponentRow<Normalizer> nfkc_normalizer{kForms[2].name, read<2>};
extern const ComponentRow<Normalizer> nfkd_normalizer{kForms[3].name, read<3>};

}  // namespace tightrope::text
