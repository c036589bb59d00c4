// What the normalizer and the decoder called Replace share.
#pragma once

#include "text/components.h"
#include "text/pattern.h"

namespace tightrope::text {

template <class Component>
class Replacement : public Component {
 public:
  static constexpr std::string_view kName = "Replace";

  explicit Replacement(const Json& description)
      : pattern_(read_pattern(description.at("pattern", kName))), content_(text_of(description, "content")) {}

  Json write() const override {
    Json json = Json::object();
    json["type"] = kName;
    json["pattern"] = pattern_.description;
    json["content"] = content_;
    return json;
  }

 protected:
  std::vector<Span> matches_in(std::string_view text) const {
    std::vector<Span> matches;
    pattern_.pattern->find(text, 0, matches);
    return matches;
  }
  const std::string& content() const { return content_; }

 private:
  DescribedPattern pattern_;
  std::string content_;
};

}  // namespace tightrope::text
