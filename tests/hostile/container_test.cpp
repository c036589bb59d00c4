// Every broken GGUF and safetensors file is refused cleanly, every legal one beside it is read.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "checkpoint/gguf.h"
#include "checkpoint/safetensors.h"
#include "support/clean_refusal.h"
#include "support/container_builder.h"
#include "support/container_cases.h"

namespace tightrope::test {
namespace {

using checkpoint::Container;
using Parse = Container (*)(const Bytes&, std::string_view);

struct Family {
  const char* name;
  Parse parse;
  std::vector<Case> (*cases)();
  std::string (*small)();
};

void PrintTo(const Family& family, std::ostream* out) { *out << family.name; }

class Hostile : public ::testing::TestWithParam<Family> {};

// The readers' promise, and every byte really there.
void check_usable(const Container& container) {
  unsigned sum = 0;
  for (const checkpoint::Entry& entry : container.entries) {
    EXPECT_EQ(entry.bytes.size(), formats::bytes_of(*entry.format, entry.shape.elements())) << entry.name;
    for (const std::byte byte : entry.bytes.view()) sum += static_cast<unsigned>(byte);
  }
  EXPECT_TRUE(container.entries.empty() || sum > 0);
}

TEST_P(Hostile, EveryCaseHasItsVerdict) {
  for (const Case& test : GetParam().cases()) {
    SCOPED_TRACE(test.name);
    const Bytes bytes = to_bytes(test.bytes);
    const auto message = refusal_of([&] { check_usable(GetParam().parse(bytes, "some.file")); });
    EXPECT_EQ(test.legal, !message.has_value()) << message.value_or("");
    if (message) {
      EXPECT_TRUE(message->starts_with("[")) << *message;  // "[operation] rule, offender; remedy"
      EXPECT_LT(message->size(), 600u) << *message;
    }
  }
}

// The last bytes may be padding, so a few of the longest prefixes are legal; a prefix must never give more or other tensors.
TEST_P(Hostile, TruncationAtEveryByteIsRefused) {
  const std::string whole = GetParam().small();
  const Container good = GetParam().parse(to_bytes(whole), "whole");
  const auto last = reinterpret_cast<const char*>(good.entries.back().bytes.data() + good.entries.back().bytes.size());
  ASSERT_NE(last, nullptr);
  std::size_t legal = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Bytes bytes = to_bytes(std::string_view(whole).substr(0, size));
    const auto message = refusal_of([&] { check_usable(GetParam().parse(bytes, "cut")); });
    if (!message) ++legal;
    EXPECT_TRUE(message || whole.find_first_not_of('\0', size) == std::string::npos) << "accepted when cut to " << size;
  }
  EXPECT_LT(legal, 32u);  // at most one alignment
}

// Any single changed byte gives a refusal or tensors that can be used, never a crash.
TEST_P(Hostile, EveryChangedByteIsSurvived) {
  const std::string whole = GetParam().small();
  for (std::size_t place = 0; place < whole.size(); ++place)
    for (const char value : {'\0', '\1', '\x7f', '\x80', '\xff'}) {
      std::string changed = whole;
      changed[place] = value;
      const Bytes bytes = to_bytes(changed);
      refusal_of([&] { GetParam().parse(bytes, "changed"); });
    }
}

// Not a test of anything: writes the corpus as seeds for the fuzzers and for tools/compare_readers.py when asked to.
TEST_P(Hostile, WritesTheCorpusWhenAsked) {
  const char* folder = std::getenv("TIGHTROPE_CORPUS");
  if (!folder) GTEST_SKIP() << "set TIGHTROPE_CORPUS to a folder to have the corpus written there";
  const auto home = std::filesystem::path(folder) / GetParam().name;
  std::filesystem::create_directories(home);
  for (const Case& test : GetParam().cases()) {
    const std::string extension = test.legal ? ".legal." : ".broken.";
    std::ofstream(home / (test.name + extension + GetParam().name), std::ios::binary) << test.bytes;
  }
}

INSTANTIATE_TEST_SUITE_P(Containers, Hostile,
                         ::testing::Values(Family{"gguf", checkpoint::parse_gguf, gguf_cases, [] { return small_gguf().build(); }},
                                           Family{"safetensors", checkpoint::parse_safetensors, safetensors_cases, small_safetensors}),
                         [](const auto& family) { return std::string(family.param.name); });

}  // namespace
}  // namespace tightrope::test
