// Every fast encoder and decoder against the format's own function, on every instruction set of this machine: the same bits.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "base/random.h"
#include "formats/format.h"
#include "kernels/codec.h"
#include "support/sample_weights.h"

namespace tightrope {
namespace {

using formats::Format;
using tests::kSampleKinds;

struct Case {
  const Format* format;
  kernels::Isa isa;
};

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const Format* format : formats::all())
    if (format->kind != formats::Kind::integer)
      for (const kernels::Isa isa : kernels::available_isas()) all.push_back({format, isa});
  return all;
}

std::string case_name(const testing::TestParamInfo<Case>& info) {
  return std::string(info.param.format->name) + "_" + std::string(kernels::isa_name(info.param.isa));
}

void PrintTo(const Case& test, std::ostream* out) { *out << test.format->name << " on " << kernels::isa_name(test.isa); }

class FastCodec : public testing::TestWithParam<Case> {
 protected:
  const Format& format_ = *GetParam().format;
  const formats::Codec& codec_ = kernels::codec(GetParam().isa);

  std::size_t bytes(std::size_t count) const { return count / format_.block_elements * format_.block_bytes; }

  // Offset by one float, since rows promise no alignment.
  void expect_same_bytes(int kind, std::size_t count, std::uint64_t seed, bool weighted) const {
    const std::vector<float> weights = tests::sample_weights(kind, count + 1, seed);
    const std::vector<float> importance = tests::sample_importance(count + 1, seed);
    const float* from = weights.data() + 1;
    const float* factors = weighted ? importance.data() + 1 : nullptr;
    std::vector<std::byte> wanted(bytes(count) + 1, std::byte{0x5a}), got(bytes(count) + 1, std::byte{0x5a});
    format_.encode(from, factors, wanted.data(), count);
    codec_.encode(format_, from, factors, got.data(), count);
    if (wanted == got) return;
    std::size_t at = 0;
    while (wanted[at] == got[at]) ++at;
    FAIL() << tests::sample_name(kind) << (weighted ? " with importance: " : ": ") << "byte " << at << " of block "
           << at / format_.block_bytes << " is " << static_cast<int>(got[at]) << ", not " << static_cast<int>(wanted[at]);
  }
};

TEST_P(FastCodec, EncodesTheSameBytes) {
  const std::size_t count = std::max<std::size_t>(1u << 14, 64 * format_.block_elements);
  for (int kind = 0; kind < kSampleKinds; ++kind) expect_same_bytes(kind, count, 1, false);
}

TEST_P(FastCodec, EncodesTheSameBytesWithImportance) {
  for (int kind = 0; kind < kSampleKinds; ++kind) expect_same_bytes(kind, 16 * 256, 2, true);
}

// Rows shorter than the lanes, and remainders.
TEST_P(FastCodec, EncodesAnyNumberOfBlocks) {
  for (std::size_t blocks = 0; blocks < 36; ++blocks) {
    expect_same_bytes(0, blocks * format_.block_elements, blocks + 3, false);
    if (blocks < 6) expect_same_bytes(1, blocks * format_.block_elements, blocks + 3, true);
  }
}

// Any bytes at all are a valid row to decode; NaN only has to be NaN.
TEST_P(FastCodec, DecodesTheSameBits) {
  Random random(7);
  for (std::size_t blocks : {1u, 2u, 3u, 5u, 17u, 3000u}) {
    const std::size_t count = blocks * format_.block_elements;
    std::vector<std::byte> row(bytes(count));
    for (std::byte& byte : row) byte = static_cast<std::byte>(random.next() & 255);
    std::vector<float> wanted(count + 1, 5.0f), got(count + 1, 5.0f);
    format_.decode(row.data(), wanted.data(), count);
    codec_.decode(format_, row.data(), got.data(), count);
    for (std::size_t i = 0; i <= count; ++i) {
      if (std::isnan(wanted[i]) && std::isnan(got[i])) continue;
      ASSERT_EQ(std::memcmp(&wanted[i], &got[i], sizeof(float)), 0)
          << "value " << i << " of " << count << ": " << got[i] << ", not " << wanted[i];
    }
  }
}

INSTANTIATE_TEST_SUITE_P(AllFormatsAndIsas, FastCodec, testing::ValuesIn(cases()), case_name);

// All 65 536 halves, infinities and NaN included, and floats around every boundary of the conversion.
TEST(FastHalves, AreExactEverywhere) {
  for (const char* name : {"f16", "bf16"}) {
    const Format& format = formats::get(name);
    std::vector<std::uint16_t> halves(65536);
    for (std::size_t i = 0; i < halves.size(); ++i) halves[i] = static_cast<std::uint16_t>(i);
    std::vector<float> wanted(65536);
    format.decode(reinterpret_cast<const std::byte*>(halves.data()), wanted.data(), wanted.size());
    std::vector<float> around;
    for (const float value : wanted)
      for (std::int32_t step = -2; step <= 2; ++step) {
        const auto bits = std::bit_cast<std::int32_t>(value);
        for (const std::int32_t half_step : {0, 0x800, 0x1000, 0x8000}) around.push_back(std::bit_cast<float>(bits + step + half_step));
      }
    std::vector<std::byte> wanted_bytes(2 * around.size()), got_bytes(2 * around.size());
    format.encode(around.data(), nullptr, wanted_bytes.data(), around.size());
    for (const kernels::Isa isa : kernels::available_isas()) {
      std::vector<float> got(65536);
      kernels::codec(isa).decode(format, reinterpret_cast<const std::byte*>(halves.data()), got.data(), got.size());
      EXPECT_EQ(std::memcmp(wanted.data(), got.data(), wanted.size() * sizeof(float)), 0) << name << ' ' << kernels::isa_name(isa);
      kernels::codec(isa).encode(format, around.data(), nullptr, got_bytes.data(), around.size());
      EXPECT_EQ(wanted_bytes, got_bytes) << name << ' ' << kernels::isa_name(isa);
    }
  }
}

}  // namespace
}  // namespace tightrope
