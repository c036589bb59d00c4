// ByteLevel as a normalizer: every byte spelt in the byte-level alphabet.
#include "text/byte_alphabet.h"
#include "text/components.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kName = "ByteLevel";

void spell(AlignedText& text) { spell_bytes(text); }

NormalizerPointer read(const Json&) { return std::make_shared<const Plain<Normalizer, spell>>(kName); }

}  // namespace

extern const ComponentRow<Normalizer> byte_level_normalizer{kName, read};

}  // namespace tightrope::text
