// Headers as large as the format allows: what they cost is bounded before it is asked for.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/json.h"
#include "checkpoint/gguf.h"
#include "checkpoint/safetensors.h"
#include "support/clean_refusal.h"
#include "support/container_builder.h"
#include "support/temporary_folder.h"

namespace tightrope::test {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kLimit = 100'000'000;  // bytes of a safetensors header

class LargeHeader : public ::testing::Test {
 protected:
  // A file of `length` header bytes: `begin`, then `unit` as often as it fits, then `end` at the very end, spaces between.
  fs::path file(std::uint64_t length, const std::string& begin, const std::string& unit, const std::string& end) const {
    std::ofstream stream(folder_ / "large.safetensors", std::ios::binary);
    stream << raw(length) << begin;
    std::uint64_t written = begin.size();
    std::string block;
    while (!unit.empty() && block.size() < (1u << 20)) block += unit;
    for (; !unit.empty() && written + block.size() + end.size() <= length; written += block.size()) stream << block;
    stream << end << std::string(length - written - end.size(), ' ');
    return folder_ / "large.safetensors";
  }

  static std::string refusal(const fs::path& path) {
    return refusal_of([&] { checkpoint::read_safetensors(path); }).value_or("");
  }

  TemporaryFolder folder_;
};

TEST_F(LargeHeader, OfExactlyTheLimitIsRead) { EXPECT_EQ(refusal(file(kLimit, "{}", "", "")), ""); }

TEST_F(LargeHeader, OfOneByteMoreIsRefused) { EXPECT_NE(refusal(file(kLimit + 1, "{}", "", "")).find("100000001"), std::string::npos); }

TEST_F(LargeHeader, OfNothingButOneThingIsRefused) {
  const std::string tensor = R"("t":{"dtype":"F32","shape":[],"data_offsets":[0,4]},)";
  struct Bomb {
    const char* begin;
    std::string unit;
    const char* end;
  };
  for (const Bomb& bomb :
       {Bomb{"{", " ", "x"}, Bomb{"{\"", "a", "\"}"}, Bomb{"{\"", "\\u0041", "\"}"}, Bomb{"{\"a\":", "[", ""},
        Bomb{"{\"a\":", "{\"a\":", ""}, Bomb{"{\"a\":[", "0,", "0]}"}, Bomb{"{", "\"a\":0,", "\"b\":0}"}, Bomb{"{", tensor, "\"u\":0}"},
        Bomb{"{\"__metadata__\":{", "\"a\":\"\",", "\"b\":\"\"}}"}, Bomb{"{\"__metadata__\":{\"a\":\"", "b", "\"}}"},
        Bomb{"{\"a\":{\"shape\":[", "1,", "1]}}"}, Bomb{"{\"a\":{\"dtype\":\"", "F", "\"}}"}, Bomb{"{\"a\":{\"shape\":[", "9", "]}}"}}) {
    SCOPED_TRACE(std::string(bomb.begin) + bomb.unit);
    EXPECT_NE(refusal(file(kLimit, bomb.begin, bomb.unit, bomb.end)), "");
  }
}

// Different tensors, each legal, until there are too many; and one less, which are read.
TEST_F(LargeHeader, OfTooManyTensorsIsRefused) {
  constexpr std::uint64_t kMost = 1u << 18;
  const auto with = [](std::uint64_t count) {
    std::string header = "{";
    for (std::uint64_t i = 0; i < count; ++i)
      header += fmt::format(R"({}"model.layers.{}.weight":{{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})", i == 0 ? "" : ",", i);
    return safetensors_file(header + "}", "");
  };
  const Bytes too_many = to_bytes(with(kMost + 1)), most = to_bytes(with(kMost));
  const auto message = refusal_of([&] { checkpoint::parse_safetensors(too_many, "many"); });
  EXPECT_NE(message.value_or("").find("262144 tensors"), std::string::npos) << message.value_or("");
  EXPECT_EQ(checkpoint::parse_safetensors(most, "many").entries.size(), kMost);
}

TEST_F(LargeHeader, OfTooManyMetadataIsRefused) {
  std::string header = "{\"__metadata__\":{\"a\":\"\"";
  for (int i = 0; i <= 1 << 16; ++i) header += fmt::format(",\"{}\":\"\"", i);
  const Bytes bytes = to_bytes(safetensors_file(header + "}}", ""));
  EXPECT_NE(refusal_of([&] { checkpoint::parse_safetensors(bytes, "many"); }).value_or("").find("65536 keys"), std::string::npos);
}

// An index, a configuration or a report of a few bytes a value.
TEST(LargeJson, OfTooManyValuesIsRefused) {
  for (const std::string unit : {"0,", "[],", "\"\",", "{\"\":0},", "[["}) {
    std::string text = "[";
    while (text.size() < (std::size_t{32} << 20)) text += unit;
    text += "0]";
    const auto message = refusal_of([&] { Json::parse(text, "a bomb"); });
    EXPECT_NE(message.value_or(""), "") << unit;
  }
  std::string commas = "[\"" + std::string(1 << 20, ',') + "\\\"" + std::string(1 << 20, '[') + "\"]";
  EXPECT_EQ(Json::parse(commas, "text").as_array("text").size(), 1U) << "what is inside a string is no value";
}

// A GGUF that claims much and holds nothing: all of it lies in a hole of the file.
class SparseGguf : public ::testing::Test {
 protected:
  std::string refusal(const std::string& head, std::uint64_t size) const {
    const fs::path path = folder_.write("sparse.gguf", head);
    fs::resize_file(path, size);
    return refusal_of([&] { checkpoint::read_gguf(path); }).value_or("");
  }
  TemporaryFolder folder_;
  static constexpr std::uint64_t kSize = std::uint64_t{16} << 30;
};

TEST_F(SparseGguf, OfEndlessStringsIsRefused) {
  GgufFile file;
  file.keys = {gguf_array("k", 8, std::uint64_t{1} << 30, "")};
  EXPECT_NE(refusal(file.build(), kSize).find("memory"), std::string::npos);
}

TEST_F(SparseGguf, OfEndlessNumbersIsRefused) {
  for (const std::uint32_t type : {4u, 5u, 6u}) {
    GgufFile file;
    file.keys = {gguf_array("k", type, std::uint64_t{1} << 30, "")};
    EXPECT_NE(refusal(file.build(), kSize).find("memory"), std::string::npos);
  }
}

TEST_F(SparseGguf, OfOneEndlessStringIsRefused) {
  GgufFile file;
  file.keys = {gguf_key("k", 8, raw(std::uint64_t{1} << 30))};
  EXPECT_NE(refusal(file.build(), kSize).find("memory"), std::string::npos);
}

TEST_F(SparseGguf, OfEndlessKeysAndTensorsIsRefused) {
  GgufFile file;
  file.key_count = std::uint64_t{1} << 28;
  EXPECT_NE(refusal(file.build(), kSize), "");
  file.key_count = 0;
  file.tensor_count = std::uint64_t{1} << 28;
  EXPECT_NE(refusal(file.build(), kSize).find("tensors"), std::string::npos);
}

}  // namespace
}  // namespace tightrope::test
