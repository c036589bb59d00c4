// Fuse: all pieces become one.
#include "text/decoders/plain.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kName = "Fuse";

void fuse(std::vector<std::string>& pieces) {
  std::string joined;
  for (const std::string& piece : pieces) joined += piece;
  pieces.assign(1, std::move(joined));
}

DecoderPointer read(const Json&) { return std::make_shared<const PlainDecoder<fuse>>(kName); }

}  // namespace

extern const ComponentRow<Decoder> fuse_decoder{kName, read};

}  // namespace tightrope::text
