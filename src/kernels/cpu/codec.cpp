// The codecs: the encoders and decoders compiled once for every instruction set, and the choice of one for a format.
#include "kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/codec.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/codec.h"

#if TIGHTROPE_TARGET_COUNTS

#include "kernels/cpu/decode.inl.h"
#include "kernels/cpu/encode_simple.inl.h"
#include "kernels/cpu/encode_super.inl.h"
#include "kernels/cpu/encode_uneven.inl.h"

#ifndef TIGHTROPE_CODEC_FORMATS
#define TIGHTROPE_CODEC_FORMATS
namespace tightrope::formats {
extern const Format f16, bf16, q8_0, q6_k, q5_k, q5_1, q5_0, q4_k, q4_1, q4_0, q3_k, q2_k, iq4_nl, iq4_xs;
}
#endif

HWY_BEFORE_NAMESPACE();
namespace tightrope::kernels::HWY_NAMESPACE {
namespace {

struct FastFormat {
  const formats::Format* format;
  formats::EncodeFunction encode;
  formats::DecodeFunction decode;
  bool importance;  // whether `encode` may be given importance
};

constexpr FastFormat kFast[] = {
    {&formats::f16, encode_f16, decode_f16, true},          {&formats::bf16, encode_bf16, decode_bf16, true},
    {&formats::q8_0, encode_q8_0, decode_q8_0, true},       {&formats::q4_0, encode_q4_0, decode_q4_0, false},
    {&formats::q4_1, encode_q4_1, decode_q4_1, false},      {&formats::q5_0, encode_q5_0, decode_q5_0, false},
    {&formats::q5_1, encode_q5_1, decode_q5_1, false},      {&formats::q2_k, encode_q2_k, decode_q2_k, true},
    {&formats::q3_k, encode_q3_k, decode_q3_k, true},       {&formats::q4_k, encode_q4_k, decode_q4_k, true},
    {&formats::q5_k, encode_q5_k, decode_q5_k, true},       {&formats::q6_k, encode_q6_k, decode_q6_k, true},
    {&formats::iq4_nl, encode_iq4_nl, decode_iq4_nl, true}, {&formats::iq4_xs, encode_iq4_xs, decode_iq4_xs, true},
};

const FastFormat* fast_version(const formats::Format& format) noexcept {
  for (const FastFormat& fast : kFast)
    if (fast.format == &format) return &fast;
  return nullptr;
}

void encode(const formats::Format& format, const float* values, const float* importance, std::byte* blocks, std::size_t count) noexcept {
  const FastFormat* fast = fast_version(format);
  if (fast == nullptr || (importance != nullptr && !fast->importance))
    format.encode(values, importance, blocks, count);
  else
    fast->encode(values, importance, blocks, count);
}

void decode(const formats::Format& format, const std::byte* blocks, float* values, std::size_t count) noexcept {
  const FastFormat* fast = fast_version(format);
  (fast == nullptr ? format.decode : fast->decode)(blocks, values, count);
}

}  // namespace

extern const formats::Codec kCodec;
constinit const formats::Codec kCodec = {encode, decode};

}  // namespace tightrope::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif

#if HWY_ONCE

namespace tightrope::kernels {

const formats::Codec& codec(Isa isa) noexcept {
  switch (isa) {
#if HWY_ARCH_X86
    case Isa::sse4: return N_SSE4::kCodec;
    case Isa::avx2:
    case Isa::avxvnni: return N_AVX2::kCodec;
    case Isa::avx512: return N_AVX3::kCodec;
#elif HWY_ARCH_ARM_A64
    case Isa::neon:
    case Isa::dotprod: return N_NEON::kCodec;
#endif
    default: return formats::kScalarCodec;
  }
}

}  // namespace tightrope::kernels

#endif
