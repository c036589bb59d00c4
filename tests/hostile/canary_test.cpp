// The class of CVE-2026-7482: a tensor whose offset or size lies must never bring memory of the process into a written file.
#include <gtest/gtest.h>

#include <memory>

#include "checkpoint/gguf.h"
#include "checkpoint/safetensors.h"
#include "support/clean_refusal.h"
#include "support/container_builder.h"
#include "support/container_cases.h"
#include "support/container_copy.h"
#include "support/temporary_folder.h"

namespace tightrope::test {
namespace {

constexpr std::string_view kCanary = "CANARY-7f3a91-";

// Fills and frees heap memory of many sizes, so that whatever is allocated next lies among canaries.
void spread_canaries() {
  std::vector<std::unique_ptr<std::string>> blocks;
  for (std::size_t size = 32; size < (std::size_t{512} << 10); size += size / 2) {
    auto block = std::make_unique<std::string>();
    while (block->size() < size) *block += kCanary;
    blocks.push_back(std::move(block));
  }
}

// Copies whatever the reader accepts with the writer, and looks for canaries in the result.
template <class Parse>
void expect_no_leak(const std::vector<Case>& cases, Parse parse) {
  const TemporaryFolder folder;
  for (const Case& test : cases) {
    spread_canaries();
    const auto path = folder / "copy";
    const auto refused = refusal_of([&] {
      const checkpoint::Container container = parse(to_bytes(test.bytes), test.name);
      write_safetensors(path, pending(container), {}, {});
    });
    EXPECT_EQ(refused.has_value(), !std::filesystem::exists(path)) << test.name;
    EXPECT_TRUE(refused || content_of(path).find(kCanary) == std::string::npos) << test.name;
    std::filesystem::remove(path);
  }
}

TEST(Canary, NeverReachesAFileMadeFromGguf) { expect_no_leak(gguf_cases(), checkpoint::parse_gguf); }

TEST(Canary, NeverReachesAFileMadeFromSafetensors) { expect_no_leak(safetensors_cases(), checkpoint::parse_safetensors); }

// The padding between tensors comes out of the writer's buffers.
TEST(Canary, NeverReachesThePadding) {
  const TemporaryFolder folder;
  const checkpoint::Container container = checkpoint::parse_gguf(to_bytes(small_gguf().build()), "small");
  checkpoint::Metadata metadata;
  metadata.set("general.alignment", {std::uint32_t{65536}});
  for (int i = 0; i < 5; ++i) {
    spread_canaries();
    checkpoint::WriteOptions options;
    options.overwrite = true;
    write_gguf(folder / "padded.gguf", pending(container), metadata, options);
    ASSERT_EQ(content_of(folder / "padded.gguf").find("CANARY"), std::string::npos);
  }
}

}  // namespace
}  // namespace tightrope::test
