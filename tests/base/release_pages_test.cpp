// Letting go of mapped memory must never change a byte, of mapped files or of anything else.
#include <gtest/gtest.h>

#include <filesystem>

#include "base/cpu.h"
#include "base/file.h"

namespace tightrope {
namespace {

std::uint64_t sum(const Bytes& bytes) {
  std::uint64_t total = 0;
  for (const std::byte byte : bytes.view()) total += static_cast<std::uint64_t>(byte);
  return total;
}

TEST(ReleasePages, KeepsMappedBytesAndFreesTheirMemory) {
  const auto path = std::filesystem::path(::testing::TempDir()) / "release_pages.bin";
  constexpr std::size_t kBytes = std::size_t{32} << 20;
  write_text_file(path, std::string(kBytes, '\x01'));
  const Bytes file = map_file(path);
  EXPECT_EQ(sum(file), kBytes);
  const std::uint64_t before = current_resident_bytes();
  release_pages(file.part(1, kBytes - 1));
  EXPECT_LT(current_resident_bytes() + kBytes / 2, before);
  EXPECT_EQ(sum(file), kBytes);
  std::filesystem::remove(path);
}

TEST(ReleasePages, LeavesHeapBytesAlone) {
  constexpr std::size_t kBytes = std::size_t{4} << 20;
  const Bytes heap(std::vector<std::byte>(kBytes, std::byte{1}));
  release_pages(heap);
  release_pages(Bytes{});
  EXPECT_EQ(sum(heap), kBytes);
}

}  // namespace
}  // namespace tightrope
