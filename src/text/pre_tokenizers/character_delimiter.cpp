// CharDelimiterSplit: what stands between one character.
#include "text/single_character.h"
#include "text/splitting.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kName = "CharDelimiterSplit";

class CharacterDelimiter final : public PreTokenizer {
 public:
  explicit CharacterDelimiter(std::string delimiter) : delimiter_(std::move(delimiter)), pattern_(literal_pattern(delimiter_)) {}
  void apply(Pieces& pieces) const override { split(pieces, *pattern_, Behavior::removed, false); }
  Json write() const override {
    Json json = Json::object();
    json["type"] = kName;
    json["delimiter"] = delimiter_;
    return json;
  }

 private:
  std::string delimiter_;
  std::unique_ptr<const Pattern> pattern_;
};

PreTokenizerPointer read(const Json& description) {
  return std::make_shared<const CharacterDelimiter>(character_of(description, "delimiter"));
}

}  // namespace

extern const ComponentRow<PreTokenizer> character_delimiter_pre_tokenizer{kName, read};

}  // namespace tightrope::text
