// The compression passes as plain values: what to do, with defaults.
#pragma once

#include <string>

namespace tightrope {

// Round-to-nearest quantisation of the matrices, each tensor to the format the type's mix gives it.
struct Quantize {
  std::string type = "q4_k_m";  // a mix by llama.cpp's name: "q8_0", "q4_k_m", "q3_k_s", …; "bf16", "f16", "f32" are plain
  bool pure = false;            // every matrix in the type's base format: no exceptions by role
  std::string targets = "*";    // glob over canonical tensor names ("blocks.*"); matrices that do not match keep their format
  bool requantize = false;      // allow a source that is quantised already, whose error adds to the new one
};

}  // namespace tightrope
