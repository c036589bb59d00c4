// Large memory for what is read again and again: in huge pages where the system has them, not touched before it is written.
#pragma once

#include <cstddef>
#include <memory>

namespace tightrope {

// Move-only. Begins on a page. Errors: std::bad_alloc.
class Pages {
 public:
  Pages() = default;
  explicit Pages(std::size_t bytes);

  std::byte* data() const noexcept { return memory_.get(); }
  std::size_t size() const noexcept { return memory_.get_deleter().bytes; }

 private:
  struct Unmap {
    std::size_t bytes;
    void operator()(std::byte* memory) const noexcept;
  };
  std::unique_ptr<std::byte, Unmap> memory_{nullptr, Unmap{0}};
};

}  // namespace tightrope
