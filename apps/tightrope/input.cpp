// Block by block up to the limit.
#include "input.h"

#include <fmt/format.h>

#include <array>
#include <iostream>

#include "signals.h"
#include "tightrope/error.h"

namespace tightrope::app {

std::string standard_input(std::string_view operation) {
  constexpr std::size_t kMostBytes = std::size_t{64} << 20;  // far more than any context holds
  std::string text;
  for (std::array<char, 1 << 16> block{}; std::cin.read(block.data(), block.size()) || std::cin.gcount() > 0;) {
    throw_if_interrupted();
    text.append(block.data(), static_cast<std::size_t>(std::cin.gcount()));
    if (text.size() > kMostBytes)
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("[{}] standard input holds more than {} bytes; give a shorter text", operation, kMostBytes));
  }
  return text;
}

}  // namespace tightrope::app
