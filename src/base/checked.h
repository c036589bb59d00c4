// Arithmetic on sizes that come from files: overflow is an error, never a smaller number.
#pragma once

#include <concepts>
#include <cstdint>
#include <utility>

#include "base/error.h"

namespace tightrope {

// `what` names the quantity in the error.
inline std::uint64_t checked_add(std::uint64_t a, std::uint64_t b, const char* what) {
  std::uint64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum))
    fail(ErrorCode::malformed, "[size] {} overflows 64 bits ({} + {}); the file is damaged", what, a, b);
  return sum;
}

inline std::uint64_t checked_multiply(std::uint64_t a, std::uint64_t b, const char* what) {
  std::uint64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product))
    fail(ErrorCode::malformed, "[size] {} overflows 64 bits ({} x {}); the file is damaged", what, a, b);
  return product;
}

// Rounds up to a multiple of `alignment`, a power of two.
inline std::uint64_t checked_align(std::uint64_t value, std::uint64_t alignment, const char* what) {
  return checked_add(value, alignment - 1, what) & ~(alignment - 1);
}

// A conversion that refuses to change the value.
template <std::integral To, std::integral From>
To narrow(From value, const char* what) {
  if (!std::in_range<To>(value)) fail(ErrorCode::malformed, "[size] {} is {}, out of range", what, value);
  return static_cast<To>(value);
}

}  // namespace tightrope
