// Nmt: control characters are removed, unusual spaces become spaces.
#include "text/normalizers/characters.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kName = "Nmt";

bool is_removed(char32_t code) {
  return (code >= 0x01 && code <= 0x08) || code == 0x0b || (code >= 0x0e && code <= 0x1f) || code == 0x7f || code == 0x8f || code == 0x9f;
}

bool is_spaced(char32_t code) {
  switch (code) {
    case 0x09:
    case 0x0a:
    case 0x0c:
    case 0x0d:
    case 0x1680:
    case 0x2028:
    case 0x2029:
    case 0x2581:
    case 0xfeff:
    case 0xfffd: return true;
    default: return code >= 0x200b && code <= 0x200f;
  }
}

void clean(AlignedText& text) {
  change_characters(text, [](char32_t code) -> Change {
    if (is_removed(code)) return {Change::Kind::remove, {}};
    return is_spaced(code) ? Change{Change::Kind::replace, U" "} : Change{};
  });
}

NormalizerPointer read(const Json&) { return std::make_shared<const Plain<Normalizer, clean>>(kName); }

}  // namespace

extern const ComponentRow<Normalizer> nmt_normalizer{kName, read};

}  // namespace tightrope::text
