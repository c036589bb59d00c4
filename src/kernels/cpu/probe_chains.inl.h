// Probes written once over the operations of one instruction set; included inside its namespace, behind `hold`, which makes the compiler
// believe that a register changes.
#pragma once

// Independent chains of C::step. Without the first holds all would be one chain, computed once.
template <class C>
void chains(std::size_t rounds) noexcept {
  auto a = C::a(), b = C::b();
  typename C::Sum sums[C::kChains] = {};
  hold(a);
  hold(b);
  HWY_UNROLL(16)
  for (std::size_t k = 0; k < C::kChains; ++k) hold(sums[k]);
  for (std::size_t i = 0; i < rounds; ++i) {
    HWY_UNROLL(16)
    for (std::size_t k = 0; k < C::kChains; ++k) {
      if constexpr (C::kFresh) hold(a);  // else a step's product is computed once
      sums[k] = C::step(sums[k], a, b);
    }
  }
  HWY_UNROLL(16)
  for (std::size_t k = 0; k < C::kChains; ++k) hold(sums[k]);
}

// R: kVector bytes, load, both (the exclusive or), fold. Asks for every line once, far ahead; beyond the end that does nothing.
template <class R>
std::uint64_t read(const std::byte* from, std::size_t bytes) noexcept {
  constexpr std::size_t kVectors = 8;
  typename R::Vector sums[kVectors] = {};
  for (const std::byte* const end = from + bytes; from < end; from += kVectors * R::kVector) {
    HWY_UNROLL(8)
    for (std::size_t k = 0; k < kVectors; ++k) {
      if (k * R::kVector % 64 == 0) __builtin_prefetch(from + k * R::kVector + kProbeAhead);
      sums[k] = R::both(sums[k], R::load(from + k * R::kVector));
    }
  }
  HWY_UNROLL(8)
  for (std::size_t k = 1; k < kVectors; ++k) sums[0] = R::both(sums[0], sums[k]);
  return R::fold(sums[0]);
}
