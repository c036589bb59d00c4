// Arrays that start on a cache line, so that no vector load of the kernels straddles two.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace tightrope::kernels {

inline constexpr std::size_t kCacheLine = 64;  // bytes

template <class T>
struct AlignedAllocator {
  using value_type = T;
  AlignedAllocator() = default;
  template <class U>
  AlignedAllocator(const AlignedAllocator<U>&) noexcept {}
  T* allocate(std::size_t count) { return static_cast<T*>(::operator new(count * sizeof(T), std::align_val_t(kCacheLine))); }
  void deallocate(T* pointer, std::size_t) noexcept { ::operator delete(pointer, std::align_val_t(kCacheLine)); }
  template <class U>
  bool operator==(const AlignedAllocator<U>&) const noexcept {
    return true;
  }
};

using AlignedFloats = std::vector<float, AlignedAllocator<float>>;
using AlignedBytes = std::vector<std::byte, AlignedAllocator<std::byte>>;

}  // namespace tightrope::kernels
