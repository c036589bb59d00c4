// Every operation of every instruction set against the scalar table: odd shapes, poisoned surroundings, results that do not depend on cuts.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "base/random.h"
#include "kernels/ops.h"
#include "support/readable_parameters.h"
#include "tensor/half.h"

namespace tightrope::kernels {
namespace {

constexpr float kPoison = std::numeric_limits<float>::quiet_NaN();

using Sizes = std::initializer_list<std::size_t>;

// An array of exactly `count` values in an allocation of its own, so that a sanitizer sees what is read beside it.
std::vector<float> random_values(Random& random, std::size_t count) {
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(random.normal());
  return values;
}

bool same_bits(const float* a, const float* b, std::size_t count) { return std::memcmp(a, b, count * sizeof(float)) == 0; }

class Kernels : public testing::TestWithParam<Isa> {
 protected:
  const KernelTable& table_ = kernel_table(GetParam());
  const KernelTable& reference_ = kernel_table(Isa::scalar);
  Random random_{7};
};

// Lengths around the vector sizes of every instruction set.
constexpr std::size_t kLengths[] = {0, 1, 3, 4, 5, 8, 15, 16, 17, 31, 33, 64, 100, 257};

TEST_P(Kernels, TableSaysWhichItIs) { EXPECT_EQ(table_.isa, GetParam()); }

TEST_P(Kernels, MatmulAgreesForEveryShape) {
  std::vector<std::size_t> lengths(std::begin(kLengths), std::end(kLengths));
  lengths.insert(lengths.end(), {768, 769, 1600});  // sums are taken in stretches of 768
  for (const std::size_t length : lengths)
    for (const std::size_t rows : Sizes{0, 1, 3, 4, 9})
      for (const std::size_t tokens : Sizes{0, 1, 2, 3, 5, 6, 7, 13}) {
        const std::vector<float> weights = random_values(random_, rows * length), biases = random_values(random_, rows);
        const float* bias = tokens % 2 == 0 ? nullptr : biases.data();
        const std::size_t x_stride = length + 3, y_stride = rows + 2;
        std::vector<float> x(tokens * x_stride, kPoison), y(tokens * y_stride, 42), expected = y;
        for (std::size_t t = 0; t < tokens; ++t)
          for (std::size_t i = 0; i < length; ++i) x[t * x_stride + i] = static_cast<float>(random_.normal());
        table_.matmul({weights.data(), x.data(), y.data(), rows, tokens, length, x_stride, y_stride, bias});
        reference_.matmul({weights.data(), x.data(), expected.data(), rows, tokens, length, x_stride, y_stride, bias});
        // A float sum of n products of deviation 1 is off by about sqrt(n) * n^½ units of 2^-24; 2^-20 n leaves room, a wrong element none.
        const double tolerance = static_cast<double>(length + 1) * 0x1p-20;
        for (std::size_t i = 0; i < y.size(); ++i)
          ASSERT_NEAR(y[i], expected[i], tolerance) << "length " << length << " rows " << rows << " tokens " << tokens << " at " << i;
      }
}

TEST_P(Kernels, MatmulGivesATokenTheSameBitsAloneAndInABatch) {
  for (const std::size_t length : Sizes{77, 769, 1800}) {
    constexpr std::size_t kRows = 11, kTokens = 13;
    const std::vector<float> weights = random_values(random_, kRows * length), x = random_values(random_, kTokens * length);
    std::vector<float> batch(kTokens * kRows), alone(kRows);
    table_.matmul({weights.data(), x.data(), batch.data(), kRows, kTokens, length, length, kRows});
    for (std::size_t t = 0; t < kTokens; ++t) {
      for (std::size_t row = 0; row < kRows; row += 3) {
        const std::size_t rows = std::min<std::size_t>(3, kRows - row);
        table_.matmul({weights.data() + row * length, x.data() + t * length, alone.data() + row, rows, 1, length, length, kRows});
      }
      EXPECT_TRUE(same_bits(alone.data(), batch.data() + t * kRows, kRows)) << "token " << t;
    }
  }
}

struct AttentionCase {
  std::size_t tokens, head, before, after;  // query tokens, and the keys before the first and after the last of them
  std::size_t behind = AttentionArguments::kEverything, ahead = 0;
  float cap = 0;
  std::size_t group = 1;
};

// Keys or values as cells, all NaN at first, in an allocation of exactly that size.
class Cells {
 public:
  Cells(Cell cell, std::size_t count) : cell_(cell), floats_(cell == Cell::f32 ? count : 0, kPoison) {
    if (cell == Cell::bf16) halves_.assign(count, to_bf16(kPoison));
  }
  void set(std::size_t index, float value) { cell_ == Cell::f32 ? void(floats_[index] = value) : void(halves_[index] = to_bf16(value)); }
  std::size_t bytes() const { return floats_.size() * sizeof(float) + halves_.size() * sizeof(bf16); }
  const void* data() const { return cell_ == Cell::f32 ? static_cast<const void*>(floats_.data()) : halves_.data(); }

