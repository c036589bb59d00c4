// Anonymous mappings.
#include "base/pages.h"

#include <sys/mman.h>

#include <new>

namespace tightrope {

Pages::Pages(std::size_t bytes) {
  if (bytes == 0) return;
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  ::madvise(memory, bytes, MADV_HUGEPAGE);  // a wish: systems without huge pages refuse it and all is well
  memory_ = {static_cast<std::byte*>(memory), Unmap{bytes}};
}

void Pages::Unmap::operator()(std::byte* memory) const noexcept { ::munmap(memory, bytes); }

}  // namespace tightrope
