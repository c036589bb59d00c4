// Replace: every match of a pattern by a text.
#include "text/components.h"
#include "text/pattern.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kName = "Replace";

class Replace final : public Normalizer {
 public:
  explicit Replace(const Json& description)
      : pattern_(read_pattern(description.at("pattern", kName))), content_(text_of(description, "content")) {}

  void apply(AlignedText& aligned) const override {
    std::vector<Span> matches;
    pattern_.pattern->find(aligned.text, 0, matches);
    if (matches.empty()) return;
    Rewriter out(aligned);
    std::size_t done = 0;
    for (const Span match : matches) {
      out.copy(done, match.begin);
      out.replace(match.begin, match.end, content_);
      done = match.end;
    }
    out.copy(done, aligned.text.size());
    aligned = out.take();
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

NormalizerPointer read(const Json& description) { return std::make_shared<const Replace>(description); }

}  // namespace

extern const ComponentRow<Normalizer> replace_normalizer{kName, read};

}  // namespace tightrope::text
