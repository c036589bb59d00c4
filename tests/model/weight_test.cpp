// A weight's rows are the same numbers however they are made, and no more of them than fit are read.
#include "model/weight.h"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "base/error.h"
#include "base/random.h"
#include "base/threads.h"
#include "model/model.h"

namespace tightrope::model {
namespace {

Weight random_weight(std::uint64_t rows, std::uint64_t columns) {
  Random random(7);
  std::vector<std::byte> bytes(rows * columns * sizeof(float));
  for (std::size_t i = 0; i < rows * columns; ++i) {
    const auto value = static_cast<float>(random.normal());
    std::memcpy(bytes.data() + i * sizeof value, &value, sizeof value);
  }
  return Weight(formats::get("f32"), Shape{rows, columns}, Bytes(std::move(bytes)));
}

std::vector<std::byte> bytes_of(const Weight& weight) {
  const Weight resident = weight.made_resident();
  return {resident.bytes().begin(), resident.bytes().end()};
}

TEST(Weight, EncodesRowsAsTheFormatDoesWhateverThePieces) {
  const Weight weight = random_weight(300, 256);  // several pieces
  const formats::Format& target = formats::get("q4_0");
  std::vector<float> values(weight.shape().elements());
  weight.read_rows_f32(0, 300, values, formats::kScalarCodec);
  std::vector<std::byte> expected(formats::bytes_of(target, values.size()));
  target.encode(values.data(), nullptr, expected.data(), values.size());
  const Weight encoded = weight.encoded_as(target, formats::kScalarCodec);
  EXPECT_FALSE(encoded.resident());
  EXPECT_EQ(bytes_of(encoded), expected);
  std::vector<std::byte> some(encoded.row_bytes() * 5);
  ThreadPool pool(2);
  pool.parallel_for(5, 1, [&](std::uint64_t begin, std::uint64_t end) {
    encoded.read_rows(290 + begin, end - begin, std::span(some).subspan(begin * encoded.row_bytes(), (end - begin) * encoded.row_bytes()));
  });
  EXPECT_TRUE(std::equal(some.begin(), some.end(), expected.begin() + static_cast<std::ptrdiff_t>(290 * encoded.row_bytes())));
}

TEST(Weight, DecodesWhatItEncodes) {
  const Weight encoded = random_weight(4, 64).encoded_as(formats::get("q8_0"), formats::kScalarCodec);
  std::vector<float> lazy(4 * 64), resident(4 * 64);
  encoded.read_rows_f32(0, 4, lazy, formats::kScalarCodec);
  encoded.made_resident().read_rows_f32(0, 4, resident, formats::kScalarCodec);
  EXPECT_EQ(lazy, resident);
}

TEST(Weight, GivesEachRowTheSameImportance) {
  const auto importance = std::make_shared<std::vector<float>>(64, 1.0f);
  for (std::size_t i = 0; i < 32; ++i) (*importance)[i] = 100.0f;
  const Weight weight = random_weight(3, 64);
  const formats::Format& target = formats::get("q4_0");
  const std::vector<std::byte> all = bytes_of(weight.encoded_as(target, formats::kScalarCodec, importance));
  std::vector<float> row(64);
  weight.read_rows_f32(2, 1, row, formats::kScalarCodec);
  std::vector<std::byte> expected(formats::bytes_of(target, 64));
  target.encode(row.data(), importance->data(), expected.data(), 64);
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), all.end() - static_cast<std::ptrdiff_t>(expected.size())));
}

TEST(Weight, RefusesWhatCannotBeEncoded) {
  const Weight weight = random_weight(2, 48);
  EXPECT_THROW(weight.encoded_as(formats::get("q8_0"), formats::kScalarCodec), Error);  // 48 is no multiple of 32
  EXPECT_THROW(weight.encoded_as(formats::get("i32"), formats::kScalarCodec), Error);
  std::vector<std::byte> bytes = bytes_of(weight);
  const float infinity = std::numeric_limits<float>::infinity();
  std::memcpy(bytes.data() + (48 + 3) * sizeof(float), &infinity, sizeof infinity);
  const Weight bad = Weight(weight.format(), weight.shape(), Bytes(bytes)).encoded_as(formats::get("bf16"), formats::kScalarCodec);
  try {
    bad.made_resident();
    FAIL() << "infinity was encoded";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::malformed);
    EXPECT_NE(std::string(error.what()).find("row 1, column 3"), std::string::npos) << error.what();
  }
}

TEST(Weight, StaysInItsRows) {
  const Weight weight = random_weight(2, 8);
  std::vector<std::byte> out(weight.row_bytes());
  EXPECT_THROW(weight.read_rows(2, 1, out), Error);
  EXPECT_THROW(weight.read_rows(std::numeric_limits<std::uint64_t>::max(), 1, out), Error);
  EXPECT_THROW(weight.read_rows(0, 2, out), Error);
}

TEST(Names, FallIntoBlockAndRole) {
  EXPECT_EQ(block_of("blocks.12.attn.q.bias"), 12U);
  EXPECT_EQ(role_of("blocks.12.attn.q.bias"), "attn.q.bias");
  EXPECT_EQ(block_of("embed"), std::nullopt);
  EXPECT_EQ(role_of("embed"), "embed");
  EXPECT_EQ(block_of("blocks.x.attn"), std::nullopt);
}

}  // namespace
}  // namespace tightrope::model
