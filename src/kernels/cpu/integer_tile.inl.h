// Integer products in register tiles, written once over `Ops`, the vector operations of one instruction set; included inside its namespace.
// Ops has 16 lanes, one for each row of a group, in as many registers as that takes.
#pragma once

#include "kernels/cpu/tile_result.inl.h"

// A source of weights: the codes of 4 elements of 16 rows at a time, and their scales. This one reads the packed form itself.
template <class L>
struct Packed : L {
  static HWY_INLINE const std::byte* codes(const std::byte* unit, std::size_t within) {
    return unit + L::kCodesOffset + within * L::kCodeBytes;
  }
  // Codes of elements [4 kStep, 4 kStep + 4) of a block of 32.
  template <std::size_t kStep>
  static HWY_INLINE Ops::Codes code(const std::byte* block) {
    if constexpr (L::kBits == 8) {
      return Ops::load(block + 64 * kStep);
    } else {
      constexpr int kBase = L::kBits >= 4 ? 4 : 2, kHigh = L::kBits - kBase;
      constexpr std::size_t kVectors = kBase;  // a plane of n bits is n vectors
      const auto low = Ops::field<int(kStep / kVectors) * kBase, kBase, 0>(Ops::load(block + 64 * (kStep % kVectors)));
      if constexpr (L::kUneven) {
        return Ops::raised_levels(low);
      } else if constexpr (kHigh == 0) {
        return low;
      } else {
        const auto bits = Ops::load(block + 64 * kBase + 64 * (kStep % kHigh));
        return Ops::join(low, Ops::template field<int(kStep / kHigh) * kHigh, kHigh, kBase>(bits));
      }
    }
  }

  // Scale and minimum of sub-block `sub` of a unit's block `within`.
  static HWY_INLINE void scale(const std::byte* unit, std::size_t within, std::size_t sub, Ops::Floats& scale, Ops::Floats& minimum) {
    const std::byte* head = unit;
    if constexpr (!L::kSuper) {
      head += within * L::kScaleBytes;
      scale = Ops::load_halves(head);
      if constexpr (L::kAffine) minimum = Ops::load_halves(head + 32);
    } else {
      const std::byte* at = head + L::kHeadBytes + (within * (32 / L::kSub) + sub) * L::kSubBytes;
      if constexpr (L::kScales == Scales::bytes) {
        scale = Ops::mul(Ops::load_halves(head), Ops::load_signed(at));
      } else if constexpr (L::kScales == Scales::byte_pairs) {
        scale = Ops::mul(Ops::load_halves(head), Ops::load_unsigned(at));
        minimum = Ops::negate(Ops::mul(Ops::load_halves(head + 32), Ops::load_unsigned(at + 16)));
      } else {
        scale = Ops::mul(Ops::load_halves(head), Ops::load_low_nibbles(at));
        minimum = Ops::negate(Ops::mul(Ops::load_halves(head + 32), Ops::load_high_nibbles(at)));
      }
    }
  }
  static constexpr std::size_t kAhead = 6144;  // bytes

  // Fetches what prefetch() comes too late for when a piece begins.
  static HWY_INLINE void prefetch_first(const std::byte* units) {
    for (std::size_t i = 0; i < kAhead; i += 64) Ops::prefetch(units + i);
  }
  // Fetches a block's share of the lines of a unit, kAhead further on: a matrix is one stream, its groups one after the other. Bursts
  // (all scales with the first block) cost a quarter of the bandwidth.
  static HWY_INLINE void prefetch(const std::byte* unit, std::size_t within) {
    constexpr std::size_t kLines = L::kUnitBytes / 64, kEach = kLines / L::kUnitBlocks;
    const std::size_t line = share_of(within, kLines);
    const std::byte* at = unit + line * 64 + kAhead;
    HWY_UNROLL(8)
    for (std::size_t i = 0; i < kEach; ++i) Ops::prefetch(at + i * 64);
    if (share_of(within + 1, kLines) - line > kEach) Ops::prefetch(at + kEach * 64);
  }
  static constexpr std::size_t share_of(std::size_t within, std::size_t lines) {
    return (within * lines + L::kUnitBlocks - 1) / L::kUnitBlocks;
  }
};

