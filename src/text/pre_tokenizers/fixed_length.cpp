// FixedLength: words of so many characters.
#include "base/error.h"
#include "text/splitting.h"
#include "text/utf8.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kName = "FixedLength";

class FixedLength final : public PreTokenizer {
 public:
  explicit FixedLength(std::uint64_t length) : length_(length) {}

  void apply(Pieces& pieces) const override {
    cut_words(pieces, [this](std::string_view text, std::uint32_t offset, std::vector<Span>& made) {
      std::uint64_t count = 0;
      for (std::size_t at = 0; at < text.size(); ++count) {
        const auto begin = offset + static_cast<std::uint32_t>(at);
        at += code_point_at(text, at).bytes;
        if (count % length_ == 0) made.push_back({begin, begin});
        made.back().end = offset + static_cast<std::uint32_t>(at);
      }
    });
  }

  Json write() const override {
    Json json = Json::object();
    json["type"] = kName;
    json["length"] = length_;
    return json;
  }

 private:
  std::uint64_t length_;
};

PreTokenizerPointer read(const Json& description) {
  const Json* length = description.find("length");
  const std::uint64_t characters = length == nullptr ? 5 : length->as_uint("length");
  if (characters == 0) fail(ErrorCode::malformed, "[tokenizer] FixedLength has length 0; the file is damaged");
  return std::make_shared<const FixedLength>(characters);
}

}  // namespace

extern const ComponentRow<PreTokenizer> fixed_length_pre_tokenizer{kName, read};

}  // namespace tightrope::text
