// Precompiled: a table of replacements as SentencePiece stores it, a double-array trie and the texts that its values point to.
#include <array>
#include <cstring>
#include <optional>

#include "base/error.h"
#include "text/base64.h"
#include "text/components.h"
#include "text/graphemes.h"
#include "text/utf8.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kName = "Precompiled";

// Units of a double-array trie: bit 8: a value follows; bits 0 to 7 and 31: the label; bits 10 to 30, shifted by bit 9: where to go.
class ReplacementTable {
 public:
  explicit ReplacementTable(std::string_view data) {
    std::uint32_t trie_bytes = 0;
    if (data.size() < sizeof trie_bytes) malformed();
    std::memcpy(&trie_bytes, data.data(), sizeof trie_bytes);
    data.remove_prefix(sizeof trie_bytes);
    if (trie_bytes % sizeof(std::uint32_t) != 0 || trie_bytes == 0 || trie_bytes > data.size()) malformed();
    units_.resize(trie_bytes / sizeof(std::uint32_t));
    std::memcpy(units_.data(), data.data(), trie_bytes);
    texts_ = data.substr(trie_bytes);
    if (!is_valid_utf8(texts_)) malformed();
  }

  // The replacement for the shortest prefix of `text` that has one; it stands for all of `text`.
  std::optional<std::string_view> find(std::string_view text) const {
    std::size_t node = offset_of(units_[0]);
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte == 0) break;
      node ^= byte;
      if (node >= units_.size()) break;  // a damaged table
      const std::uint32_t unit = units_[node];
      if ((unit & 0x800000ffu) != byte) break;
      node ^= offset_of(unit);
      if ((unit >> 8 & 1) != 0) return node < units_.size() ? replacement(units_[node] & 0x7fffffffu) : std::nullopt;
    }
    return std::nullopt;
  }

 private:
  [[noreturn]] static void malformed() {
    fail(ErrorCode::malformed, "[tokenizer] the table of a Precompiled normalizer is not one; the file is damaged");
  }
  static std::size_t offset_of(std::uint32_t unit) { return static_cast<std::size_t>(unit >> 10) << ((unit & 1u << 9) >> 6); }
  std::optional<std::string_view> replacement(std::size_t at) const {
    if (at >= texts_.size() || (static_cast<unsigned char>(texts_[at]) & 0xc0) == 0x80) return std::nullopt;
    const std::size_t end = texts_.find('\0', at);
    if (end == std::string::npos) return std::string_view(texts_).substr(at);
    return std::string_view(texts_).substr(at, end - at);
  }

  std::vector<std::uint32_t> units_;
  std::string texts_;  // each ends with a zero byte
};

class Precompiled final : public Normalizer {
 public:
  explicit Precompiled(std::string encoded) : encoded_(std::move(encoded)), table_(decoded_base64(encoded_, "precompiled_charsmap")) {
    for (std::size_t byte = 0; byte < plain_.size(); ++byte) {
      const char character = static_cast<char>(static_cast<unsigned char>(byte));
      plain_[byte] = byte != '\r' && !table_.find({&character, 1});  // a carriage return may join what follows
    }
  }

  void apply(AlignedText& aligned) const override {
    const std::string_view text = aligned.text;
    std::size_t at = plain_run(text, 0);
    if (at == text.size()) return;
    Rewriter out(aligned);
    std::size_t kept = 0;
    while (at < text.size()) {
      const std::size_t end = grapheme_end(text, at);
      replace(text, at, end, kept, out);
      at = plain_run(text, end);
    }
    out.copy(kept, text.size());
    aligned = out.take();
  }

  Json write() const override {
    Json json = Json::object();
    json["type"] = kName;
    json["precompiled_charsmap"] = encoded_;
    return json;
  }

 private:
  // ASCII that is not replaced, up to a character that something beyond ASCII may join.
  std::size_t plain_run(std::string_view text, std::size_t at) const {
    const auto is_plain = [&](std::size_t i) { return i < text.size() && static_cast<unsigned char>(text[i]) < 0x80; };
    while (is_plain(at) && plain_[static_cast<unsigned char>(text[at])] && (at + 1 == text.size() || is_plain(at + 1))) ++at;
    return at;
  }

  // The reference looks up clusters of fewer than six bytes as a whole, then character by character.
  void replace(std::string_view text, std::size_t begin, std::size_t end, std::size_t& kept, Rewriter& out) const {
    const auto try_replacing = [&](std::size_t first, std::size_t last) {
      const auto found = table_.find(text.substr(first, last - first));
      if (!found) return false;
      out.copy(kept, first);
      out.replace(first, last, *found);
      kept = last;
      return true;
    };
    if (end - begin < 6 && try_replacing(begin, end)) return;
    for (std::size_t at = begin; at < end;) {
      const std::size_t next = at + code_point_at(text, at).bytes;
      try_replacing(at, next);
      at = next;
    }
  }

  std::string encoded_;
  ReplacementTable table_;
  std::array<bool, 128> plain_{};
};

NormalizerPointer read(const Json& description) {
  return std::make_shared<const Precompiled>(text_of(description, "precompiled_charsmap"));
}

}  // namespace

extern const ComponentRow<Normalizer> precompiled_normalizer{kName, read};

}  // namespace tightrope::text
