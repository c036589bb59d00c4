// Replace: every match of a pattern in every piece by a text.
#include "text/components.h"
#include "text/pattern.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kName = "Replace";

class Replace final : public Decoder {
 public:
  explicit Replace(const Json& description)
      : pattern_(read_pattern(description.at("pattern", kName))), content_(text_of(description, "content")) {}

  void apply(std::vector<std::string>& pieces) const override {
    std::vector<Span> matches;
    for (std::string& piece : pieces) {
      matches.clear();
      pattern_.pattern->find(piece, 0, matches);
      std::string made;
      std::size_t done = 0;
      for (const Span match : matches) {
        made.append(piece, done, match.begin - done).append(content_);
        done = match.end;
      }
      piece = made.append(piece, done);
    }
  }

  Json write() const override {
    Json json = Json::object();
    json["type"] = kName;
    json["pattern"] = pattern_.description;
    json["content"] = content_;
    return json;
  }

 private:
  DescribedPattern pattern_;
  std::string content_;
};

DecoderPointer read(const Json& description) { return std::make_shared<const Replace>(description); }

}  // namespace

extern const ComponentRow<Decoder> replace_decoder{kName, read};

}  // namespace tightrope::text
