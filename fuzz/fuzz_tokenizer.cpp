// Any bytes as a tokenizer.json (odd first byte) or as a text for a small tokenizer (even): a typed error or ids that decode to the text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/byte_alphabet.h"
#include "text/pre_tokenizer.h"
#include "text/tokenizer.h"
#include "text/tokenizer_json.h"
#include "text/utf8.h"
#include "tightrope/error.h"

namespace {

using namespace tightrope;
using namespace tightrope::text;

BpeDefinition small_definition(std::string_view pre_tokenizer) {
  BpeDefinition definition;
  definition.pre_tokenizer = pre_tokenizer;
  for (unsigned byte = 0; byte < 256; ++byte) {
    const char value = static_cast<char>(static_cast<unsigned char>(byte));
    definition.tokens.push_back({to_byte_alphabet({&value, 1}), TokenKind::normal});
  }
  for (const auto& [left, right] :
       {std::pair{"a", "a"}, {"aa", "aa"}, {"t", "h"}, {"th", "e"}, {" ", "the"}, {" ", " "}, {"\xef", "\xbf"}}) {
    definition.merges.emplace_back(to_byte_alphabet(left), to_byte_alphabet(right));
    definition.tokens.push_back({definition.merges.back().first + definition.merges.back().second, TokenKind::normal});
  }
  for (const char* content : {"<|a|>", "<|ab|>", "the", "\xc3\xa9"}) {
    definition.added.push_back({.id = static_cast<TokenId>(definition.tokens.size()), .content = content});
    definition.tokens.push_back({content, TokenKind::control});
  }
  definition.added[1].special = true;
  definition.added[2].single_word = definition.added[2].normalized = true;
  definition.added[3].special = true;
  definition.tokens.back() = {to_byte_alphabet("\xc3\xa9"), TokenKind::control};
  definition.prefix = {definition.added[0].id};
  return definition;
}

void require(bool holds) {
  if (!holds) std::abort();
}

const std::vector<Tokenizer>& small_tokenizers() {
  static const std::vector<Tokenizer> tokenizers = [] {
    std::vector<Tokenizer> made;
    for (const PreTokenizer& row : pre_tokenizers()) made.emplace_back(small_definition(row.name));
    return made;
  }();
  return tokenizers;
}

void encode_text(std::string_view text) {
  for (const Tokenizer& tokenizer : small_tokenizers()) {
    const auto ids = tokenizer.encode(text, {.add_special = false, .parse_special = true});
    require(tokenizer.decode(ids) == repaired_utf8(text));
    require(tokenizer.decode(tokenizer.encode(text, {.add_special = false, .parse_special = false})) == repaired_utf8(text));
  }
}

void read_tokenizer(std::string_view json) {
  try {
    const std::size_t end = json.find('\0');
    const std::string_view config = end == std::string_view::npos ? std::string_view{} : json.substr(end + 1);
    const BpeDefinition definition = parse_tokenizer_json(json.substr(0, end), config);
    const Tokenizer tokenizer(definition);
    constexpr std::string_view kText = " The the <|a|> aaaa\n\n 12345 \xc3\xa9\xff's";
    const auto ids = tokenizer.encode(kText);
    tokenizer.decode(ids);
    const Tokenizer again(parse_tokenizer_json(write_tokenizer_json(definition), write_tokenizer_config_json(definition)));
    require(again.encode(kText) == ids);
  } catch (const Error& error) {
    require(error.code() == ErrorCode::malformed || error.code() == ErrorCode::unsupported);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data + 1), size - 1);
  if (data[0] % 2 == 0)
    encode_text(rest);
  else
    read_tokenizer(rest);
  return 0;
}
