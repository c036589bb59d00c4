// What the GGUF reader makes of legal files, and how it words the commonest refusal.
#include <gtest/gtest.h>

#include <ctime>

#include "checkpoint/gguf.h"
#include "support/clean_refusal.h"
#include "support/container_builder.h"
#include "support/temporary_folder.h"

namespace tightrope::test {
namespace {

using namespace checkpoint;

TEST(GgufReader, ReadsTensorsSlowestDimensionFirst) {
  const Container file = parse_gguf(to_bytes(small_gguf().build()), "small");
  ASSERT_EQ(file.entries.size(), 3u);
  const Entry* embed = file.find("embed.weight");
  ASSERT_NE(embed, nullptr);
  EXPECT_EQ(embed->shape, (Shape{2, 32}));
  EXPECT_EQ(embed->format->name, "f32");
  EXPECT_EQ(file.find("norm.weight")->bytes.view()[5], std::byte{'B'});
  EXPECT_EQ(file.find("blk.0.q.weight")->format->name, "q8_0");
  EXPECT_EQ(file.find("blk.0.q.weight")->bytes.size(), 136u);
  EXPECT_EQ(file.find("absent"), nullptr);
}

TEST(GgufReader, ReadsEveryKindOfValue) {
  const Metadata metadata = parse_gguf(to_bytes(small_gguf().build()), "small").metadata;
  EXPECT_EQ(metadata.string_or("general.architecture", ""), "llama");
  EXPECT_EQ(metadata.unsigned_or("a.u8", 0), 200u);
  EXPECT_EQ(metadata.number_or("a.i8", 0), -3);
  EXPECT_EQ(metadata.unsigned_or("a.u16", 0), 60000u);
  EXPECT_EQ(metadata.number_or("a.i16", 0), -300);
  EXPECT_EQ(metadata.unsigned_or("a.u32", 0), 4000000000u);
  EXPECT_EQ(metadata.number_or("a.i32", 0), -70000);
  EXPECT_EQ(metadata.number_or("a.f32", 0), 0.5);
  EXPECT_TRUE(metadata.bool_or("a.bool", false));
  EXPECT_EQ(metadata.unsigned_or("a.u64", 0), 1u);
  EXPECT_EQ(metadata.number_or("a.i64", 0), -5);
  EXPECT_EQ(metadata.number_or("a.f64", 0), 0.25);
  EXPECT_EQ(*metadata.strings("tokens"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(metadata.integers("types"), (std::vector<std::int64_t>{1, -1}));
  EXPECT_EQ(metadata.floats("scores"), std::vector<float>{1.5f});
  EXPECT_EQ(metadata.integers("bytes"), (std::vector<std::int64_t>{'a', 'b', 'c'}));
}

TEST(GgufReader, NamesTheTensorTheByteAndTheRemedy) {
  const std::string whole = small_gguf().build();
  const auto message = refusal_of([&] { parse_gguf(to_bytes(whole.substr(0, 1000)), "m.gguf"); });
  ASSERT_LT(1000u, whole.size());
  ASSERT_TRUE(message);
  EXPECT_EQ(message->substr(0, message->find(" ends at")), "[gguf] tensor 'blk.0.q.weight'") << *message;
  EXPECT_NE(message->find("of a 1000-byte file; the download of 'm.gguf' is probably incomplete"), std::string::npos) << *message;
}

TEST(GgufReader, ShowsHostileNamesHarmlessly) {
  GgufFile file = small_gguf();
  file.tensors[0].name = "\x1b[2Jevil\n";
  file.tensors[0].type = 200;
  const auto message = refusal_of([&] { parse_gguf(to_bytes(file.build()), "m.gguf"); });
  ASSERT_TRUE(message);
  EXPECT_NE(message->find(R"('\x1b[2Jevil\x0a')"), std::string::npos) << *message;
}

// A table searched from the front for each key would need minutes.
TEST(GgufReader, ReadsAHundredThousandKeysAndTensorsInTimeLinearInThem) {
  GgufFile file;
  for (int i = 0; i < 100000; ++i) {
    file.keys.push_back(gguf_key(std::to_string(i), 0, "a"));
    file.tensors.push_back({std::to_string(i), {1}, 24, 1});
  }
  file.alignment = 8;
  file.keys[0] = gguf_key("general.alignment", 4, raw<std::uint32_t>(8));
  const Bytes bytes = to_bytes(file.build());
  const std::clock_t start = std::clock();
  const Container read = parse_gguf(bytes, "many");
  EXPECT_EQ(read.entries.size(), 100000u);
  EXPECT_EQ(read.metadata.entries().size(), 100000u);
  EXPECT_LT(std::clock() - start, 5 * CLOCKS_PER_SEC);  // a tenth of a second in a release build
}

TEST(GgufReader, OpensTheMappedFile) {
  const TemporaryFolder folder;
  const auto path = folder.write("small.gguf", small_gguf().build());
  EXPECT_EQ(read_gguf(path).entries.size(), 3u);
  EXPECT_THROW(read_gguf(folder / "absent.gguf"), Error);
}

TEST(GgufReader, JoinsSplitFiles) {
  const TemporaryFolder folder;
  const auto part = [&](std::uint16_t number, const std::string& tensor, std::uint16_t count = 2) {
    GgufFile file;
    file.keys = {gguf_key("split.no", 2, raw(number)), gguf_key("split.count", 2, raw(count)),
                 gguf_key("split.tensors.count", 5, raw<std::int32_t>(2))};
    if (number == 0) file.keys.push_back(gguf_key("general.name", 8, gguf_string("x")));
    file.tensors = {{tensor, {4}, 0, 16}};
    return file.build();
  };
  const auto first = folder.write("m-00001-of-00002.gguf", part(0, "a"));
  EXPECT_THROW(read_gguf(first), Error) << "the second part is missing";
  const auto second = folder.write("m-00002-of-00002.gguf", part(1, "b"));
  const Container whole = read_gguf(first);
  EXPECT_EQ(whole.entries.size(), 2u);
  EXPECT_EQ(whole.metadata.entries().size(), 1u) << "the split's own keys are of no meaning once joined";
  EXPECT_THROW(read_gguf(second), Error) << "must be opened by the first part";
  folder.write("m-00002-of-00002.gguf", part(0, "b"));
  EXPECT_THROW(read_gguf(first), Error) << "the wrong part";
  folder.write("m-00002-of-00002.gguf", part(1, "a"));
  EXPECT_THROW(read_gguf(first), Error) << "the same tensor twice";
  EXPECT_THROW(read_gguf(folder.write("odd.gguf", part(0, "a"))), Error) << "the name does not say where the other parts are";
}

}  // namespace
}  // namespace tightrope::test
