// BPEDecoder: the suffix that ends a word becomes a space, and nothing at the end of the text.
#include "base/error.h"
#include "text/components.h"
#include "text/replacing.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kName = "BPEDecoder";

class BpeDecoder final : public Decoder {
 public:
  explicit BpeDecoder(std::string suffix) : suffix_(std::move(suffix)) {}

  void apply(std::vector<std::string>& pieces) const override {
    for (std::size_t i = 0; i < pieces.size(); ++i) pieces[i] = replaced(pieces[i], suffix_, i + 1 == pieces.size() ? "" : " ");
  }

  Json write() const override {
    Json json = Json::object();
    json["type"] = kName;
    json["suffix"] = suffix_;
    return json;
  }

 private:
  std::string suffix_;
};

DecoderPointer read(const Json& description) {
  std::string suffix = text_of(description, "suffix");
  if (suffix.empty()) fail(ErrorCode::malformed, "[tokenizer] the suffix of a BPEDecoder is empty; the file is damaged");
  return std::make_shared<const BpeDecoder>(std::move(suffix));
}

}  // namespace

extern const ComponentRow<Decoder> bpe_decoder{kName, read};

}  // namespace tightrope::text
