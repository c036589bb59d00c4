// Safetensors: what is read, what is written, and how a folder is cut into shards.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "checkpoint/gguf.h"
#include "checkpoint/safetensors.h"
#include "support/container_builder.h"
#include "support/container_copy.h"
#include "support/temporary_folder.h"

namespace tightrope::test {
namespace {

using namespace checkpoint;

PendingEntry constant(std::string name, std::string_view format, Shape shape, char value) {
  return {std::move(name), &formats::get(format), shape,
          [value](std::uint64_t, std::uint64_t, std::span<std::byte> out) { std::ranges::fill(out, static_cast<std::byte>(value)); }};
}

TEST(Safetensors, ReadsTypesShapesAndBytes) {
  const Container file = parse_safetensors(to_bytes(small_safetensors()), "small");
  ASSERT_EQ(file.entries.size(), 4u);
  EXPECT_EQ(file.find("a")->shape, (Shape{2, 3}));
  EXPECT_EQ(file.find("b\xc3\xa9")->format->name, "bf16");
  EXPECT_EQ(file.find("b\xc3\xa9")->bytes.view()[0], std::byte{'B'});
  EXPECT_EQ(file.find("s")->shape.rank(), 0u);
  EXPECT_EQ(file.find("s")->bytes.size(), 8u);
  EXPECT_EQ(file.find("empty")->bytes.size(), 0u);
  EXPECT_EQ(file.metadata.string_or("format", ""), "pt");
}

TEST(Safetensors, WritesWhatItReads) {
  const TemporaryFolder folder;
  Metadata metadata;
  metadata.set("note \"quoted\"", {std::string("line\nbreak é")});
  const std::vector<PendingEntry> entries{constant("bytes", "i8", {3}, 'b'), constant("wide", "f32", {2, 2}, 'w'),
                                          constant("narrow", "bf16", {3, 1}, 'n'), constant("empty", "f32", {0, 2}, 'e')};
  write_safetensors(folder / "a.safetensors", entries, metadata, {});
  const Container read = read_safetensors(folder / "a.safetensors");
  EXPECT_EQ(read.metadata.string_or("note \"quoted\"", ""), "line\nbreak é");
  ASSERT_EQ(read.entries.size(), 4u);
  for (const Entry& entry : read.entries) {
    EXPECT_TRUE(std::ranges::all_of(entry.bytes.view(), [&](std::byte byte) { return byte == static_cast<std::byte>(entry.name[0]); }));
    const auto address = reinterpret_cast<std::uintptr_t>(entry.bytes.data());
    EXPECT_EQ(address % entry.format->block_bytes, 0u) << entry.name << " is not aligned to its elements";
  }
}

TEST(Safetensors, RefusesWhatTheFormatCannotHold) {
  const TemporaryFolder folder;
  Metadata number;
  number.set("k", {std::uint32_t{1}});
  const auto write = [&](std::vector<PendingEntry> entries, const Metadata& metadata = {}) {
    write_safetensors(folder / "a.safetensors", entries, metadata, {});
  };
  EXPECT_THROW(write({constant("a", "f32", {1}, 'a')}, number), Error);
  EXPECT_THROW(write({constant("a", "q8_0", {32}, 'a')}), Error);
  EXPECT_THROW(write({constant("a", "f32", {1}, 'a'), constant("a", "f32", {1}, 'a')}), Error);
  EXPECT_THROW(write({constant("__metadata__", "f32", {1}, 'a')}), Error);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Safetensors, CutsAFolderIntoShardsAndReadsItBack) {
  const TemporaryFolder folder;
  std::vector<PendingEntry> entries;
  for (char name = 'a'; name <= 'f'; ++name) entries.push_back(constant(std::string(1, name), "f32", {10}, name));
  WriteOptions options;
  options.shard_bytes = 100;  // two tensors of 40 bytes each
  write_safetensors_folder(folder.path(), entries, options);
  EXPECT_TRUE(std::filesystem::exists(folder / "model-00003-of-00003.safetensors"));
  const Json index = Json::parse(content_of(folder / "model.safetensors.index.json"), "the index");
  EXPECT_EQ(index.at("metadata", "").at("total_size", "").as_uint(""), 240u);
  EXPECT_EQ(index.at("weight_map", "").at("c", "").as_string(""), "model-00002-of-00003.safetensors");
  const Container read = read_safetensors_folder(folder.path());
  ASSERT_EQ(read.entries.size(), 6u);
  EXPECT_EQ(read.find("f")->bytes.view()[39], std::byte{'f'});
  EXPECT_EQ(read.metadata.string_or("format", ""), "pt");
}

// A reader prefers the single file, so an old one beside new shards would win over them.
TEST(Safetensors, ClearsTheOtherFormOutOfTheWay) {
  const TemporaryFolder folder;
  const std::vector<PendingEntry> old{constant("old", "f32", {1}, 'o')},
      fresh{constant("a", "f32", {9}, 'a'), constant("b", "f32", {9}, 'b')};
  write_safetensors_folder(folder.path(), old, {});
  WriteOptions options;
  options.shard_bytes = 40;
  EXPECT_THROW(write_safetensors_folder(folder.path(), fresh, options), Error);
  EXPECT_NE(read_safetensors_folder(folder.path()).find("old"), nullptr);
  options.overwrite = true;
  write_safetensors_folder(folder.path(), fresh, options);
  EXPECT_NE(read_safetensors_folder(folder.path()).find("b"), nullptr);
}

TEST(Safetensors, SurvivesTheWayThroughGguf) {
  const TemporaryFolder folder;
  const std::vector<PendingEntry> entries{constant("wide", "f32", {2, 2, 3}, 'w'), constant("narrow", "bf16", {3, 1}, 'n')};
  write_safetensors(folder / "a.safetensors", entries, {}, {});
  const Container first = read_safetensors(folder / "a.safetensors");
  write_gguf(folder / "a.gguf", pending(first), {}, {});
  const Container second = read_gguf(folder / "a.gguf");
  EXPECT_TRUE(same_tensors(first, second));
  write_safetensors(folder / "b.safetensors", pending(second), {}, {});
  EXPECT_EQ(content_of(folder / "a.safetensors"), content_of(folder / "b.safetensors"));
}

TEST(Safetensors, ReadsARealShardedModel) {
  const auto model = std::filesystem::path(TIGHTROPE_SHARED) / "models" / "wren-7m";
  if (!std::filesystem::exists(model)) GTEST_SKIP() << "there is no " << model;
  const Container container = read_safetensors_folder(model);
  EXPECT_EQ(container.entries.size(), 74u);
  EXPECT_EQ(container.find("model.embed_tokens.weight")->shape, (Shape{8192, 256}));
}

}  // namespace
}  // namespace tightrope::test
