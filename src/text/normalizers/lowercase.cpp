// Lowercase: every character in lower case, by itself and without regard to a language.
#include "text/normalizers/characters.h"
#include "text/unicode_maps.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kName = "Lowercase";

void lower(AlignedText& text) {
  change_characters(text, [](char32_t code) -> Change {
    const std::u32string_view made = lower_case(code);
    return made.empty() ? Change{} : Change{Change::Kind::replace, made};
  });
}

NormalizerPointer read(const Json&) { return std::make_shared<const Plain<Normalizer, lower>>(kName); }

}  // namespace

extern const ComponentRow<Normalizer> lowercase_normalizer{kName, read};

}  // namespace tightrope::text
