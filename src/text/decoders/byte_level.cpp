// ByteLevel: pieces spelt in the byte-level alphabet become the bytes they stand for.
#include "text/byte_alphabet.h"
#include "text/components.h"
#include "text/utf8.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kName = "ByteLevel";

class ByteLevel final : public Decoder {
 public:
  explicit ByteLevel(const Json& description) : description_(description) {}
  void apply(std::vector<std::string>& pieces) const override {
    std::string joined;
    for (const std::string& piece : pieces) joined += from_byte_alphabet(piece).value_or(piece);
    pieces = {repaired_utf8(joined)};  // what comes behind it works on characters
  }
  bool spells_bytes() const override { return true; }
  Json write() const override { return description_; }

 private:
  Json description_;
};

DecoderPointer read(const Json& description) {
  Json json = Json::object();
  json["type"] = kName;
  for (const std::string_view key : {"add_prefix_space", "trim_offsets", "use_regex"}) json[key] = flag_of(description, key, true);
  return std::make_shared<const ByteLevel>(json);
}

}  // namespace

extern const ComponentRow<Decoder> byte_level_decoder{kName, read};

}  // namespace tightrope::text
