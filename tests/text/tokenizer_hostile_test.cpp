// Files and texts made to hurt: a named error or the right ids, in little time.
#include <gtest/gtest.h>

#include <chrono>
#include <functional>

#include "base/json.h"
#include "base/random.h"
#include "support/small_tokenizer.h"
#include "text/base64.h"
#include "text/components.h"
#include "text/graphemes.h"
#include "text/pattern.h"
#include "text/tokenizer.h"
#include "text/tokenizer_json.h"
#include "text/utf8.h"
#include "tightrope/error.h"

namespace tightrope::text {
namespace {

using namespace tightrope::test;

ErrorCode code_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "accepted";
  return ErrorCode::internal;
}

Json parsed(std::string_view json) { return Json::parse(json, "test"); }

std::string unigram_with(const std::string& normalizer) {
  return R"({"normalizer": )" + normalizer + R"(, "model": {"type": "Unigram", "unk_id": 0, "vocab": [["?", 0], ["a", -1]]}})";
}

TEST(TokenizerHostile, PatternsThatTakeForEverStop) {
  const auto start = std::chrono::steady_clock::now();
  for (const char* expression : {"(a+)+$", "(a|a)*[bd]", "(a|aa)+$", "(?:a?){60}a{60}", "([a-z]+)*[xy]"}) {
    const auto pattern = regular_expression(expression);
    std::vector<Span> matches;
    EXPECT_EQ(code_of([&] { pattern->find(std::string(60, 'a') + "!" + std::string(4000, 'a') + "c", 0, matches); }),
              ErrorCode::invalid_argument)
        << expression;
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
  for (const char* expression : {"(", "a{2,1}", "[z-a]", "\\p{Nonesuch}", "(?<n>a)(?<n>b)", "\\C", "(?R"})
    EXPECT_EQ(code_of([&] { regular_expression(expression); }), ErrorCode::unsupported) << expression;
  EXPECT_EQ(code_of([] { regular_expression(std::string(100'000, '(')); }), ErrorCode::unsupported);
  EXPECT_EQ(code_of([] { regular_expression(std::string(10'000, '(') + std::string(10'000, ')')); }), ErrorCode::unsupported);
}

TEST(TokenizerHostile, SpacesInPatternsAreTheReferences) {
  const auto spaces = regular_expression("\\s"), others = regular_expression("[^\\S\\n]+");
  std::vector<Span> matches;
  spaces->find("a\xe1\xa0\x8e b", 0, matches);  // U+180E is no space
  EXPECT_EQ(matches, (std::vector<Span>{{4, 5}}));
  matches.clear();
  others->find("a \t\nb", 0, matches);
  EXPECT_EQ(matches, (std::vector<Span>{{1, 3}}));
}

TEST(TokenizerHostile, AddedTokensInsideEachOther) {
  TokenizerDefinition definition = small_tokenizer();
  const std::vector<std::string> contents = {"<<", "<<<<", "<<<<<<<<", "<a<", "a<<a"};
  for (const std::string& content : contents) {
    definition.added.push_back(
        {.id = static_cast<TokenId>(definition.tokens.size()), .content = content, .normalized = content.size() > 3});
    definition.tokens.push_back({content, TokenKind::user_defined});
  }
  const Tokenizer tokenizer(definition);
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += contents[static_cast<std::size_t>(i * 7 % 5)];
  EXPECT_EQ(tokenizer.decode(tokenizer.encode(text, {.add_special = false})), text);
}

std::string bpe_with(const std::string& parts) {
  return R"({"model": {"type": "BPE", "unk_token": "?", "vocab": {"?": 0, "a": 1, "\u00c3": 2, "<0xC3>": 3, "<0xA9>": 4, "_a": 5},
      "merges": []},)" +
         parts + "}";
}

std::string sequence_of(const std::string& key, const std::string& part, int times) {
  std::string list;
  for (int i = 0; i < times; ++i) list += (i == 0 ? "" : ",") + part;
  return R"({"type": "Sequence", ")" + key + R"(": [)" + list + "]}";
}

std::string added_token(const std::string& content, const char* sides = "") {
  const auto strips = [&](char side) { return std::string_view(sides).find(side) == std::string_view::npos ? "false" : "true"; };
  return R"("added_tokens": [{"id": 6, "content": ")" + content + R"(", "single_word": false, "lstrip": )" + strips('l') +
         R"(, "rstrip": )" + strips('r') + R"(, "normalized": false, "special": true}])";
}

TEST(TokenizerHostile, TextsThatGrowWithoutEndAreRefused) {
  const std::string doubling = R"({"type": "Replace", "pattern": {"String": "a"}, "content": "aa"})";
  const Tokenizer encoding(parse_tokenizer_json(bpe_with(R"("normalizer": )" + sequence_of("normalizers", doubling, 200)), ""));
  EXPECT_EQ(code_of([&] { encoding.encode("aaaa"); }), ErrorCode::invalid_argument);
  const Tokenizer decoding(parse_tokenizer_json(bpe_with(R"("decoder": )" + sequence_of("decoders", doubling, 200)), ""));
  EXPECT_EQ(code_of([&] { decoding.decode(std::vector<TokenId>{1}); }), ErrorCode::invalid_argument);
}

TEST(TokenizerHostile, AddedTokensOfSpacesAndLongOnes) {
  for (const char* sides : {"l", "r", "lr"}) {
    const Tokenizer tokenizer(parse_tokenizer_json(bpe_with(added_token(" ", sides)), ""));
    EXPECT_EQ(tokenizer.encode(std::string(1'000'000, ' ')), std::vector<TokenId>(1'000'000, 6))
        << sides;  // each ends where it would alone
  }
  EXPECT_EQ(code_of([] { Tokenizer(parse_tokenizer_json(bpe_with(added_token(std::string(1025, 'a'))), "")); }), ErrorCode::unsupported);
}

TEST(TokenizerHostile, DecodersBehindBytesSeeCharacters) {
  const Tokenizer tokenizer(parse_tokenizer_json(bpe_with(
                                                     R"("decoder": {"type": "Sequence", "decoders": [{"type": "ByteLevel"},
          {"type": "Replace", "pattern": {"Regex": "[^x]"}, "content": "y"}]})"),
                                                 ""));
  EXPECT_EQ(tokenizer.decode(std::vector<TokenId>{2, 2, 1}), "yyy");
}

TEST(TokenizerHostile, StreamsLoseNothing) {
  const std::string decoder =
      R"("decoder": {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "_"}, "content": " "},
      {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]})";
  const Tokenizer tokenizer(parse_tokenizer_json(bpe_with(added_token("<s>") + "," + decoder), ""));
  const auto streamed = [&](const std::vector<TokenId>& ids) {
    DecodingStream stream(tokenizer, true);
    std::string text;
    for (const TokenId id : ids) text += stream.push(id);
    return text + stream.finish();
  };
  EXPECT_EQ(streamed({5, 6, 5}), "a a");  // what is left out is no start of a text
  EXPECT_EQ(streamed({5, 6, 5}), tokenizer.decode(std::vector<TokenId>{5, 6, 5}, true));
  EXPECT_EQ(streamed({3, 4, 3, 1}),
            "\xc3\xa9\xef\xbf\xbd"
            "a");  // the last byte breaks the run; what follows is there
}

TEST(TokenizerHostile, PostProcessorsHaveLimits) {
  const std::string part = R"({"type": "ByteLevel"})";
  EXPECT_EQ(code_of([&] { parse_tokenizer_json(bpe_with(R"("post_processor": )" + sequence_of("processors", part, 257)), ""); }),
            ErrorCode::malformed);
}

// A model with the special token in its own vocabulary makes it of any text that spells it.
TEST(TokenizerHostile, ModelsMakeNoSpecialTokenOfLiteralText) {
  const Tokenizer tokenizer(parse_tokenizer_json(
      R"({"added_tokens": [{"id": 1, "content": "</s>", "single_word": false, "lstrip": false,
          "rstrip": false, "normalized": false, "special": true}],
      "model": {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0], ["</s>", 0], ["<", -3], ["/", -3],
          ["s", -3], [">", -3], ["a", -3], ["/s>", -2]]}})",
      ""));
  const std::string text = "a</s></s></s>\xe2\x82\xac";
  const ByteSpan user{5, 9};
  EXPECT_EQ(tokenizer.encode(text, {.literal = {&user, 1}}), (std::vector<TokenId>{6, 1, 2, 7, 1, 0}));
  const ByteSpan all{0, text.size()};
  const Encoding encoding = tokenizer.encode_with_spans(text, {.literal = {&all, 1}});
  EXPECT_EQ(encoding.ids, (std::vector<TokenId>{6, 2, 7, 2, 7, 2, 7, 0}));
  EXPECT_EQ(encoding.spans[1], (Span{1, 2}));
  EXPECT_EQ(encoding.spans[2], (Span{2, 5}));
}

