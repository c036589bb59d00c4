// SHA-256, written after the standard.
#include "base/sha256.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cstdint>

namespace tightrope {
namespace {

constexpr std::array<std::uint32_t, 64> kPrimes = {2,   3,   5,   7,   11,  13,  17,  19,  23,  29,  31,  37,  41,  43,  47,  53,
                                                   59,  61,  67,  71,  73,  79,  83,  89,  97,  101, 103, 107, 109, 113, 127, 131,
                                                   137, 139, 149, 151, 157, 163, 167, 173, 179, 181, 191, 193, 197, 199, 211, 223,
                                                   227, 229, 233, 239, 241, 251, 257, 263, 269, 271, 277, 281, 283, 293, 307, 311};

using State = std::array<std::uint32_t, 8>;
using Constants = std::array<std::uint32_t, 64>;

// The largest r with r^power <= value * 2^(32 power): a root with 32 binary digits behind the point, in exact arithmetic.
std::uint64_t scaled_root(std::uint64_t value, unsigned power) {
  std::uint64_t low = 0, high = std::uint64_t{1} << 37;
  while (high - low > 1) {
    const std::uint64_t middle = (low + high) / 2;
    auto product = static_cast<unsigned __int128>(middle) * middle;  // at most 2^74
    auto limit = static_cast<unsigned __int128>(value) << 64;
    if (power == 3) {  // compare middle^3 with value * 2^96 as middle^3 / 2^32 rounded down with value * 2^64
      product = (product >> 32) * middle + (((product & 0xffffffffu) * middle) >> 32);
    }
    (product < limit || (power == 2 && product == limit) ? low : high) = middle;
  }
  return low;
}

// The first 32 bits behind the point of the cube roots of the first 64 primes.
Constants round_constants() {
  Constants constants{};
  for (std::size_t i = 0; i < constants.size(); ++i) constants[i] = static_cast<std::uint32_t>(scaled_root(kPrimes[i], 3));
  return constants;
}

// The same of the square roots of the first eight.
State first_state() {
  State state{};
  for (std::size_t i = 0; i < state.size(); ++i) state[i] = static_cast<std::uint32_t>(scaled_root(kPrimes[i], 2));
  return state;
}

void digest_block(State& state, const Constants& constants, std::string_view block) {
  Constants words{};
  for (std::size_t i = 0; i < 64; ++i) words[i / 4] = words[i / 4] << 8 | static_cast<unsigned char>(block[i]);
  for (std::size_t i = 16; i < 64; ++i) {
    const std::uint32_t a = words[i - 15], b = words[i - 2];
    const std::uint32_t small = std::rotr(a, 7) ^ std::rotr(a, 18) ^ a >> 3, large = std::rotr(b, 17) ^ std::rotr(b, 19) ^ b >> 10;
    words[i] = words[i - 16] + small + words[i - 7] + large;
  }
  auto [a, b, c, d, e, f, g, h] = state;
  for (std::size_t i = 0; i < 64; ++i) {
    const std::uint32_t choice = (e & f) ^ (~e & g), majority = (a & b) ^ (a & c) ^ (b & c);
    const std::uint32_t first = h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) + choice + constants[i] + words[i];
    const std::uint32_t second = (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + majority;
    h = g, g = f, f = e, e = d + first, d = c, c = b, b = a, a = first + second;
  }
  const State mixed = {a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < state.size(); ++i) state[i] += mixed[i];
}

}  // namespace

std::string sha256(std::string_view bytes) {
  const Constants constants = round_constants();
  State state = first_state();
  std::string last(bytes.substr(bytes.size() / 64 * 64));
  for (std::size_t at = 0; at + 64 <= bytes.size(); at += 64) digest_block(state, constants, bytes.substr(at, 64));
  last += '\x80';
  while (last.size() % 64 != 56) last += '\0';
  for (int shift = 56; shift >= 0; shift -= 8)
    last += static_cast<char>(static_cast<unsigned char>(std::uint64_t{bytes.size()} * 8 >> shift));
  for (std::size_t at = 0; at < last.size(); at += 64) digest_block(state, constants, std::string_view(last).substr(at, 64));
  std::string text;
  for (const std::uint32_t word : state) text += fmt::format("{:08x}", word);
  return text;
}

}  // namespace tightrope