// Blocks unpacked once for many tokens: a byte for each code, a float for each scale and minimum.
template <class L>
struct Panel : L {
  static constexpr std::size_t kScaleBytes = (L::kAffine ? 128 : 64);  // of a sub-block
  static constexpr std::size_t kUnitBlocks = 1, kUnitBytes = 512 + 32 / L::kSub * kScaleBytes;

  static HWY_INLINE const std::byte* codes(const std::byte* unit, std::size_t) { return unit; }

  template <std::size_t kStep>
  static HWY_INLINE Ops::Codes code(const std::byte* block) {
    return Ops::load(block + 64 * kStep);
  }
  static HWY_INLINE void scale(const std::byte* unit, std::size_t, std::size_t sub, Ops::Floats& scale, Ops::Floats& minimum) {
    const std::byte* at = unit + 512 + sub * kScaleBytes;
    scale = Ops::load_floats(at);
    if constexpr (L::kAffine) minimum = Ops::load_floats(at + 64);
  }
  static HWY_INLINE void prefetch(const std::byte*, std::size_t) {}
};

// The weights of a tile's groups: `blocks` blocks from block `first` of the row, which begins the unit that `units` point at.
template <std::size_t kGroups>
struct TileWeights {
  const std::byte* units[kGroups];
  std::size_t first, blocks;
};

template <class S, std::size_t kSub, std::size_t kStep, std::size_t kEnd, std::size_t kGroups, std::size_t kTokens>
HWY_INLINE void multiply_steps(const std::byte* const (&codes)[kGroups], const std::int8_t* x, std::size_t length,
                               Ops::Ints (&sums)[kGroups][kTokens]) {
  if constexpr (kStep < kEnd) {
    typename Ops::Codes weights[kGroups];
    HWY_UNROLL(2)
    for (std::size_t g = 0; g < kGroups; ++g) weights[g] = S::template code<kStep>(codes[g]);
    HWY_UNROLL(8)
    for (std::size_t t = 0; t < kTokens; ++t) {
      const auto four = Ops::broadcast(x + t * length + 4 * kStep);
      HWY_UNROLL(2)
      for (std::size_t g = 0; g < kGroups; ++g) sums[g][t] = Ops::template dot<S::kBytes>(sums[g][t], weights[g], four);
    }
    multiply_steps<S, kSub, kStep + 1, kEnd>(codes, x, length, sums);
  }
}

// Adds sub-block kSub of block `block` to the results: it is block `within` of the units.
template <class S, std::size_t kSub, std::size_t kGroups, std::size_t kTokens>
HWY_INLINE void add_sub_block(const std::byte* const (&units)[kGroups], std::size_t within, const QuantisedRows& x, std::size_t block,
                              Ops::Floats (&results)[kGroups][kTokens]) {
  constexpr bool kHalfBlock = S::kSub == 16;
  constexpr std::size_t kSteps = S::kSub / 4;
  const std::size_t place = kHalfBlock ? 2 * block + kSub : block, stride = kHalfBlock ? 2 * x.blocks() : x.blocks();
  typename Ops::Ints sums[kGroups][kTokens];
  HWY_UNROLL(8)
  for (std::size_t t = 0; t < kTokens; ++t) {
    const auto start = S::kAffine ? Ops::zero() : Ops::template times<S::kHalf>((kHalfBlock ? x.half_sums : x.sums) + place + t * stride);
    HWY_UNROLL(2)
    for (std::size_t g = 0; g < kGroups; ++g) sums[g][t] = start;
  }
  const std::byte* codes[kGroups];
  HWY_UNROLL(2)
  for (std::size_t g = 0; g < kGroups; ++g) codes[g] = S::codes(units[g], within);
  multiply_steps<S, kSub, kSub * kSteps, (kSub + 1) * kSteps>(codes, x.codes + block * 32, x.length, sums);
  HWY_UNROLL(2)
  for (std::size_t g = 0; g < kGroups; ++g) {
    typename Ops::Floats scale, minimum;
    S::scale(units[g], within, kSub, scale, minimum);
    HWY_UNROLL(8)
    for (std::size_t t = 0; t < kTokens; ++t) {
      const auto step = Ops::mul(scale, Ops::broadcast_float(x.scales + block + t * x.blocks()));
      results[g][t] = Ops::fma(Ops::to_floats(sums[g][t]), step, results[g][t]);
      if constexpr (S::kAffine) {
        const auto moment = Ops::broadcast_float((kHalfBlock ? x.half_moments : x.moments) + place + t * stride);
        results[g][t] = Ops::fma(minimum, moment, results[g][t]);
      }
    }
  }
}

