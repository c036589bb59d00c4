// Strip: spaces at the ends of the text are removed.
#include "text/normalizers/characters.h"
#include "text/unicode.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kName = "Strip";

class Strip final : public Normalizer {
 public:
  Strip(bool left, bool right) : left_(left), right_(right) {}

  void apply(AlignedText& aligned) const override {
    const std::string_view text = aligned.text;
    std::size_t begin = 0, end = text.size();
    while (left_ && begin < end && is_space(text, begin)) begin += code_point_at(text, begin).bytes;
    while (right_ && end > begin && is_space(text, previous_code_point(text, end))) end = previous_code_point(text, end);
    if (begin == 0 && end == text.size()) return;
    Rewriter out(aligned);
    out.copy(begin, end);
    aligned = out.take();
  }

  Json write() const override {
    Json json = Json::object();
    json["type"] = kName;
    json["strip_left"] = left_;
    json["strip_right"] = right_;
    return json;
  }

 private:
  static bool is_space(std::string_view text, std::size_t at) {
    return (CharacterClasses::instance().of(code_point_at(text, at).value) & kSpace) != 0;
  }
  bool left_, right_;
};

NormalizerPointer read(const Json& description) {
  const auto flag = [&](std::string_view key) { return description.at(key, kName).as_bool(key); };
  return std::make_shared<const Strip>(flag("strip_left"), flag("strip_right"));
}

}  // namespace

extern const ComponentRow<Normalizer> strip_normalizer{kName, read};

}  // namespace tightrope::text
