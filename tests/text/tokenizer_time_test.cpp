// Time grows with the length of the text and with nothing else, and a small stack is enough.
#include <gtest/gtest.h>
#include <pthread.h>

#include <ctime>
#include <functional>

#include "base/file.h"
#include "base/json.h"
#include "base/random.h"
#include "support/small_tokenizer.h"
#include "text/tokenizer.h"
#include "text/tokenizer_json.h"

namespace tightrope::text {
namespace {

using namespace tightrope::test;

std::string repeated(std::string_view unit, std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += unit;
  return text;
}

std::string random_letters(std::size_t bytes) {
  Random random(3);
  std::string text(bytes, ' ');
  for (char& c : text) c = "athe"[random.below(4)];
  return text;
}

// Processor time of this thread: other programs on the machine do not count.
double seconds_of(const std::function<void()>& work) {
  const auto now = [] {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  };
  const double start = now();
  work();
  return now() - start;
}

double seconds_per_megabyte(const Tokenizer& tokenizer, const std::string& text) {
  const auto encode = [&] { EXPECT_LE(tokenizer.encode(text).size(), 8 * text.size()); };  // none, where all of it is stripped
  double best = seconds_of(encode);
  for (int repeat = 1; repeat < 5 && best < 0.1; ++repeat) best = std::min(best, seconds_of(encode));
  return best / (static_cast<double>(text.size()) / 1e6);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;  // sanitizers need more stack than we give
#else
constexpr bool kSanitized = false;
#endif

// How much longer than ordinary text a byte may take, as the best of five encodings in processor time. At most 2.4 was measured for
// byte-level BPE (bytes that are not UTF-8, each of which becomes three), and 5.9 for the other kinds (runs of accents in a WordPiece that
// removes them, where ordinary text is the fastest of all); the rest is for noise. Sanitizers slow some instructions more than others.
constexpr double kRatio = kSanitized ? 10 : 4;
constexpr double kRatioOfAnyKind = kSanitized ? 10 : 9;
constexpr std::size_t kMegabyte = 1'000'000;

TEST(TokenizerTime, IsLinearWhateverTheText) {
  for (const char* rules : {"gpt-2", "llama-bpe"}) {
    const Tokenizer tokenizer(small_tokenizer(rules));
    const double ordinary =
        seconds_per_megabyte(tokenizer, repeated("The other day they gathered there, then the 3 others 'd left.\n", kMegabyte));
    for (const char* unit : {"a", " ", "\n", " \n", "'", "<s", "<s>", "\xe4\xb8\xad", "\xff", "1", "!", "a1", "\xf0\x9f\x91\x8d"}) {
      EXPECT_LT(seconds_per_megabyte(tokenizer, repeated(unit, kMegabyte)), kRatio * ordinary)
          << rules << ": 1 MB of " << testing::PrintToString(unit);
    }
    EXPECT_LT(seconds_per_megabyte(tokenizer, random_letters(kMegabyte)), kRatio * ordinary) << rules;
  }
}

TEST(TokenizerTime, TenMegabytesOfOneWord) {
  const Tokenizer tokenizer(small_tokenizer());
  const double ordinary =
      seconds_per_megabyte(tokenizer, repeated("The other day they gathered there, then the 3 others left.\n", kMegabyte));
  for (const char* unit : {"a", " "}) EXPECT_LT(seconds_per_megabyte(tokenizer, repeated(unit, 10 * kMegabyte)), kRatio * ordinary) << unit;
  EXPECT_LT(seconds_per_megabyte(tokenizer, random_letters(10 * kMegabyte)), kRatio * ordinary);
}

// Merges whose ranks fall, so that the general queue does the work.
TEST(TokenizerTime, TablesOutOfOrderAreLinearToo) {
  TokenizerDefinition definition = small_tokenizer();
  std::swap(definition.bpe()->merges[0], definition.bpe()->merges[1]);
  const Tokenizer tokenizer(definition);
  const double ordinary =
      seconds_per_megabyte(tokenizer, repeated("The other day they gathered there, then the 3 others left.\n", kMegabyte));
  EXPECT_LT(seconds_per_megabyte(tokenizer, repeated("a", kMegabyte)), kRatio * ordinary);
  EXPECT_LT(seconds_per_megabyte(tokenizer, random_letters(kMegabyte)), kRatio * ordinary);
}

// Every kind of tokenizer, on what is hard for its normalizers, its patterns and its model. (Where a normalizer writes eighteen characters
// for one, as NFKC does for U+FDFA, time is linear in what it writes.)
constexpr std::size_t kPart = kMegabyte / 5;

TEST(TokenizerTime, IsLinearForEveryKind) {
  const Json golden = Json::parse(read_text_file(TIGHTROPE_SOURCE "/tests/golden/tokenizers.json", std::uint64_t{1} << 26), "golden");
  for (const Json& kind : golden.at("texts", "golden").as_array("texts")) {
    const Tokenizer tokenizer(parse_tokenizer_json(kind.at("tokenizer", "golden").dump(), ""));
    const double ordinary =
        seconds_per_megabyte(tokenizer, repeated("The other day they gathered there, then the 3 others 'd left.\n", kPart));
    for (const char* unit : {"a", " x", "1", "-", "--=", "\xcc\x81", "e\xcc\x81\xcc\x96", "\xe1\x84\x80", "\xd8\xb4", "\xc2\xbd", "[MASK",
                             "use", "user ", "\xff", "\xf0\x9f\x91\xa9\xe2\x80\x8d", "\xf0\x9f\x87\xab", "\xca\xb0\x41"}) {
      EXPECT_LT(seconds_per_megabyte(tokenizer, repeated(unit, kPart)), kRatioOfAnyKind * ordinary)
          << kind.at("name", "golden").as_string("name") << ": 200 kB of " << testing::PrintToString(unit);
    }
    EXPECT_LT(seconds_per_megabyte(tokenizer, random_letters(kPart)), kRatioOfAnyKind * ordinary)
        << kind.at("name", "golden").as_string("name");
  }
}

void* encode_long_words(void* argument) {
  const auto& tokenizer = *static_cast<const Tokenizer*>(argument);
  for (const char* unit : {"a", " ", "<s>", "the the", "\xff"}) {
    const std::string text = repeated(unit, kMegabyte);
    tokenizer.decode(tokenizer.encode(text));
  }
  return argument;
}

TEST(TokenizerTime, SixtyFourKilobytesOfStackSuffice) {
  if (kSanitized) GTEST_SKIP() << "sanitizers need more stack";
  Tokenizer tokenizer(small_tokenizer());
  pthread_attr_t attributes;
  ASSERT_EQ(pthread_attr_init(&attributes), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, std::size_t{64} << 10), 0);
  pthread_t thread{};
  ASSERT_EQ(pthread_create(&thread, &attributes, encode_long_words, &tokenizer), 0);
  void* result = nullptr;
  ASSERT_EQ(pthread_join(thread, &result), 0);
  EXPECT_EQ(result, &tokenizer);
  pthread_attr_destroy(&attributes);
}

}  // namespace
}  // namespace tightrope::text
