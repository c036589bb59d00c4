// Punctuation: cuts at punctuation marks.
#include "text/splitting.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kName = "Punctuation";

class Punctuation final : public PreTokenizer {
 public:
  explicit Punctuation(Behavior behavior) : behavior_(behavior), marks_(class_pattern(kPunctuation)) {}
  void apply(Pieces& pieces) const override { split(pieces, *marks_, behavior_, false); }
  Json write() const override {
    Json json = Json::object();
    json["type"] = kName;
    json["behavior"] = name_of(behavior_);
    return json;
  }

 private:
  Behavior behavior_;
  std::unique_ptr<const Pattern> marks_;
};

PreTokenizerPointer read(const Json& description) {
  const Json* behavior = description.find("behavior");
  return std::make_shared<const Punctuation>(behavior == nullptr ? Behavior::isolated : read_behavior(*behavior));
}

}  // namespace

extern const ComponentRow<PreTokenizer> punctuation_pre_tokenizer{kName, read};

}  // namespace tightrope::text
