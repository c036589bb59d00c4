// Element types that files carry and nothing here computes with: ids, masks, shapes, doubles.
#include "formats/format.h"

namespace tightrope::formats {
namespace {

constexpr Format carrier(std::string_view name, std::string_view summary, int gguf_type, std::string_view dtype, std::size_t bytes) {
  return {.name = name,
          .summary = summary,
          .kind = Kind::integer,
          .gguf_type = gguf_type,
          .safetensors_dtype = dtype,
          .block_elements = 1,
          .block_bytes = bytes};
}

}  // namespace

extern const Format i8, i16, i32, i64, f64, u8, boolean;
constinit const Format i8 = carrier("i8", "8-bit integers, carried unchanged", 24, "I8", 1);
constinit const Format i16 = carrier("i16", "16-bit integers, carried unchanged", 25, "I16", 2);
constinit const Format i32 = carrier("i32", "32-bit integers, carried unchanged", 26, "I32", 4);
constinit const Format i64 = carrier("i64", "64-bit integers, carried unchanged", 27, "I64", 8);
constinit const Format f64 = carrier("f64", "64-bit floats, carried unchanged", 28, "F64", 8);
constinit const Format u8 = carrier("u8", "unsigned bytes, carried unchanged", -1, "U8", 1);
constinit const Format boolean = carrier("boolean", "truth values, one byte each, carried unchanged", -1, "BOOL", 1);

}  // namespace tightrope::formats