TEST(TokenizerHostile, BrokenTablesOfReplacements) {
  const auto refused = [](const std::string& bytes) {
    const std::string json = unigram_with(R"({"type": "Precompiled", "precompiled_charsmap": ")" + encoded_base64(bytes) + R"("})");
    EXPECT_EQ(code_of([&] { parse_tokenizer_json(json, ""); }), ErrorCode::malformed);
  };
  refused("");
  refused("abc");
  refused(std::string("\0\0\0\0", 4));                                 // no trie
  refused(std::string("\x08\0\0\0", 4) + "abcd");                      // shorter than it says
  refused(std::string("\x05\0\0\0", 4) + "abcdefgh");                  // not whole units
  refused(std::string("\x04\0\0\0", 4) + "\x01\x02\x03\x04\xff\xfe");  // texts that are no UTF-8
  EXPECT_EQ(code_of([] { parse_tokenizer_json(unigram_with(R"({"type": "Precompiled", "precompiled_charsmap": "A*=="})"), ""); }),
            ErrorCode::malformed);
  // Any trie: it points where it will, and still every text has ids.
  Random random(5);
  for (int round = 0; round < 300; ++round) {
    std::string bytes("\x00\x04\0\0", 4);
    for (int i = 0; i < 1024; ++i) bytes += static_cast<char>(random.below(256));
    bytes += "abc";
    bytes += '\0';
    const Json description(Json::Object{{"type", "Precompiled"}, {"precompiled_charsmap", encoded_base64(bytes)}});
    AlignedText text = AlignedText::from("Any text at all, e\xcc\x81\xef\xac\x81 \xf0\x9f\x91\x8d\r\n", 0, true);
    read_normalizers(&description).front()->apply(text);
    EXPECT_TRUE(is_valid_utf8(text.text));
    EXPECT_EQ(text.sources.size(), text.text.size());
  }
}