 private:
  Cell cell_;
  std::vector<float> floats_;
  std::vector<bf16> halves_;
};

// Buffers of one call; what lies between the blocks of keys and values is poisoned, as is what follows the last of them.
struct AttentionData {
  AttentionData(Random& random, Cell cell, const AttentionCase& size)
      : layout(cell_layout(cell)),
        positions(size.before + size.tokens + size.after),
        queries(random_values(random, size.tokens * size.group * size.head)),
        keys(cell, key_tiles(positions) * kKeyTile * layout.key_width(size.head) + blocks() * key_gap(size.head)),
        values(cell, (positions + layout.together - 1) / layout.together * layout.together * size.head + blocks() * key_gap(size.head)),
        output(size.tokens * size.group * size.head),
        scratch(attention_scratch(size.tokens * size.group, size.head), kPoison) {
    const std::size_t key_stride = kAttentionBlock * layout.key_width(size.head) + key_gap(size.head);
    const std::size_t value_stride = kAttentionBlock * size.head + key_gap(size.head);
    for (std::size_t j = 0; j < positions; ++j) {
      const std::size_t block = j / kAttentionBlock, place = j % kAttentionBlock;
      for (std::size_t i = 0; i < layout.key_width(size.head); ++i)
        keys.set(block * key_stride + layout.key(place, i, size.head), i < size.head ? static_cast<float>(random.normal()) : 0);
      for (std::size_t i = 0; i < size.head; ++i)
        values.set(block * value_stride + layout.value(place, i, size.head), static_cast<float>(random.normal()));
    }
    arguments = {.queries = queries.data(),
                 .keys = keys.data(),
                 .values = values.data(),
                 .output = output.data(),
                 .scratch = scratch.data(),
                 .tokens = size.tokens,
                 .group = size.group,
                 .head = size.head,
                 .query_stride = size.group * size.head,
                 .key_stride = key_stride,
                 .value_stride = value_stride,
                 .output_stride = size.group * size.head,
                 .first_position = size.before,
                 .positions = positions,
                 .behind = size.behind,
                 .ahead = size.ahead,
                 .scale = 1.0f / std::sqrt(static_cast<float>(size.head)),
                 .cap = size.cap};
  }
  std::size_t blocks() const { return (positions - 1) / kAttentionBlock; }          // with another one after them
  static std::size_t key_gap(std::size_t head) { return 6 * head + head % 2 * 6; }  // cells, an even number of them

