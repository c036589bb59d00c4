// Any bytes at all as a GGUF file: a clean refusal, or tensors that can be used.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/error.h"
#include "checkpoint/gguf.h"
#include "use_container.h"

namespace {

// An owned copy: a read beyond the end is then a heap overflow that the sanitizer sees.
tightrope::Bytes copy_of(const std::uint8_t* data, std::size_t size) {
  const auto* bytes = reinterpret_cast<const std::byte*>(data);
  return tightrope::Bytes(std::vector<std::byte>(bytes, bytes + size));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto container = tightrope::checkpoint::parse_gguf(copy_of(data, size), "fuzz.gguf");
    tightrope::fuzz::use(container);
    for (const auto& [key, value] : container.metadata.entries()) {
      if (container.metadata.find(key) != &value) std::abort();
    }
    static_cast<void>(container.metadata.unsigned_or("general.file_type", 0));
    static_cast<void>(container.metadata.floats("tokenizer.ggml.scores"));
  } catch (const tightrope::Error&) {
  }
  return 0;
}
