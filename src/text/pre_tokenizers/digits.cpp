// Digits: cuts numbers from what is around them, into single digits on request.
#include "text/splitting.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kName = "Digits";

class Digits final : public PreTokenizer {
 public:
  explicit Digits(bool individual) : individual_(individual), digits_(class_pattern(kNumeric)) {}
  void apply(Pieces& pieces) const override { split(pieces, *digits_, individual_ ? Behavior::isolated : Behavior::contiguous, false); }
  Json write() const override {
    Json json = Json::object();
    json["type"] = kName;
    json["individual_digits"] = individual_;
    return json;
  }

 private:
  bool individual_;
  std::unique_ptr<const Pattern> digits_;
};

PreTokenizerPointer read(const Json& description) {
  return std::make_shared<const Digits>(description.at("individual_digits", kName).as_bool("individual_digits"));
}

}  // namespace

extern const ComponentRow<PreTokenizer> digits_pre_tokenizer{kName, read};

}  // namespace tightrope::text
