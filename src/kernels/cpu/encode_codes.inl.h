// Turning weights into codes once their scale is known, in the order they lie in memory, and converting floats to halves.

#if defined(TIGHTROPE_ENCODE_CODES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TIGHTROPE_ENCODE_CODES_INL_H_
#undef TIGHTROPE_ENCODE_CODES_INL_H_
#else
#define TIGHTROPE_ENCODE_CODES_INL_H_
#endif

#include "formats/rounding.h"
#include "kernels/cpu/vector_load.inl.h"

HWY_BEFORE_NAMESPACE();
namespace tightrope::kernels::HWY_NAMESPACE {
namespace {

using Signed = hn::RebindToSigned<Floats>;
using Unsigned = hn::RebindToUnsigned<Floats>;
using Bytes = hn::Rebind<std::uint8_t, Floats>;
using SignedBytes = hn::Rebind<std::int8_t, Floats>;
using Shorts = hn::Rebind<std::uint16_t, Floats>;

// nearest((x + offset) / scale) clamped to low…high, less `low`; scale is not 0. `count` is a multiple of 16.
HWY_INLINE void requantise(const float* x, std::size_t count, float scale, float offset, int low, int high, std::uint8_t* codes) {
  const Floats d;
  const Vector divisor = hn::Set(d, scale), shift = hn::Set(d, offset);
  const Vector lowest = hn::Set(d, static_cast<float>(low)), highest = hn::Set(d, static_cast<float>(high));
  for (std::size_t i = 0; i < count; i += kLanes) {
    const Vector value = hn::Div(hn::Add(hn::LoadU(d, x + i), shift), divisor);
    const Vector level = hn::Sub(hn::Round(hn::Min(hn::Max(value, lowest), highest)), lowest);
    hn::StoreU(hn::DemoteTo(Bytes(), hn::ConvertTo(Signed(), level)), Bytes(), codes + i);
  }
}

// The codes a search ended with, for sub-blocks whose scale became 0: nearest(inverse * (x + offset)) clamped, less `low`.
HWY_INLINE void search_codes(const float* x, std::size_t count, float inverse, float offset, int low, int high, std::uint8_t* codes) {
  for (std::size_t i = 0; i < count; ++i)
    codes[i] = static_cast<std::uint8_t>(formats::nearest_code(inverse * (x[i] + offset), low, high) - low);
}

// trunc(x * inverse + shift) clamped to 0…high; NaN becomes 0. Of 32 weights.
HWY_INLINE void truncate_codes(const float* x, float subtracted, float inverse, float shift, int high, std::uint8_t* codes) {
  const Floats d;
  const Vector highest = hn::Set(d, static_cast<float>(high));
  for (std::size_t i = 0; i < 32; i += kLanes) {
    const Vector value = hn::Mul(hn::Sub(hn::LoadU(d, x + i), hn::Set(d, subtracted)), hn::Set(d, inverse));
    const Vector level = hn::Min(hn::Max(hn::Add(value, hn::Set(d, shift)), hn::Zero(d)), highest);
    hn::StoreU(hn::DemoteTo(Bytes(), hn::ConvertTo(Signed(), level)), Bytes(), codes + i);
  }
}

// The bits of to_f16: nearest, ties to even, overflow to infinity, NaN to a quiet NaN.
HWY_INLINE hn::Vec<Unsigned> half_bits(Vector value) {
  const Unsigned du;
  const auto bits = hn::BitCast(du, value);
  const auto magnitude = hn::And(bits, hn::Set(du, 0x7fffffffu));
  const auto sign = hn::And(hn::ShiftRight<16>(bits), hn::Set(du, 0x8000u));
  const auto odd = hn::And(hn::ShiftRight<13>(magnitude), hn::Set(du, 1u));
  const auto rounded = hn::Add(hn::Add(magnitude, hn::Set(du, 0xfffu)), odd);
  auto half = hn::ShiftRight<13>(hn::Sub(rounded, hn::Set(du, 0x38000000u)));
  // Below 2^-14 halves are multiples of 2^-24. Larger values are clamped first, so that the conversion cannot overflow.
  const Vector small = hn::Min(hn::BitCast(Floats(), magnitude), hn::Set(Floats(), 0x1p-14f));
  const auto subnormal = hn::BitCast(du, hn::NearestInt(hn::Mul(small, hn::Set(Floats(), 0x1p24f))));
  half = hn::IfThenElse(hn::Lt(magnitude, hn::Set(du, 0x38800000u)), subnormal, half);
  half = hn::IfThenElse(hn::Gt(magnitude, hn::Set(du, 0x477fefffu)), hn::Set(du, 0x7c00u), half);
  half = hn::IfThenElse(hn::Gt(magnitude, hn::Set(du, 0x7f800000u)), hn::Set(du, 0x7e00u), half);
  return hn::Or(half, sign);
}

// The bits of to_bf16.
HWY_INLINE hn::Vec<Unsigned> brain_bits(Vector value) {
  const Unsigned du;
  const auto bits = hn::BitCast(du, value);
  const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(du, 1u));
  const auto rounded = hn::ShiftRight<16>(hn::Add(hn::Add(bits, hn::Set(du, 0x7fffu)), odd));
  const auto nan = hn::Gt(hn::And(bits, hn::Set(du, 0x7fffffffu)), hn::Set(du, 0x7f800000u));
  return hn::IfThenElse(nan, hn::Or(hn::ShiftRight<16>(bits), hn::Set(du, 0x40u)), rounded);
}

// 32-bit lanes below 65536 to 16 bits: DemoteTo takes signed numbers, so the halves travel offset by 32768.
HWY_INLINE void store_shorts(hn::Vec<Unsigned> bits, std::byte* to) {
  const auto offset = hn::Sub(hn::BitCast(Signed(), bits), hn::Set(Signed(), 0x8000));
  const hn::Rebind<std::int16_t, Floats> ds;
  const auto narrow = hn::Xor(hn::DemoteTo(ds, offset), hn::Set(ds, static_cast<std::int16_t>(-0x8000)));
  hn::StoreU(narrow, ds, reinterpret_cast<std::int16_t*>(to));
}

// Clamped like finite_f16. Scales are never NaN here.
HWY_INLINE hn::Vec<Unsigned> finite_half_bits(Vector value) {
  const Floats d;
  return half_bits(hn::Min(hn::Max(value, hn::Set(d, -formats::kLargestHalf)), hn::Set(d, formats::kLargestHalf)));
}

// inverse_or_zero of every lane.
HWY_INLINE Vector inverse_or_zero(Vector value) {
  const Floats d;
  const Vector inverse = hn::Div(hn::Set(d, 1.0f), value);
  return hn::IfThenElseZero(hn::Le(hn::Abs(inverse), hn::Set(d, std::numeric_limits<float>::max())), inverse);
}

}  // namespace
}  // namespace tightrope::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
