// The extents of a tensor, slowest dimension first.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

namespace tightrope {

// Up to 4 dimensions, row-major: dimension 0 is the slowest. A linear weight is [out, in]. A value; its element count is known not to
// overflow. Zero dimensions mean a scalar (1 element).
class Shape {
 public:
  static constexpr std::size_t kMaxRank = 4;

  Shape() = default;
  Shape(std::initializer_list<std::uint64_t> extents) : Shape(std::span(extents.begin(), extents.size())) {}
  // Errors: malformed when there are more than 4 dimensions or the product overflows.
  explicit Shape(std::span<const std::uint64_t> extents);

  std::size_t rank() const noexcept { return rank_; }
  std::uint64_t operator[](std::size_t dimension) const { return extents_[dimension]; }
  std::span<const std::uint64_t> extents() const noexcept { return {extents_.data(), rank_}; }
  std::uint64_t elements() const noexcept { return elements_; }
  // The contiguous last dimension, and how many runs of it there are: every tensor is rows() rows of row_length() elements.
  std::uint64_t row_length() const noexcept { return rank_ == 0 ? 1 : extents_[rank_ - 1]; }
  std::uint64_t rows() const noexcept { return row_length() == 0 ? 0 : elements_ / row_length(); }
  std::string text() const;  // "[8192, 256]"

  bool operator==(const Shape& other) const = default;

 private:
  std::array<std::uint64_t, kMaxRank> extents_{};
  std::size_t rank_ = 0;
  std::uint64_t elements_ = 1;
};

}  // namespace tightrope
