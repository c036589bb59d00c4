// A folder of weights may be incomplete, contradictory or reach outside itself: each is refused with the culprit's name.
#include <gtest/gtest.h>

#include "checkpoint/safetensors.h"
#include "support/clean_refusal.h"
#include "support/container_builder.h"
#include "support/temporary_folder.h"

namespace tightrope::test {
namespace {

namespace fs = std::filesystem;

std::string shard(std::initializer_list<std::string_view> tensors) {
  std::string header = "{", data;
  for (const std::string_view tensor : tensors) {
    header += (data.empty() ? "\"" : ",\"") + std::string(tensor) + R"(":{"dtype":"I8","shape":[1],"data_offsets":[)" +
              std::to_string(data.size()) + "," + std::to_string(data.size() + 1) + "]}";
    data += 'x';
  }
  return safetensors_file(header + "}", data);
}

std::string index(std::string_view map) { return R"({"metadata":{"total_size":2},"weight_map":{)" + std::string(map) + "}}"; }

constexpr std::string_view kIndex = "model.safetensors.index.json";

// Reads the folder and returns the refusal, "" when there was none.
std::string refusal(const fs::path& folder) {
  return refusal_of([&] { checkpoint::read_safetensors_folder(folder); }).value_or("");
}

::testing::AssertionResult mentions(const std::string& message, std::string_view what) {
  if (message.find(what) != std::string::npos) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << '"' << message << "\" does not mention " << what;
}

class Index : public ::testing::Test {
 protected:
  Index() {
    home_.write("m/1.safetensors", shard({"a"}));
    home_.write("m/2.safetensors", shard({"b"}));
  }
  void map(std::string_view text) { home_.write("m/" + std::string(kIndex), index(text)); }
  std::string read() { return refusal(home_ / "m"); }
  TemporaryFolder home_;
};

TEST_F(Index, ThatAgreesIsRead) {
  map(R"("a":"1.safetensors","b":"2.safetensors")");
  EXPECT_EQ(read(), "");
}

TEST_F(Index, MissingShard) {
  map(R"("a":"1.safetensors","b":"3.safetensors")");
  EXPECT_TRUE(mentions(read(), "3.safetensors"));
}

TEST_F(Index, MissingTensor) {
  map(R"("a":"1.safetensors","b":"2.safetensors","c":"2.safetensors")");
  EXPECT_TRUE(mentions(read(), "'c'"));
}

TEST_F(Index, ExtraTensor) {
  home_.write("m/2.safetensors", shard({"b", "extra"}));
  map(R"("a":"1.safetensors","b":"2.safetensors")");
  EXPECT_TRUE(mentions(read(), "'extra'"));
}

TEST_F(Index, SameTensorInTwoShards) {
  home_.write("m/2.safetensors", shard({"a", "b"}));
  map(R"("a":"1.safetensors","b":"2.safetensors")");
  EXPECT_TRUE(mentions(read(), "'a'"));
}

TEST_F(Index, SameTensorTwiceInTheIndex) {
  map(R"("a":"1.safetensors","a":"2.safetensors","b":"2.safetensors")");
  EXPECT_TRUE(mentions(read(), "twice"));
}

TEST_F(Index, ShardNamesThatLeaveTheFolder) {
  home_.write("outside.safetensors", shard({"b"}));
  const std::string absolute = (home_ / "outside.safetensors").string();
  for (const std::string& name :
       {std::string("../outside.safetensors"), absolute, std::string(".."), std::string("."), std::string(),
        std::string("x/../1.safetensors"), std::string(R"(..\\outside.safetensors)"), std::string("1.safetensors\\u0000")}) {
    map(R"("a":"1.safetensors","b":")" + name + '"');
    EXPECT_TRUE(mentions(read(), "no plain file name")) << name;
  }
}

TEST_F(Index, LinksThatLeaveTheFolder) {
  home_.write("outside.safetensors", shard({"b"}));
  fs::create_symlink("../outside.safetensors", home_ / "m/link.safetensors");
  map(R"("a":"1.safetensors","b":"link.safetensors")");
  EXPECT_TRUE(mentions(read(), "leaves its folder"));
  fs::remove(home_ / "m/link.safetensors");
  fs::create_symlink("2.safetensors", home_ / "m/link.safetensors");
  EXPECT_EQ(read(), "") << "a link inside the folder is harmless";
  fs::remove(home_ / "m/link.safetensors");
  fs::create_symlink("link.safetensors", home_ / "m/link.safetensors");
  EXPECT_NE(read(), "") << "a link to itself";
  fs::remove(home_ / "m/link.safetensors");
  fs::create_directory(home_ / "m/link.safetensors");
  EXPECT_NE(read(), "") << "a folder";
}

// The layout of the Hugging Face cache: snapshots hold links into blobs.
TEST_F(Index, LinksIntoTheBlobsOfACache) {
  home_.write("models--o--n/blobs/0123", shard({"a"}));
  home_.write("models--o--n/other/0123", shard({"a"}));
  const fs::path snapshot = home_ / "models--o--n/snapshots/rev";
  fs::create_directories(snapshot);
  fs::create_symlink("../../blobs/0123", snapshot / "model.safetensors");
  EXPECT_EQ(refusal(snapshot), "");
  fs::remove(snapshot / "model.safetensors");
  fs::create_symlink("../../other/0123", snapshot / "model.safetensors");
  EXPECT_TRUE(mentions(refusal(snapshot), "leaves its folder"));
}

TEST_F(Index, BrokenIndexes) {
  for (const std::string_view text :
       {"", "[]", "{}", R"({"weight_map":[]})", R"({"weight_map":{}})", R"({"weight_map":{"a":1}})", "{\"weight_map\":",
        R"({"weight_map":{"a":"1.safetensors"}} )"
        "x"}) {
    home_.write("m/" + std::string(kIndex), text);
    EXPECT_NE(read(), "") << text;
  }
}

TEST_F(Index, PickleIsRefusedWithTheWayOut) {
  home_.write("p/pytorch_model.bin", "PK\x03\x04");
  EXPECT_TRUE(mentions(refusal(home_ / "p"), "pickle"));
  EXPECT_TRUE(mentions(refusal(home_ / "p"), "convert"));
  const auto message = refusal_of([&] { checkpoint::read_safetensors(home_ / "p/pytorch_model.bin"); });
  EXPECT_TRUE(mentions(message.value_or(""), "pickle"));
  EXPECT_TRUE(mentions(refusal(home_ / "nowhere"), "nowhere"));
  fs::create_directory(home_ / "bare");
  EXPECT_TRUE(mentions(refusal(home_ / "bare"), "model.safetensors"));
}

}  // namespace
}  // namespace tightrope::test
