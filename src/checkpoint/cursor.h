// The only way the readers walk over a file's header: every step is checked against what is left of the file.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

#include "base/error.h"

namespace tightrope::checkpoint {

static_assert(std::endian::native == std::endian::little, "both containers are little-endian, and so must the machine be");

// Walks forward only. `operation` and `file` begin every error message. Returned views last as long as the bytes.
class Cursor {
 public:
  Cursor(std::span<const std::byte> bytes, std::string_view operation, std::string_view file)
      : bytes_(bytes), operation_(operation), file_(file) {}

  std::uint64_t position() const noexcept { return position_; }
  std::uint64_t remaining() const noexcept { return bytes_.size() - position_; }

  // The next `count` bytes; `field` says what they are. Errors: malformed when fewer are left.
  std::span<const std::byte> take(std::uint64_t count, std::string_view field) {
    if (count > remaining())
      fail(ErrorCode::malformed, "[{}] '{}': {} takes {} bytes at byte {} of a {}-byte file; the download is probably incomplete",
           operation_, file_, field, count, position_, bytes_.size());
    const auto taken = bytes_.subspan(position_, count);
    position_ += count;
    return taken;
  }

  template <class Number>
  Number number(std::string_view field) {
    static_assert(std::is_arithmetic_v<Number> && !std::is_same_v<Number, bool>);
    Number value;
    std::memcpy(&value, take(sizeof value, field).data(), sizeof value);
    return value;
  }

  // A length (u64) and that many bytes, at most `limit` of them.
  std::string_view string(std::uint64_t limit, std::string_view field) {
    const std::uint64_t length = number<std::uint64_t>(field);
    if (length > limit)
      fail(ErrorCode::malformed, "[{}] '{}': {} is {} bytes long, the limit is {}; the file is damaged", operation_, file_, field, length,
           limit);
    const auto characters = take(length, field);
    return {reinterpret_cast<const char*>(characters.data()), characters.size()};
  }

 private:
  std::span<const std::byte> bytes_;
  std::string_view operation_, file_;
  std::uint64_t position_ = 0;  // <= bytes_.size()
};

}  // namespace tightrope::checkpoint