TEST(TokenizerHostile, ModelsThatCannotBe) {
  const auto refused = [](const char* model, ErrorCode code = ErrorCode::malformed) {
    EXPECT_EQ(code_of([&] { Tokenizer(parse_tokenizer_json(std::string(R"({"model": )") + model + "}", "")); }), code) << model;
  };
  refused(R"({"type": "Unigram", "unk_id": 2, "vocab": [["?", 0], ["a", -1]]})");
  refused(R"({"type": "Unigram", "vocab": []})");
  refused(R"({"type": "Unigram", "vocab": [["a"]]})");
  refused(R"({"type": "Unigram", "vocab": [["a", "b"]]})");
  refused(
      R"({"type": "WordPiece", "unk_token": "?", "continuing_subword_prefix": "##", "max_input_chars_per_word": 9, "vocab": {"a": 0}})");
  refused(
      R"({"type": "WordPiece", "unk_token": "a", "continuing_subword_prefix": "##", "max_input_chars_per_word": -1, "vocab": {"a": 0}})");
  refused(R"({"type": "WordLevel", "vocab": {}})");
  refused(R"({"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": ["a b"]})");
  refused(R"({"type": "BPE", "vocab": {"a": 0, "##": 1, "##b": 2}, "merges": [["a", "b"]], "continuing_subword_prefix": "##"})");
  refused(R"({"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": [["b", "a"]], "continuing_subword_prefix": "##"})");
}

// A word without a token, and no token for unknown ones: the text is at fault, not the file.
TEST(TokenizerHostile, NothingForUnknownCharacters) {
  const Tokenizer unigram(parse_tokenizer_json(R"({"model": {"type": "Unigram", "vocab": [["a", -1]]}})", ""));
  EXPECT_EQ(unigram.encode("aa"), (std::vector<TokenId>{0, 0}));
  EXPECT_EQ(code_of([&] { unigram.encode("ab"); }), ErrorCode::invalid_argument);
  const Tokenizer words(parse_tokenizer_json(R"({"model": {"type": "WordLevel", "unk_token": "?", "vocab": {"a": 0}}})", ""));
  EXPECT_EQ(code_of([&] { words.encode("b"); }), ErrorCode::invalid_argument);
}

TEST(TokenizerHostile, SequencesTooDeepOrTooLong) {
  std::string deep = R"({"type": "NFC"})", wide;
  for (int i = 0; i < 20; ++i) deep = R"({"type": "Sequence", "normalizers": [)" + deep + "]}";
  EXPECT_EQ(code_of([&] { parse_tokenizer_json(unigram_with(deep), ""); }), ErrorCode::malformed);
  for (int i = 0; i < 300; ++i) wide += (i == 0 ? "" : ",") + std::string(R"({"type": "NFC"})");
  EXPECT_EQ(code_of([&] { parse_tokenizer_json(unigram_with(R"({"type": "Sequence", "normalizers": [)" + wide + "]}"), ""); }),
            ErrorCode::malformed);
}

TEST(TokenizerHostile, AManyTokenUnigramLoads) {
  std::string vocabulary = R"(["?", 0])";
  for (int i = 0; i < 200'000; ++i) vocabulary += R"(,["t)" + std::to_string(i) + R"(", -)" + std::to_string(i % 17) + ".5]";
  const Tokenizer tokenizer(parse_tokenizer_json(R"({"model": {"type": "Unigram", "unk_id": 0, "vocab": [)" + vocabulary + "]}}", ""));
  EXPECT_EQ(tokenizer.encode("t199999"), std::vector<TokenId>{200'000});
}

TEST(TokenizerHostile, MegabytesOfMarksAndClusters) {
  const Json nfc = parsed(R"({"type": "NFC"})");
  AlignedText marks{"a", {}, false};
  for (int i = 0; i < 500'000; ++i) marks.text += i % 2 == 0 ? "\xcc\x96" : "\xcc\x81";  // below, above
  read_normalizers(&nfc).front()->apply(marks);
  EXPECT_TRUE(marks.text.starts_with("\xc3\xa1\xcc\x96\xcc\x96"));  // composed with the first mark above, then those below
  EXPECT_EQ(grapheme_end(marks.text, 0), marks.text.size());
}

TEST(TokenizerHostile, WordsInPiecesHaveLimits) {
  EXPECT_EQ(code_of([] {
              parse_tokenizer_json(R"({"pre_tokenizer": {"type": "FixedLength", "length": 0}, "model": {"type": "WordLevel",
                                                  "unk_token": "a", "vocab": {"a": 0}}})",
                                   "");
            }),
            ErrorCode::malformed);
  for (const char* description : {R"({"type": "Metaspace", "replacement": "ab"})", R"({"type": "Metaspace", "replacement": ""})",
                                  R"({"type": "Metaspace", "replacement": "_", "add_prefix_space": false, "prepend_scheme": "always"})",
                                  R"({"type": "CharDelimiterSplit", "delimiter": ""})"}) {
    const Json json = parsed(description);
    EXPECT_EQ(code_of([&] { read_pre_tokenizers(&json); }), ErrorCode::malformed) << description;
  }
}

}  // namespace
}  // namespace tightrope::text
