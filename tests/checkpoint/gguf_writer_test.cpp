// What the GGUF writer writes is what was given, the same for any number of threads, and nothing when it fails.
#include <gtest/gtest.h>

#include <atomic>

#include "base/cpu.h"
#include "base/error.h"
#include "checkpoint/gguf.h"
#include "support/clean_refusal.h"
#include "support/container_builder.h"
#include "support/container_copy.h"
#include "support/temporary_folder.h"

namespace tightrope::test {
namespace {

using namespace checkpoint;

// `count` rows of `length` f32, each holding its own index.
PendingEntry numbered(std::string name, std::uint64_t count, std::uint64_t length) {
  return {std::move(name), &formats::get("f32"), Shape{count, length},
          [length](std::uint64_t first, std::uint64_t rows, std::span<std::byte> out) {
            for (std::uint64_t i = 0; i < rows * length; ++i) {
              const auto value = static_cast<float>(first * length + i);
              std::memcpy(out.data() + i * sizeof value, &value, sizeof value);
            }
          }};
}

TEST(GgufWriter, ReproducesAFileByteForByte) {
  const TemporaryFolder folder;
  const std::string original = small_gguf().build();  // built without the writer, with every kind of value
  const Container file = parse_gguf(to_bytes(original), "small");
  write_gguf(folder / "copy.gguf", pending(file), file.metadata, {});
  EXPECT_EQ(content_of(folder / "copy.gguf"), original);
}

TEST(GgufWriter, HonoursTheAlignment) {
  const TemporaryFolder folder;
  GgufFile original = small_gguf();
  original.alignment = 64;
  original.keys.push_back(gguf_key("general.alignment", 4, raw<std::uint32_t>(64)));
  const Container file = parse_gguf(to_bytes(original.build()), "small");
  write_gguf(folder / "copy.gguf", pending(file), file.metadata, {});
  EXPECT_EQ(content_of(folder / "copy.gguf"), original.build());
}

TEST(GgufWriter, WritesTheSameBytesForAnyNumberOfThreads) {
  const TemporaryFolder folder;
  std::vector<PendingEntry> entries;
  for (int i = 0; i < 60; ++i) entries.push_back(numbered("small." + std::to_string(i), 1, static_cast<std::uint64_t>(i) + 1));
  entries.push_back(numbered("large", 3001, 1001));    // several pieces
  entries.push_back(numbered("one_row", 1, 3 << 20));  // longer than a piece
  for (const unsigned threads : {1u, 2u, 7u}) {
    WriteOptions options;
    options.threads = threads;
    write_gguf(folder / std::to_string(threads), entries, {}, options);
  }
  const std::string one = content_of(folder / "1");
  EXPECT_TRUE(one == content_of(folder / "2"));
  EXPECT_TRUE(one == content_of(folder / "7"));
  const Container read = read_gguf(folder / "7");
  for (const Entry& entry : read.entries)
    for (std::uint64_t i = 0; i < entry.shape.elements(); ++i) {
      float value = 0;
      std::memcpy(&value, entry.bytes.data() + i * sizeof value, sizeof value);
      ASSERT_EQ(value, static_cast<float>(i)) << entry.name;
    }
}

TEST(GgufWriter, NeedsLittleMemory) {
  if (kSanitized) GTEST_SKIP() << "a sanitizer keeps freed memory";
  const TemporaryFolder folder;
  const std::uint64_t before = peak_resident_bytes();
  write_gguf(folder / "large.gguf", std::vector{numbered("t", 40000, 1024)}, {}, {});  // 160 MiB
  EXPECT_LT(peak_resident_bytes(), before + (std::uint64_t{80} << 20));                // 64 MiB of buffers and the odds and ends
}

TEST(GgufWriter, ReportsProgressUpToTheTotal) {
  const TemporaryFolder folder;
  std::uint64_t last = 0, total = 0;
  WriteOptions options;
  options.threads = 3;
  options.progress = [&](const ProgressUpdate& update) {
    EXPECT_GT(update.done, last);
    last = update.done;
    total = update.total;
  };
  write_gguf(folder / "a.gguf", std::vector{numbered("a", 5000, 1024), numbered("b", 1, 3)}, {}, options);
  EXPECT_EQ(last, total);
  EXPECT_EQ(total, 5000u * 1024 * 4 + 32);
}

TEST(GgufWriter, LeavesNothingBehindWhenItFails) {
  const TemporaryFolder folder;
  WriteOptions cancelling;
  cancelling.progress = [](const ProgressUpdate&) { throw Error(ErrorCode::interrupted, "stop"); };
  EXPECT_THROW(write_gguf(folder / "a.gguf", std::vector{numbered("a", 9, 9)}, {}, cancelling), Error);
  PendingEntry failing = numbered("a", 9, 8);
  failing.rows = [](std::uint64_t, std::uint64_t, std::span<std::byte>) { throw Error(ErrorCode::malformed, "NaN"); };
  EXPECT_THROW(write_gguf(folder / "a.gguf", std::vector{failing}, {}, {}), Error);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(GgufWriter, RefusesWhatNobodyCouldRead) {
  const TemporaryFolder folder;
  const auto write = [&](std::vector<PendingEntry> entries, const Metadata& metadata = {}) {
    write_gguf(folder / "a.gguf", entries, metadata, {});
  };
  EXPECT_THROW(write({numbered(std::string(64, 'n'), 1, 1)}), Error);
  EXPECT_THROW(write({numbered("", 1, 1)}), Error);
  EXPECT_THROW(write({numbered("\xff", 1, 1)}), Error);
  EXPECT_THROW(write({numbered("a", 1, 1), numbered("a", 1, 1)}), Error);
  EXPECT_THROW(write({numbered("a", 0, 1)}), Error);
  PendingEntry blocks = numbered("a", 1, 33);
  blocks.format = &formats::get("q8_0");
  EXPECT_THROW(write({blocks}), Error);
  PendingEntry boolean = numbered("a", 1, 1);
  boolean.format = formats::find_safetensors_dtype("BOOL");
  ASSERT_NE(boolean.format, nullptr);
  EXPECT_THROW(write({boolean}), Error);
  Metadata metadata;
  metadata.set("general.alignment", {std::uint32_t{3}});
  EXPECT_THROW(write({numbered("a", 1, 1)}, metadata), Error);
  Metadata mixed;
  mixed.set("k", {.data = ValueArray{{std::uint8_t{1}}, {true}}, .array_type = 0});
  EXPECT_THROW(write({numbered("a", 1, 1)}, mixed), Error);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(GgufWriter, NeverWritesOverItsInputOrUnasked) {
  const TemporaryFolder folder;
  const std::string original = small_gguf().build();
  const auto path = folder.write("in.gguf", original);
  const Container file = read_gguf(path);
  WriteOptions options;
  options.inputs = {path};
  options.overwrite = true;
  EXPECT_THROW(write_gguf(path, pending(file), file.metadata, options), Error);
  options.inputs.clear();
  options.overwrite = false;
  EXPECT_THROW(write_gguf(path, pending(file), file.metadata, options), Error);
  EXPECT_EQ(content_of(path), original);
}

// NaN payloads and infinities are bytes like any other.
TEST(GgufWriter, CarriesNonFiniteValuesBitForBit) {
  const TemporaryFolder folder;
  const std::uint32_t bits[] = {0x7fc12345, 0xff800000, 0x7f800001, 0x80000001};
  GgufFile original;
  original.tensors = {{"t", {4}, 0, 16}};
  std::string bytes = original.build();
  std::memcpy(bytes.data() + bytes.size() - 32, bits, sizeof bits);
  const Container file = parse_gguf(to_bytes(bytes), "nan");
  write_gguf(folder / "nan.gguf", pending(file), file.metadata, {});
  EXPECT_EQ(content_of(folder / "nan.gguf"), bytes);
}

}  // namespace
}  // namespace tightrope::test
