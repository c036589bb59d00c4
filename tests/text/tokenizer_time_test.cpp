// Time grows with the length of the text and with nothing else, and a small stack is enough.
#include <gtest/gtest.h>
#include <pthread.h>

#include <ctime>
#include <functional>

#include "base/random.h"
#include "support/small_tokenizer.h"
#include "text/tokenizer.h"

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
  const auto encode = [&] { EXPECT_FALSE(tokenizer.encode(text).empty()); };
  double best = seconds_of(encode);
  if (best < 0.1) best = std::min(best, seconds_of(encode));
  return best / (static_cast<double>(text.size()) / 1e6);
}

// Anything quadratic would be slower by a factor of thousands; ten leaves room for caches and for sanitizers.
constexpr double kRatio = 10;
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

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;  // sanitizers need more stack than we give
#else
constexpr bool kSanitized = false;
#endif

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
