// 16-bit IEEE floats: 11 significant bits, magnitudes up to 65504. GGUF type 1.
#include "formats/format.h"
#include "tensor/half.h"

namespace tightrope::formats {
namespace {

tightrope::f16 encode(std::span<const float, 1> value, const float*) { return to_f16(value[0]); }

void decode(const tightrope::f16& half, std::span<float, 1> value) { value[0] = to_f32(half); }

}  // namespace

extern const Format f16;
constinit const Format f16 = make_format<tightrope::f16, 1, encode, decode>({.name = "f16",
                                                                             .summary = "16-bit IEEE floats",
                                                                             .kind = Kind::plain,
                                                                             .gguf_type = 1,
                                                                             .gguf_file_type = 1,
                                                                             .safetensors_dtype = "F16",
                                                                             .config_dtype = "float16",
                                                                             .max_rms_error = 0.00025f,
                                                                             .reencodes_exactly = true});

}  // namespace tightrope::formats