  CellLayout layout;
  std::size_t positions;
  std::vector<float> queries;
  Cells keys, values;
  std::vector<float> output, scratch;
  AttentionArguments arguments{};
};

constexpr std::size_t kEverything = AttentionArguments::kEverything;

struct CellCase {
  Cell cell;
  // Floats: weights are good to a few units in the last place, the mean of at most 400 values of size 1 too. Halves: a query is rounded by
  // up to 2^-9 of it, so that a score of size 1 to 4 is off by some 2^-9, and so is its weight, which is rounded once more; a mean of few
  // values of size 1 to 3 is off by some 2^-7. A wrong key or value is off by more.
  double tolerance;
};
constexpr CellCase kCellCases[] = {{Cell::f32, 2e-5}, {Cell::bf16, 0.02}};

TEST_P(Kernels, AttentionAgreesForEveryShape) {
  struct View {
    std::size_t behind, ahead;
    float cap;
  };
  for (const auto& [cell, tolerance] : kCellCases)
    for (const std::size_t head : Sizes{1, 2, 6, 16, 20, 32, 64, 80, 128})
      for (const std::size_t tokens : Sizes{1, 3, 4, 5, 9})
        for (const std::size_t before : Sizes{0, 1, 7, 30, 90, 250})
          for (const View view : {View{kEverything, 0, 0}, View{kEverything, kEverything, 0}, View{0, 0, 0}, View{15, 0, 2}, View{8, 8, 0},
                                  View{140, 3, 50}}) {
            const std::size_t group = (head + tokens + before) % 5 + 1;
            AttentionData data(random_, cell, {tokens, head, before, before / 2, view.behind, view.ahead, view.cap, group});
            table_.attention[static_cast<std::size_t>(cell)](data.arguments);
            const std::vector<float> output = data.output;
            reference_.attention[static_cast<std::size_t>(cell)](data.arguments);
            for (std::size_t i = 0; i < output.size(); ++i)
              ASSERT_NEAR(output[i], data.output[i], tolerance)
                  << head << ", " << tokens << " tokens of " << group << " heads after " << before << ", seeing " << view.behind
                  << " behind, " << view.ahead << " ahead, cells of " << data.layout.bytes << " bytes";
          }
}

TEST_P(Kernels, AttentionGivesATokenTheSameBitsAloneAndInARun) {
  constexpr std::size_t kHead = 40, kTokens = 11, kBefore = 238, kGroup = 3;
  for (const CellCase& cells : kCellCases)
    for (const std::size_t behind : Sizes{std::size_t{5}, std::size_t{20}, std::size_t{150}, kEverything})
      for (const std::size_t ahead : Sizes{std::size_t{0}, std::size_t{6}, std::size_t{30}}) {
        AttentionData data(random_, cells.cell, {kTokens, kHead, kBefore, 39, behind, ahead, 0, kGroup});
        const AttentionFunction attend = table_.attention[static_cast<std::size_t>(cells.cell)];
        attend(data.arguments);
        const std::vector<float> together = data.output;
        for (std::size_t t = 0; t < kTokens; ++t) {
          AttentionArguments one = data.arguments;
          one.queries += t * kHead * kGroup;
          one.output += t * kHead * kGroup;
          one.tokens = 1;
          one.first_position = kBefore + t;
          one.positions = std::min(data.positions, kBefore + t + ahead + 1);
          attend(one);
        }
        EXPECT_TRUE(same_bits(together.data(), data.output.data(), together.size())) << behind << " behind, " << ahead << " ahead";
      }
}

// The blocks of `data` in pages that lie in the opposite order, values before keys.
struct PagedCells {
  explicit PagedCells(const AttentionData& data)
      : key_bytes(data.arguments.key_stride * data.layout.bytes),
        value_bytes(data.arguments.value_stride * data.layout.bytes),
        cells((data.blocks() + 1) * (key_bytes + value_bytes), std::byte{0xff}) {  // no number
    for (std::size_t b = 0; b <= data.blocks(); ++b) {
      std::byte* page = cells.data() + (data.blocks() - b) * (key_bytes + value_bytes);
      copy(data.keys, b * key_bytes, key_bytes, page + value_bytes);
      copy(data.values, b * value_bytes, value_bytes, page);
      pages.push_back(page);
    }
  }
  static void copy(const Cells& from, std::size_t begin, std::size_t most, std::byte* to) {
    std::memcpy(to, static_cast<const std::byte*>(from.data()) + begin, std::min(most, from.bytes() - begin));
  }

