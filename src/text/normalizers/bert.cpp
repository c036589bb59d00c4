// BertNormalizer: cleaning, spaces around Chinese characters, accents off, lower case; each on request.
#include <optional>

#include "text/normalizers/characters.h"
#include "text/unicode.h"
#include "text/unicode_maps.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kName = "BertNormalizer";

bool is_chinese(char32_t code) {
  constexpr char32_t kRanges[][2] = {{0x4e00, 0x9fff},   {0x3400, 0x4dbf},   {0x20000, 0x2a6df}, {0x2a700, 0x2b73f},
                                     {0x2b740, 0x2b81f}, {0x2b920, 0x2ceaf}, {0xf900, 0xfaff},   {0x2f800, 0x2fa1f}};
  if (code < 0x3400) return false;
  for (const auto& range : kRanges) {
    if (code >= range[0] && code <= range[1]) return true;
  }
  return false;
}

bool is_control(char32_t code) { return code == 0 || code == 0xfffd || (CharacterClasses::instance().of(code) & kControl) != 0; }

void clean(AlignedText& text) {
  change_characters(text, [](char32_t code) -> Change {
    if (code > ' ' && code < 0x7f) return {};
    if (is_control(code)) return {Change::Kind::remove, {}};
    const bool space = code != ' ' && (CharacterClasses::instance().of(code) & kSpace) != 0;
    return space ? Change{Change::Kind::replace, U" "} : Change{};
  });
}

void strip_marks(AlignedText& text) {
  change_characters(text, [](char32_t code) -> Change {
    return code >= 0x300 && (CharacterClasses::instance().of(code) & kNonspacing) != 0 ? Change{Change::Kind::remove, {}} : Change{};
  });
}

void lower(AlignedText& text) {
  change_characters(text, [](char32_t code) -> Change {
    const std::u32string_view made = lower_case(code);
    return made.empty() ? Change{} : Change{Change::Kind::replace, made};
  });
}

void space_chinese(AlignedText& aligned) {
  const std::string_view text = aligned.text;
  Rewriter out(aligned);
  std::size_t kept = 0;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint code = code_point_at(text, at);
    if (is_chinese(code.value)) {
      out.copy(kept, at);
      out.insert(at, " ");
      out.copy(at, at + code.bytes);
      kept = at + code.bytes;
      out.insert(kept, " ");
    }
    at += code.bytes;
  }
  if (kept == 0) return;
  out.copy(kept, text.size());
  aligned = out.take();
}

class BertNormalizer final : public Normalizer {
 public:
  explicit BertNormalizer(const Json& description)
      : clean_(description.at("clean_text", kName).as_bool("clean_text")),
        chinese_(description.at("handle_chinese_chars", kName).as_bool("handle_chinese_chars")),
        lowercase_(description.at("lowercase", kName).as_bool("lowercase")) {
    if (const Json* accents = description.find("strip_accents"); !is_absent(accents)) strip_accents_ = accents->as_bool("strip_accents");
    Json nfd = Json::object();
    nfd["type"] = "NFD";
    nfd_ = read_normalizers(&nfd).front();
  }

  void apply(AlignedText& text) const override {
    if (clean_) clean(text);
    if (chinese_) space_chinese(text);
    if (strip_accents_.value_or(lowercase_)) {
      nfd_->apply(text);
      strip_marks(text);
    }
    if (lowercase_) lower(text);
  }

  Json write() const override {
    Json json = Json::object();
    json["type"] = kName;
    json["clean_text"] = clean_;
    json["handle_chinese_chars"] = chinese_;
    json["strip_accents"] = strip_accents_ ? Json(*strip_accents_) : Json();
    json["lowercase"] = lowercase_;
    return json;
  }

 private:
  bool clean_, chinese_, lowercase_;
  std::optional<bool> strip_accents_;  // none: as `lowercase`
  NormalizerPointer nfd_;
};

NormalizerPointer read(const Json& description) { return std::make_shared<const BertNormalizer>(description); }

}  // namespace

extern const ComponentRow<Normalizer> bert_normalizer{kName, read};

}  // namespace tightrope::text