template <class S, std::size_t kGroups, std::size_t kTokens>
void multiply_tile(const TileWeights<kGroups>& weights, const QuantisedRows& x, const TileResult& to) {
  typename Ops::Floats results[kGroups][kTokens];
  HWY_UNROLL(2)
  for (std::size_t g = 0; g < kGroups; ++g) {
    HWY_UNROLL(8)
    for (std::size_t t = 0; t < kTokens; ++t) {
      const float* from = weights.first > 0 ? to.y + t * to.y_stride : to.bias;
      results[g][t] = from == nullptr ? Ops::zero_floats() : Ops::load_lanes(from + g * kGroupRows, to.low[g], to.high[g]);
    }
  }
  const std::byte* units[kGroups];
  HWY_UNROLL(2)
  for (std::size_t g = 0; g < kGroups; ++g) units[g] = weights.units[g];
  for (std::size_t block = weights.first, end = block + weights.blocks; block < end;) {
    for (std::size_t within = 0; within < S::kUnitBlocks && block < end; ++within, ++block) {
      if constexpr (kGroups == 1) S::prefetch(units[0], within);
      add_sub_block<S, 0>(units, within, x, block, results);
      if constexpr (S::kSub == 16) add_sub_block<S, 1>(units, within, x, block, results);
    }
    HWY_UNROLL(2)
    for (std::size_t g = 0; g < kGroups; ++g) units[g] += S::kUnitBytes;
  }
  HWY_UNROLL(2)
  for (std::size_t g = 0; g < kGroups; ++g) {
    HWY_UNROLL(8)
    for (std::size_t t = 0; t < kTokens; ++t)
      Ops::store_lanes(results[g][t], to.y + t * to.y_stride + g * kGroupRows, to.low[g], to.high[g]);
  }
}

// All tokens of a tile of groups, at most kTokens at a time.
template <class S, std::size_t kGroups, std::size_t kTokens>
HWY_INLINE void multiply_last(const TileWeights<kGroups>& weights, const QuantisedRows& x, const TileResult& to, std::size_t tokens) {
  if constexpr (kTokens > 0) {
    if (tokens == kTokens) return multiply_tile<S, kGroups, kTokens>(weights, x, to);
    multiply_last<S, kGroups, kTokens - 1>(weights, x, to, tokens);
  }
}

template <class S, std::size_t kGroups, std::size_t kTokens>
HWY_INLINE void multiply_tokens(const TileWeights<kGroups>& weights, const QuantisedRows& x, TileResult to, std::size_t tokens) {
  std::size_t token = 0;
  for (; token + kTokens <= tokens; token += kTokens, to.y += kTokens * to.y_stride)
    multiply_tile<S, kGroups, kTokens>(weights, x.from(token), to);
  multiply_last<S, kGroups, kTokens - 1>(weights, x.from(token), to, tokens - token);
}

// Unpacks `blocks` blocks, the first of which begins a unit.
template <class L>
HWY_INLINE void unpack_panel(const std::byte* units, std::size_t blocks, std::byte* panel) {
  using From = Packed<L>;
  for (std::size_t b = 0; b < blocks; ++b, panel += Panel<L>::kUnitBytes) {
    const std::byte* unit = units + b / L::kUnitBlocks * L::kUnitBytes;
    const std::byte* block = From::codes(unit, b % L::kUnitBlocks);
    Ops::store(From::template code<0>(block), panel);
    Ops::store(From::template code<1>(block), panel + 64);
    Ops::store(From::template code<2>(block), panel + 128);
    Ops::store(From::template code<3>(block), panel + 192);
    Ops::store(From::template code<4>(block), panel + 256);
    Ops::store(From::template code<5>(block), panel + 320);
    Ops::store(From::template code<6>(block), panel + 384);
    Ops::store(From::template code<7>(block), panel + 448);
    for (std::size_t sub = 0; sub < 32 / L::kSub; ++sub) {
      typename Ops::Floats scale, minimum;
      From::scale(unit, b % L::kUnitBlocks, sub, scale, minimum);
      std::byte* to = panel + 512 + sub * Panel<L>::kScaleBytes;
      Ops::store_floats(scale, to);
      if constexpr (L::kAffine) Ops::store_floats(minimum, to + 64);
    }
  }
}

