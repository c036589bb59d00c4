// 32-bit floats: what all arithmetic is done in. GGUF type 0.
#include <cstring>

#include "formats/format.h"

namespace tightrope::formats {
namespace {

void decode(const std::byte* blocks, float* values, std::size_t count) noexcept {
  if (count != 0) std::memcpy(values, blocks, count * sizeof(float));
}

void encode(const float* values, const float*, std::byte* blocks, std::size_t count) noexcept {
  if (count != 0) std::memcpy(blocks, values, count * sizeof(float));
}

}  // namespace

extern const Format f32;
constinit const Format f32 = {.name = "f32",
                              .summary = "32-bit IEEE floats",
                              .kind = Kind::plain,
                              .gguf_type = 0,
                              .gguf_file_type = 0,
                              .safetensors_dtype = "F32",
                              .config_dtype = "float32",
                              .block_elements = 1,
                              .block_bytes = 4,
                              .max_rms_error = 0,
                              .reencodes_exactly = true,
                              .decode = decode,
                              .encode = encode};

}  // namespace tightrope::formats
