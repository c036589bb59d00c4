// The formats against what other implementations made of the same numbers (tests/golden/formats.json says which and how).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "base/file.h"
#include "base/json.h"
#include "formats/format.h"

namespace tightrope {
namespace {

template <class T>
std::vector<T> from_hex(const std::string& text) {
  std::vector<T> values(text.size() / 2 / sizeof(T));
  std::vector<unsigned char> bytes(values.size() * sizeof(T));
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<unsigned char>(std::stoi(text.substr(2 * i, 2), nullptr, 16));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

Json golden() { return Json::parse(read_text_file(TIGHTROPE_SOURCE "/tests/golden/formats.json"), "formats.json"); }

template <class T>
std::vector<T> field(const Json& object, const char* key) {
  return from_hex<T>(object.at(key, "formats.json").as_string(key));
}

std::vector<std::byte> encoded(const formats::Format& format, const std::vector<float>& weights, const std::vector<float>& importance) {
  std::vector<std::byte> bytes(formats::bytes_of(format, weights.size()));
  if (importance.empty()) {
    format.encode(weights.data(), nullptr, bytes.data(), weights.size());
    return bytes;
  }
  const std::size_t columns = importance.size(), row_bytes = formats::bytes_of(format, columns);
  for (std::size_t row = 0; row < weights.size() / columns; ++row)
    format.encode(weights.data() + row * columns, importance.data(), bytes.data() + row * row_bytes, columns);
  return bytes;
}

std::string fnv1a(const std::vector<float>& values) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const float value : values) {
    const float clean = std::isnan(value) ? 0.0f : value;
    unsigned char bytes[sizeof clean];
    std::memcpy(bytes, &clean, sizeof clean);
    for (const unsigned char byte : bytes) hash = (hash ^ byte) * 0x100000001b3u;
  }
  return fmt::format("{:016x}", hash);
}

TEST(GoldenFormats, EncodeToTheReferenceBytes) {
  const Json json = golden();
  const std::vector<float> weights = field<float>(json, "weights"), importance = field<float>(json, "importance");
  for (const Json& entry : json.at("formats", "formats.json").as_array("formats")) {
    const formats::Format& format = formats::get(entry.at("format", "formats.json").as_string("format"));
    EXPECT_EQ(encoded(format, weights, {}), field<std::byte>(entry, "plain")) << format.name;
    if (entry.find("weighted") == nullptr) continue;
    EXPECT_EQ(encoded(format, weights, importance), field<std::byte>(entry, "weighted")) << format.name;
  }
}

TEST(GoldenFormats, DecodeToTheReferenceValues) {
  const Json json = golden();
  for (const Json& entry : json.at("formats", "formats.json").as_array("formats")) {
    const formats::Format& format = formats::get(entry.at("format", "formats.json").as_string("format"));
    const std::vector<std::byte> blocks = field<std::byte>(entry, "blocks");
    std::vector<float> values(blocks.size() / format.block_bytes * format.block_elements);
    format.decode(blocks.data(), values.data(), values.size());
    EXPECT_EQ(fnv1a(values), entry.at("decoded_fnv1a", "formats.json").as_string("decoded_fnv1a")) << format.name;
  }
}

TEST(GoldenFormats, CoverEveryFormatThatComputes) {
  const Json json = golden();
  for (const formats::Format* format : formats::all()) {
    if (format->kind == formats::Kind::integer) continue;
    bool covered = false;
    for (const Json& entry : json.at("formats", "formats.json").as_array("formats"))
      covered |= entry.at("format", "formats.json").as_string("format") == format->name;
    EXPECT_TRUE(covered) << format->name;
  }
}

}  // namespace
}  // namespace tightrope
