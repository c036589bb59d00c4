// Strip: up to so many of one character from the ends of every piece.
#include "text/components.h"
#include "text/single_character.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kName = "Strip";

class Strip final : public Decoder {
 public:
  explicit Strip(const Json& description)
      : content_(character_of(description, "content")),
        start_(description.at("start", kName).as_uint("start")),
        stop_(description.at("stop", kName).as_uint("stop")) {}

  void apply(std::vector<std::string>& pieces) const override {
    for (std::string& piece : pieces) {
      std::string_view rest = piece;
      for (std::uint64_t i = 0; i < start_ && rest.starts_with(content_); ++i) rest.remove_prefix(content_.size());
      for (std::uint64_t i = 0; i < stop_ && rest.ends_with(content_); ++i) rest.remove_suffix(content_.size());
      piece = std::string(rest);
    }
  }

  Json write() const override {
    Json json = Json::object();
    json["type"] = kName;
    json["content"] = content_;
    json["start"] = start_;
    json["stop"] = stop_;
    return json;
  }

 private:
  std::string content_;
  std::uint64_t start_, stop_;
};

DecoderPointer read(const Json& description) { return std::make_shared<const Strip>(description); }

}  // namespace

extern const ComponentRow<Decoder> strip_decoder{kName, read};

}  // namespace tightrope::text
