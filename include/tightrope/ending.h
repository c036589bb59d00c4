// Why a generated text ended.
#pragma once

#include <cstdint>

namespace tightrope {

enum class Ending : std::uint8_t {
  end_of_text,  // the model's own end, or a stop token
  length,       // its limit of tokens
  cancelled,    // the caller
  failed,
};

}  // namespace tightrope
