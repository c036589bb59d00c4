// What "refused cleanly" means for hostile input: one typed error, soon, and without memory to speak of.
#pragma once

#include <gtest/gtest.h>

#include <ctime>
#include <fstream>
#include <optional>
#include <string>

#include "base/cpu.h"
#include "base/error.h"

namespace tightrope::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;  // the sanitizer's own memory and slowness would count
#else
constexpr bool kSanitized = false;
#endif

// Runs `action`. Empty: it succeeded. Otherwise the message of the Error it threw; any other exception fails the test.
template <class Action>
std::optional<std::string> refusal_of(Action action) {
  constexpr std::uint64_t kMemoryBytes = std::uint64_t{64} << 20;
  constexpr std::clock_t kTime = 1 * CLOCKS_PER_SEC;  // of the processor, so that a busy machine fails no test
  std::ofstream("/proc/self/clear_refs") << "5";      // the peak counts from here
  const std::uint64_t before = current_resident_bytes();
  const std::clock_t start = std::clock();
  std::optional<std::string> message;
  try {
    action();
  } catch (const Error& error) {
    message = error.what();
  } catch (const std::exception& error) {
    ADD_FAILURE() << "threw something else than Error: " << error.what();
    message = error.what();
  }
  if (!kSanitized && message) {
    EXPECT_LT(std::clock() - start, kTime);
    EXPECT_LT(peak_resident_bytes(), before + kMemoryBytes);
  }
  return message;
}

}  // namespace tightrope::test
