// The whole tokenizer on a vocabulary that can be followed by hand.
#include "text/tokenizer.h"

#include <gtest/gtest.h>

#include "support/small_tokenizer.h"
#include "tightrope/error.h"

namespace tightrope::text {
namespace {

using namespace tightrope::test;
using Ids = std::vector<TokenId>;

ErrorCode code_of(TokenizerDefinition definition) {
  try {
    const Tokenizer tokenizer(std::move(definition));
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "accepted";
  return ErrorCode::internal;
}

TEST(Tokenizer, MergesInOrderOfRank) {
  const Tokenizer tokenizer(small_tokenizer());
  EXPECT_EQ(tokenizer.encode("the the"), (Ids{kBegin, kThe, kSpaceThe}));
  EXPECT_EQ(tokenizer.encode("aaaaaaa", {.add_special = false}), (Ids{kAaaa, kAa, byte_token('a')}));
  EXPECT_EQ(tokenizer.encode("", {.add_special = false}), Ids{});
  EXPECT_EQ(tokenizer.vocabulary_size(), 264u);
}

TEST(Tokenizer, LongWordsMergeLikeShortOnes) {
  const Tokenizer tokenizer(small_tokenizer());
  Ids expected(250, kAaaa);
  expected.push_back(kAa);
  EXPECT_EQ(tokenizer.encode(std::string(1002, 'a'), {.add_special = false}), expected);
}

TEST(Tokenizer, IgnoreMergesTakesWholeWords) {
  TokenizerDefinition definition = small_tokenizer();
  definition.tokens.push_back({"xyz", TokenKind::normal});  // 264, and no merge leads to it
  EXPECT_EQ(Tokenizer(definition).encode("xyz", {.add_special = false}), (Ids{'x', 'y', 'z'}));
  definition.bpe()->ignore_merges = true;
  EXPECT_EQ(Tokenizer(definition).encode("xyz", {.add_special = false}), Ids{264});
  EXPECT_EQ(Tokenizer(definition).encode("xyzz", {.add_special = false}), (Ids{'x', 'y', 'z', 'z'}));
}

TEST(Tokenizer, SpecialTokensOnRequest) {
  const Tokenizer tokenizer(small_tokenizer());
  EXPECT_EQ(tokenizer.encode("<s>[tool]</s>", {.add_special = false}), (Ids{kBegin, kTool, kEnd}));
  EXPECT_EQ(tokenizer.encode("<s>[tool]", {.add_special = false, .parse_special = false}), (Ids{'<', 's', '>', kTool}));
}

TEST(Tokenizer, TemplateAroundTheText) {
  TokenizerDefinition definition = small_tokenizer();
  definition.around = surrounding_template({kBegin}, {kEnd, kTool});
  EXPECT_EQ(Tokenizer(definition).encode("a"), (Ids{kBegin, 'a', kEnd, kTool}));
}

TEST(Tokenizer, PrefixSpaceForEachStretchOfText) {
  TokenizerDefinition definition = small_tokenizer("gpt-2");
  definition.pre_tokenizers = byte_level_words("gpt-2", true);
  const Tokenizer tokenizer(definition);
  EXPECT_EQ(tokenizer.encode("the[tool]the", {.add_special = false}), (Ids{kSpaceThe, kTool, kSpaceThe}));
  EXPECT_EQ(tokenizer.encode(" the", {.add_special = false}), Ids{kSpaceThe});
  EXPECT_EQ(tokenizer.encode("", {.add_special = false}), Ids{});
}

TEST(Tokenizer, BytesOutsideTheVocabulary) {
  TokenizerDefinition definition = small_tokenizer();
  definition.tokens['q'].kind = TokenKind::unused;
  EXPECT_EQ(Tokenizer(definition).encode("aqa", {.add_special = false}), Ids{kAa});  // dropped before merging, as the reference does
  definition.bpe()->unknown = kTool;
  EXPECT_EQ(Tokenizer(definition).encode("aqa", {.add_special = false}), (Ids{'a', kTool, 'a'}));
}

TEST(Tokenizer, DecodesToTheSameBytes) {
  const Tokenizer tokenizer(small_tokenizer());
  std::string all;
  for (int byte = 1; byte < 128; ++byte) all += static_cast<char>(byte);
  all += "na\xc3\xafve \xf0\x9f\x91\x8d <s> \xe4\xb8\xad";
  EXPECT_EQ(tokenizer.decode(tokenizer.encode(all, {.add_special = false})), all);
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("a\xff\xe4\xb8", {.add_special = false})), "a\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(tokenizer.decode(Ids{kBegin, 'a', kTool, kEnd}), "<s>a[tool]</s>");
  EXPECT_EQ(tokenizer.decode(Ids{kBegin, 'a', kTool, kEnd}, true), "a[tool]");
  EXPECT_EQ(tokenizer.decode(Ids{0xc3}), "\xc3");  // half a character is still its byte
  EXPECT_THROW(tokenizer.decode(Ids{264}), Error);
}

TEST(Tokenizer, RefusesBrokenDefinitions) {
  EXPECT_THROW(small_tokenizer("no-such"), Error);
  TokenizerDefinition merge = small_tokenizer();
  merge.bpe()->merges.emplace_back("a", "nothing");
  EXPECT_EQ(code_of(merge), ErrorCode::malformed);
  TokenizerDefinition product = small_tokenizer();
  product.bpe()->merges.emplace_back("a", "b");
  EXPECT_EQ(code_of(product), ErrorCode::malformed);
  TokenizerDefinition twice = small_tokenizer();
  twice.tokens.push_back({"a", TokenKind::normal});
  EXPECT_EQ(code_of(twice), ErrorCode::malformed);
  TokenizerDefinition far = small_tokenizer();
  far.added[0].id = 4'000'000'000;
  EXPECT_EQ(code_of(far), ErrorCode::malformed);
  TokenizerDefinition empty = small_tokenizer();
  empty.added[0].content.clear();
  EXPECT_EQ(code_of(empty), ErrorCode::malformed);
  TokenizerDefinition same = small_tokenizer();
  same.added[0].content = same.added[1].content;
  EXPECT_EQ(code_of(same), ErrorCode::malformed);
  TokenizerDefinition prefix = small_tokenizer();
  prefix.around = surrounding_template({264}, {});
  EXPECT_EQ(code_of(prefix), ErrorCode::malformed);
  TokenizerDefinition bos = small_tokenizer();
  bos.bos = -2;
  EXPECT_EQ(code_of(bos), ErrorCode::malformed);
  TokenizerDefinition spelling = small_tokenizer();
  spelling.tokens[3].piece = "\xff";
  EXPECT_EQ(code_of(spelling), ErrorCode::malformed);
}

}  // namespace
}  // namespace tightrope::text
