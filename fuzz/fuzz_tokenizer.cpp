// Any bytes as a tokenizer.json (odd first byte) or as a text (even) for a small tokenizer of every kind: a typed error, or ids that exist
// and, where bytes are tokens, decode to the text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/byte_alphabet.h"
#include "text/components.h"
#include "text/tokenizer.h"
#include "text/tokenizer_json.h"
#include "text/utf8.h"
#include "text/word_patterns.h"
#include "tightrope/error.h"

namespace {

using namespace tightrope;
using namespace tightrope::text;

TokenizerDefinition byte_level(std::string_view words) {
  TokenizerDefinition definition;
  BpeOptions& bpe = definition.model.emplace<BpeOptions>();
  definition.pre_tokenizers = byte_level_words(words);
  definition.decoders = byte_level_decoders();
  for (unsigned byte = 0; byte < 256; ++byte) {
    const char value = static_cast<char>(static_cast<unsigned char>(byte));
    definition.tokens.push_back({to_byte_alphabet({&value, 1}), TokenKind::normal});
  }
  for (const auto& [left, right] :
       {std::pair{"a", "a"}, {"aa", "aa"}, {"t", "h"}, {"th", "e"}, {" ", "the"}, {" ", " "}, {"\xef", "\xbf"}}) {
    bpe.merges.emplace_back(to_byte_alphabet(left), to_byte_alphabet(right));
    definition.tokens.push_back({bpe.merges.back().first + bpe.merges.back().second, TokenKind::normal});
  }
  for (const char* content : {"<|a|>", "<|ab|>", "the", "\xc3\xa9"}) {
    definition.added.push_back({.id = static_cast<TokenId>(definition.tokens.size()), .content = content});
    definition.tokens.push_back({content, TokenKind::control});
  }
  definition.added[1].special = true;
  definition.added[2].single_word = definition.added[2].normalized = true;
  definition.added[3].special = true;
  definition.tokens.back() = {to_byte_alphabet("\xc3\xa9"), TokenKind::control};
  definition.around = surrounding_template({definition.added[0].id}, {});
  return definition;
}

constexpr const char* kOthers[] = {
    R"({"normalizer": {"type": "Sequence", "normalizers": [{"type": "NFKC"}, {"type": "Prepend", "prepend": "_"},
        {"type": "Replace", "pattern": {"Regex": " +"}, "content": "_"}]},
        "model": {"type": "BPE", "unk_token": "?", "fuse_unk": true, "byte_fallback": true,
                  "vocab": {"?": 0, "_": 1, "a": 2, "b": 3, "_a": 4, "ab": 5, "aba": 6, "<0xC3>": 7}, "merges": ["_ a", "a b", "ab a"]},
        "decoder": {"type": "Sequence", "decoders": [{"type": "ByteFallback"},
        {"type": "Fuse"}, {"type": "Strip", "content": "_", "start": 1,
        "stop": 1}]}})",
    R"({"normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
        "strip_accents": null, "lowercase": true},
        "pre_tokenizer": {"type": "BertPreTokenizer"}, "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
        "post_processor": {"type": "BertProcessing", "sep": ["s", 1], "cls": ["a", 2]},
        "model": {"type": "WordPiece", "unk_token": "?", "continuing_subword_prefix": "##", "max_input_chars_per_word": 5,
                  "vocab": {"?": 0, "s": 1, "a": 2, "##a": 3, "##ab": 4, "e": 5}}})",
    R"({"normalizer": {"type": "Sequence", "normalizers": [{"type": "Nmt"}, {"type": "NFD"}, {"type": "StripAccents"},
        {"type": "Lowercase"},
        {"type": "Strip", "strip_left": true, "strip_right": true}]},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, {"type": "Metaspace", "replacement": "_",
        "prepend_scheme": "first"}]}, "decoder": {"type": "Metaspace", "replacement": "_"},
        "model": {"type": "Unigram", "unk_id": 0, "byte_fallback": true,
                  "vocab": [["?", 0], ["_", -1], ["a", -2.5], ["_a", -3], ["ab", -1.5], ["e", -4], ["<0xC3>", -9], ["<0x80>", -9]]}})",
    R"({"pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Whitespace"}, {"type": "Punctuation", "behavior": "Contiguous"},
        {"type": "Digits", "individual_digits": false},
        {"type": "Split", "pattern": {"Regex": "[a-c]|(x+x+)+y"}, "behavior": "MergedWithNext"},
        {"type": "ByteLevel", "add_prefix_space": true, "use_regex": true}]},
        "decoder": {"type": "BPEDecoder", "suffix": "e"},
        "model": {"type": "WordLevel", "unk_token": "?", "vocab": {"?": 0, "a": 1, "the": 2}}})",
};

void require(bool holds) {
  if (!holds) std::abort();
}

struct Small {
  std::vector<Tokenizer> bytes, others;
  Small() {
    for (const WordPattern& row : word_patterns()) bytes.emplace_back(byte_level(row.name));
    for (const char* json : kOthers) others.emplace_back(parse_tokenizer_json(json, ""));
  }
};

const Small& small_tokenizers() {
  static const Small made;
  return made;
}

void check(const Tokenizer& tokenizer, std::string_view text) {
  const Encoding encoding = tokenizer.encode_with_spans(text);
  require(encoding.ids == tokenizer.encode(text));
  require(encoding.spans.size() == encoding.ids.size());
  for (const Span span : encoding.spans) require(span.begin <= span.end && span.end <= text.size());
  DecodingStream stream(tokenizer);
  std::string streamed;
  for (const TokenId id : encoding.ids) streamed += stream.push(id);
  streamed += stream.finish();
  tokenizer.decode(encoding.ids);
}

void encode_text(std::string_view text) {
  for (const Tokenizer& tokenizer : small_tokenizers().bytes) {
    const auto ids = tokenizer.encode(text, {.add_special = false, .parse_special = true});
    require(tokenizer.decode(ids) == repaired_utf8(text));
    require(tokenizer.decode(tokenizer.encode(text, {.add_special = false, .parse_special = false})) == repaired_utf8(text));
    check(tokenizer, text);
  }
  for (const Tokenizer& tokenizer : small_tokenizers().others) {
    try {
      check(tokenizer, text);
    } catch (const Error& error) {
      require(error.code() == ErrorCode::invalid_argument);  // a pattern that takes too long
    }
  }
}

void read_tokenizer(std::string_view json) {
  try {
    const std::size_t end = json.find('\0');
    const std::string_view config = end == std::string_view::npos ? std::string_view{} : json.substr(end + 1);
    const TokenizerDefinition definition = parse_tokenizer_json(json.substr(0, end), config);
    const Tokenizer tokenizer(definition);
    constexpr std::string_view kText = " The the <|a|> aaaa\n\n 12345 \xc3\xa9\xff's";
    const auto ids = tokenizer.encode(kText);
    tokenizer.decode(ids);
    const Tokenizer again(parse_tokenizer_json(write_tokenizer_json(definition), write_tokenizer_config_json(definition)));
    require(again.encode(kText) == ids);
  } catch (const Error& error) {
    require(error.code() == ErrorCode::malformed || error.code() == ErrorCode::unsupported || error.code() == ErrorCode::invalid_argument);
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
