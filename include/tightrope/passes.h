// The compression passes as plain values: what to do, with defaults.
#pragma once

#include <string>

namespace tightrope {

// Round-to-nearest quantisation of the matrices to a weight format, or to one of llama.cpp's usual mixes of formats.
struct Quantize {
  std::string type = "q4_k_m";      // a format ("q4_0", "q6_k", "bf16") or a mix ("q4_k_m", "q3_k_s", …)
  bool pure = false;                // every matrix in the type's base format: no exceptions by role
  std::string targets = "*";        // glob over canonical tensor names ("blocks.*"); matrices that do not match keep their format
};

}  // namespace tightrope
