// Any bytes at all as a safetensors file: a clean refusal, or tensors that can be used.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/error.h"
#include "checkpoint/safetensors.h"
#include "use_container.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto* bytes = reinterpret_cast<const std::byte*>(data);
  try {
    // An owned copy: a read beyond the end is then a heap overflow that the sanitizer sees.
    const tightrope::Bytes file(std::vector<std::byte>(bytes, bytes + size));
    tightrope::fuzz::use(tightrope::checkpoint::parse_safetensors(file, "fuzz.safetensors"));
  } catch (const tightrope::Error&) {
  }
  return 0;
}