  std::size_t key_bytes, value_bytes;
  std::vector<std::byte> cells;
  std::vector<const std::byte*> pages;
};

TEST_P(Kernels, AttentionReadsPagesWhereverTheyLie) {
  const auto attend = [&](const KernelTable& table, Cell cell, const AttentionArguments& arguments) {
    table.attention[static_cast<std::size_t>(cell)](arguments);
  };
  for (const CellCase& cells : kCellCases)
    for (const KernelTable* table : {&table_, &reference_})
      for (const std::size_t behind : Sizes{std::size_t{20}, std::size_t{150}, kEverything}) {
        AttentionData data(random_, cells.cell, {9, 40, 371, 0, behind, 0, 0, 3});
        attend(*table, cells.cell, data.arguments);
        const std::vector<float> expected = data.output;
        const PagedCells paged(data);
        AttentionArguments arguments = data.arguments;
        arguments.keys = arguments.values = nullptr;
        arguments.key_stride = paged.value_bytes / data.layout.bytes;
        arguments.value_stride = 0;
        arguments.pages = paged.pages.data();
        std::ranges::fill(data.output, 0.0f);
        attend(*table, cells.cell, arguments);
        EXPECT_TRUE(same_bits(expected.data(), data.output.data(), expected.size())) << behind << " behind";
      }
}

TEST_P(Kernels, AttentionPassesOnWhatIsNotANumber) {
  for (const CellCase& cells : kCellCases) {
    AttentionData data(random_, cells.cell, {1, 16, 40, 0});
    data.values.set(data.layout.value(17, 3, 16), kPoison);
    table_.attention[static_cast<std::size_t>(cells.cell)](data.arguments);
    for (std::size_t i = 0; i < 16; ++i) EXPECT_EQ(std::isnan(data.output[i]), i == 3) << i;
  }
}

struct NormCase {
  const char* name;
  NormFunction KernelTable::*function;
};
constexpr NormCase kNorms[] = {
    {"rms_norm", &KernelTable::rms_norm}, {"layer_norm", &KernelTable::layer_norm}, {"affine", &KernelTable::affine}};

TEST_P(Kernels, NormsAgree) {
  for (const NormCase& norm : kNorms)
    for (const std::size_t length : kLengths)
      for (const bool biased : {false, true}) {
        std::vector<float> x = random_values(random_, length), y(length), expected(length);
        for (float& value : x) value += 3;
        const std::vector<float> weight = random_values(random_, length), bias = random_values(random_, length);
        const float* added = biased ? bias.data() : nullptr;
        (table_.*norm.function)({x.data(), weight.data(), added, y.data(), length, 1e-5f});
        (reference_.*norm.function)({x.data(), weight.data(), added, expected.data(), length, 1e-5f});
        // A row of one value has no variance: its deviation, which is rounding, is divided by sqrt(1e-5).
        const double tolerance = length == 1 ? 1e-4 : 5e-6;
        for (std::size_t i = 0; i < length; ++i)
          ASSERT_NEAR(y[i], expected[i], tolerance * (1 + std::fabs(expected[i]))) << norm.name << " " << length;
      }
}

TEST_P(Kernels, NormsMayWriteOverTheirInput) {
  for (const NormCase& norm : kNorms) {
    std::vector<float> x = random_values(random_, 37), y(37);
    const std::vector<float> weight = random_values(random_, 37), bias = random_values(random_, 37);
    (table_.*norm.function)({x.data(), weight.data(), bias.data(), y.data(), 37, 1e-5f});
    (table_.*norm.function)({x.data(), weight.data(), bias.data(), x.data(), 37, 1e-5f});
    EXPECT_TRUE(same_bits(x.data(), y.data(), 37)) << norm.name;
  }
}

TEST_P(Kernels, RopeAgreesAndLeavesTheRestAlone) {
  for (const std::size_t dimensions : Sizes{0, 2, 6, 16, 34, 64, 80, 128, 258}) {
    std::vector<float> x = random_values(random_, dimensions + 5), expected = x;
    const std::vector<float> cosine = random_values(random_, dimensions / 2), sine = random_values(random_, dimensions / 2);
    table_.rope(x.data(), cosine.data(), sine.data(), dimensions);
    reference_.rope(expected.data(), cosine.data(), sine.data(), dimensions);
    for (std::size_t i = 0; i < dimensions; ++i) ASSERT_NEAR(x[i], expected[i], 2e-6) << dimensions;
    EXPECT_TRUE(same_bits(x.data() + dimensions, expected.data() + dimensions, 5));
  }
}

TEST_P(Kernels, ActivationsAgree) {
  for (std::size_t kind = 0; kind < kActivations; ++kind)
    for (const std::size_t length : kLengths)
      for (const float spread : {1.0f, 20.0f})  // far into both flat ends
        for (const bool gated : {false, true}) {
          std::vector<float> x = random_values(random_, length), gate = random_values(random_, length), expected(length);
          for (float& value : x) value *= spread;
          const float* times = gated ? gate.data() : nullptr;
          reference_.activations[kind](x.data(), times, expected.data(), length);
          table_.activations[kind](x.data(), times, x.data(), length);  // in place, as the engine calls it
          for (std::size_t i = 0; i < length; ++i)
            ASSERT_NEAR(x[i], expected[i], 1e-6 * (1 + std::fabs(expected[i]))) << "activation " << kind << ", length " << length;
        }
}

// Every activation over a fine grid: the largest error of the vector versions' approximations.
TEST_P(Kernels, ActivationsAreExactToAMillionth) {
  for (std::size_t kind = 0; kind < kActivations; ++kind) {
    std::vector<float> x(40001), y(x.size()), expected(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = (static_cast<float>(i) - 20000.0f) / 2000.0f;
    table_.activations[kind](x.data(), nullptr, y.data(), x.size());
    reference_.activations[kind](x.data(), nullptr, expected.data(), x.size());
    for (std::size_t i = 0; i < x.size(); ++i) ASSERT_NEAR(y[i], expected[i], 8e-7 + 1.2e-7 * std::fabs(x[i])) << kind << " of " << x[i];
  }
}

TEST_P(Kernels, ActivationsAreFiniteForExtremes) {
  const std::vector<float> x = {-1e18f, -500, -104, -89, 89, 500, 1e18f};
  for (std::size_t kind = 0; kind < kActivations; ++kind) {
    if (kind == static_cast<std::size_t>(Activation::identity)) continue;
    std::vector<float> y(x.size());
    table_.activations[kind](x.data(), nullptr, y.data(), x.size());
    const bool bounded = kind == static_cast<std::size_t>(Activation::tanh);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(y[i], bounded ? -1 : 0, 1e-7 * std::fabs(x[i])) << kind << " of " << x[i];
    for (std::size_t i = 4; i < x.size(); ++i) EXPECT_FLOAT_EQ(y[i], bounded ? 1 : x[i]) << kind;
  }
}

TEST_P(Kernels, SoftCapAgrees) {
  for (const std::size_t length : kLengths) {
    std::vector<float> x = random_values(random_, length);
    for (float& value : x) value *= 40;
    std::vector<float> expected = x;
    table_.soft_cap(x.data(), 30, length);
    reference_.soft_cap(expected.data(), 30, length);
    for (std::size_t i = 0; i < length; ++i) ASSERT_NEAR(x[i], expected[i], 1e-5) << length;
  }
}

TEST_P(Kernels, ScaleAndAddScaledAgree) {
  for (const std::size_t length : kLengths) {
    std::vector<float> x = random_values(random_, length), expected = x;
    const std::vector<float> y = random_values(random_, length);
    table_.scale(x.data(), 1.7f, length);
    reference_.scale(expected.data(), 1.7f, length);
    ASSERT_EQ(x, expected) << length;
    table_.add_scaled(x.data(), y.data(), 0.3f, length);
    reference_.add_scaled(expected.data(), y.data(), 0.3f, length);
    for (std::size_t i = 0; i < length; ++i) ASSERT_NEAR(x[i], expected[i], 1e-6) << length;
  }
}

TEST_P(Kernels, AddAgreesExactly) {
  for (const std::size_t length : kLengths) {
    std::vector<float> x = random_values(random_, length), expected = x;
    const std::vector<float> y = random_values(random_, length);
    table_.add(x.data(), y.data(), length);
    reference_.add(expected.data(), y.data(), length);
    ASSERT_EQ(x, expected) << length;
  }
}

TEST_P(Kernels, LogSumExpAgrees) {
  for (const std::size_t length : Sizes{1, 3, 4, 7, 16, 17, 1000, 8192}) {
    std::vector<float> x = random_values(random_, length);
    for (float& value : x) value = value * 5 + 300;
    // Each term is good to about 1e-7, and so is their sum.
    EXPECT_NEAR(table_.log_sum_exp(x.data(), length), reference_.log_sum_exp(x.data(), length), 3e-7) << length;
  }
}

INSTANTIATE_TEST_SUITE_P(EveryIsa, Kernels, testing::ValuesIn(available_isas()),
                         [](const testing::TestParamInfo<Isa>& param) { return std::string(isa_name(param.param)); });

}  // namespace
}  // namespace tightrope::kernels
