// Read-only bytes that know who owns them: a mapped file, a heap buffer, or a part of either.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace tightrope {

// A value: copying shares the owner. Thread-safe to read.
class Bytes {
 public:
  Bytes() = default;
  Bytes(std::span<const std::byte> view, std::shared_ptr<const void> owner) : view_(view), owner_(std::move(owner)) {}
  explicit Bytes(std::vector<std::byte> data) {
    auto owned = std::make_shared<const std::vector<std::byte>>(std::move(data));
    view_ = *owned;
    owner_ = std::move(owned);
  }

  std::span<const std::byte> view() const noexcept { return view_; }
  const std::byte* data() const noexcept { return view_.data(); }
  std::size_t size() const noexcept { return view_.size(); }
  const std::shared_ptr<const void>& owner() const noexcept { return owner_; }
  // Requires offset + count <= size().
  Bytes part(std::size_t offset, std::size_t count) const { return {view_.subspan(offset, count), owner_}; }

 private:
  std::span<const std::byte> view_;
  std::shared_ptr<const void> owner_;
};

}  // namespace tightrope