// Blocks of a stretch of rows that is multiplied with all tokens before the next: its codes stay in the first-level cache. Whole units.
constexpr std::size_t kStretchBlocks = 16;

// Many tokens: kGroups groups at a time, stretch by stretch.
template <class L, std::size_t kGroups>
HWY_INLINE void multiply_many(const PackedMatmulArguments& a, const QuantisedRows& x, const std::byte* group, const TileResult& to) {
  const std::size_t bytes = L::group_bytes(x.length), blocks = x.blocks();
  alignas(64) std::byte panels[L::kBits == 8 ? 1 : kGroups * kStretchBlocks * Panel<L>::kUnitBytes];
  for (std::size_t first = 0; first < blocks; first += kStretchBlocks) {
    TileWeights<kGroups> weights{{}, first, blocks - first < kStretchBlocks ? blocks - first : kStretchBlocks};
    for (std::size_t g = 0; g < kGroups; ++g) {
      weights.units[g] = group + g * bytes + first / L::kUnitBlocks * L::kUnitBytes;
      if constexpr (L::kBits == 8) continue;
      std::byte* panel = panels + g * kStretchBlocks * Panel<L>::kUnitBytes;
      unpack_panel<L>(weights.units[g], weights.blocks, panel);
      weights.units[g] = panel;
    }
    using Source = std::conditional_t<L::kBits == 8, Packed<L>, Panel<L>>;
    multiply_tokens<Source, kGroups, Ops::kManyTokens>(weights, x, to, a.tokens);
  }
}

// Few tokens: every group once, straight from memory.
template <class L>
HWY_INLINE void multiply_few(const PackedMatmulArguments& a, const QuantisedRows& x, const std::byte* group, const TileResult& to) {
  const TileWeights<1> weights{{group}, 0, x.blocks()};
  multiply_tokens<Packed<L>, 1, Ops::kFewTokens>(weights, x, to, a.tokens);
}

template <class L>
void multiply(const PackedMatmulArguments& a) noexcept {
  const QuantisedRows x = QuantisedRows::in(a.x);
  const std::size_t end = a.first_row + a.rows, bytes = L::group_bytes(x.length);
  const bool many = a.tokens > Ops::kMostFewTokens;
  if (!many) Packed<L>::prefetch_first(a.groups + a.first_row / kGroupRows * bytes);
  for (std::size_t group = a.first_row / kGroupRows; group * kGroupRows < end;) {
    const std::size_t row = group * kGroupRows;
    const std::size_t groups = many && Ops::kManyGroups == 2 && row + kGroupRows < end ? 2 : 1;
    const TileResult to = result_of(a, row);
    const std::byte* at = a.groups + group * bytes;
    group += groups;
    if (!many) {
      multiply_few<L>(a, x, at, to);
      continue;
    }
    if constexpr (Ops::kManyGroups == 2) {
      if (groups == 2) {
        multiply_many<L, 2>(a, x, at, to);
        continue;
      }
    }
    multiply_many<L, 1>(a, x, at, to);
  }
}

// The codes of a row, and for each block its scale and the sums and moments of its codes.
void quantise(const float* x, const PreparedRows& rows) noexcept {
  const QuantisedRows to = QuantisedRows::in(rows);
  for (std::size_t block = 0; block < to.blocks(); ++block, x += kActivationBlock) {
    std::int32_t sums[2];
    const float scale = round_block(x, to.codes + block * kActivationBlock, sums);
    for (std::size_t half = 0; half < 2; ++half) {
      to.half_sums[2 * block + half] = -sums[half];
      to.half_moments[2 * block + half] = scale * static_cast<float>(sums[half]);
    }
    to.scales[block] = scale;
    to.sums[block] = -(sums[0] + sums[1]);
    to.moments[block] = scale * static_cast<float>(sums[0] + sums[1]);
  }
}

constexpr Preparation kPreparation = {[](std::size_t tokens, std::size_t length) noexcept { return QuantisedRows::bytes(tokens, length); },
                                      quantise};

template <class L>
constexpr PackedProduct product(const formats::Format& format) {
  return {&format, &kPreparation, multiply<L>};
}

constexpr PackedProduct kProducts[] = {
#define PACKED(name, ...) product<layouts::name>(formats::name),
#include "kernels/cpu/packed/list.inc"
#undef PACKED
};
