// Split: cuts at the matches of a pattern.
#include "text/splitting.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kName = "Split";

class Split final : public PreTokenizer {
 public:
  explicit Split(const Json& description)
      : pattern_(read_pattern(description.at("pattern", kName))),
        behavior_(read_behavior(description.at("behavior", kName))),
        inverted_(flag_of(description, "invert", false)) {}

  void apply(Pieces& pieces) const override { split(pieces, *pattern_.pattern, behavior_, inverted_); }

  Json write() const override {
    Json json = Json::object();
    json["type"] = kName;
    json["pattern"] = pattern_.description;
    json["behavior"] = name_of(behavior_);
    json["invert"] = inverted_;
    return json;
  }

 private:
  DescribedPattern pattern_;
  Behavior behavior_;
  bool inverted_;
};

PreTokenizerPointer read(const Json& description) { return std::make_shared<const Split>(description); }

}  // namespace

extern const ComponentRow<PreTokenizer> split_pre_tokenizer{kName, read};

}  // namespace tightrope::text
