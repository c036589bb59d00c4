// StripAccents: combining marks are removed (letters that contain theirs keep it unless NFD comes before).
#include "text/normalizers/characters.h"
#include "text/unicode.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kName = "StripAccents";

void strip_accents(AlignedText& text) {
  const CharacterClasses& classes = CharacterClasses::instance();
  change_characters(text, [&](char32_t code) -> Change {
    return (classes.of(code) & kCombining) != 0 ? Change{Change::Kind::remove, {}} : Change{};
  });
}

NormalizerPointer read(const Json&) { return std::make_shared<const Plain<Normalizer, strip_accents>>(kName); }

}  // namespace

extern const ComponentRow<Normalizer> strip_accents_normalizer{kName, read};

}  // namespace tightrope::text
