// 16-bit brain floats: the upper half of a 32-bit float, 8 significant bits. GGUF type 30.
#include "formats/format.h"
#include "tensor/half.h"

namespace tightrope::formats {
namespace {

tightrope::bf16 encode(std::span<const float, 1> value, const float*) { return to_bf16(value[0]); }

void decode(const tightrope::bf16& half, std::span<float, 1> value) { value[0] = to_f32(half); }

}  // namespace

extern const Format bf16;
constinit const Format bf16 = make_format<tightrope::bf16, 1, encode, decode>({.name = "bf16",
                                                                               .summary = "16-bit floats with the range of 32-bit ones",
                                                                               .kind = Kind::plain,
                                                                               .gguf_type = 30,
                                                                               .gguf_file_type = 32,
                                                                               .safetensors_dtype = "BF16",
                                                                               .config_dtype = "bfloat16",
                                                                               .max_rms_error = 0.002f,
                                                                               .reencodes_exactly = true});

}  // namespace tightrope::formats
