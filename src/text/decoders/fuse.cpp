// Fuse: all pieces become one.
#include "text/components.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kName = "Fuse";

void fuse(std::vector<std::string>& pieces) {
  std::string joined;
  for (const std::string& piece : pieces) joined += piece;
  pieces.clear();
  pieces.push_back(std::move(joined));
}

DecoderPointer read(const Json&) { return std::make_shared<const Plain<Decoder, fuse>>(kName); }

}  // namespace

extern const ComponentRow<Decoder> fuse_decoder{kName, read};

}  // namespace tightrope::text
