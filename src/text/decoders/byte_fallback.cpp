// ByteFallback: runs of pieces like <0x41> become the text that their bytes spell; bytes that spell none, U+FFFD each.
#include "text/byte_pieces.h"
#include "text/components.h"
#include "text/utf8.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kName = "ByteFallback";

void decode_bytes(std::vector<std::string>& pieces) {
  std::vector<std::string> made;
  made.reserve(pieces.size());
  std::string bytes;
  const auto flush = [&] {
    if (is_valid_utf8(bytes)) {
      if (!bytes.empty()) made.push_back(bytes);
    } else {
      made.insert(made.end(), bytes.size(), "\xef\xbf\xbd");
    }
    bytes.clear();
  };
  for (std::string& piece : pieces) {
    if (const auto byte = byte_of_piece(piece)) {
      bytes += *byte;
      continue;
    }
    flush();
    made.push_back(std::move(piece));
  }
  flush();
  pieces = std::move(made);
}

DecoderPointer read(const Json&) { return std::make_shared<const Plain<Decoder, decode_bytes>>(kName); }

}  // namespace

extern const ComponentRow<Decoder> byte_fallback_decoder{kName, read};

}  // namespace tightrope::text
