// Files of sentence-transformers, old and new, and what of them is refused.
#include "tasks/sentence_files.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "support/clean_refusal.h"
#include "support/temporary_folder.h"
#include "tasks/sentence_settings.h"

namespace tightrope::tasks {
namespace {

class SentenceFilesTest : public ::testing::Test {
 protected:
  void write_modules(std::string_view last_type) const {
    folder_.write("modules.json", fmt::format(R"([{{"path":"","type":"a.Transformer"}},{{"path":"1_Pooling","type":"a.Pooling"}},
                                                 {{"path":"2_Last","type":"a.{}"}}])",
                                              last_type));
  }
  SentenceSettings settings() const { return settings_of(read_sentence_files(folder_.path())); }
  test::TemporaryFolder folder_;
};

TEST_F(SentenceFilesTest, AFolderWithoutSaysNothing) {
  EXPECT_TRUE(read_sentence_files(folder_.path()).empty());
  EXPECT_TRUE(settings().poolings.empty() && !settings().normalize && settings().most_tokens == 0 && settings().prompts.empty());
  EXPECT_EQ(gguf_type_of(settings()), std::nullopt);
}

TEST_F(SentenceFilesTest, SwitchesPromptsAndLength) {
  write_modules("Normalize");
  folder_.write("1_Pooling/config.json",
                R"({"pooling_mode_mean_tokens":true,"pooling_mode_cls_token":true,"pooling_mode_max_tokens":false})");
  folder_.write("sentence_bert_config.json", R"({"max_seq_length":256,"do_lower_case":false})");
  folder_.write("config_sentence_transformers.json", R"({"prompts":{"query":"q: ","text":""},"default_prompt_name":"query"})");
  const SentenceSettings found = settings();
  ASSERT_EQ(found.poolings.size(), 2U);
  EXPECT_EQ(found.poolings[0]->name, "cls");
  EXPECT_EQ(found.poolings[1]->name, "mean");
  EXPECT_TRUE(found.normalize);
  EXPECT_EQ(found.most_tokens, 256U);
  EXPECT_EQ(found.prompts.front().second, "q: ");
  EXPECT_EQ(found.default_prompt, "query");
  EXPECT_EQ(gguf_type_of(found), std::nullopt);  // no type joins two
}

TEST_F(SentenceFilesTest, AModeInAWord) {
  write_modules("Normalize");
  folder_.write("1_Pooling/config.json", R"({"pooling_mode":"lasttoken"})");
  EXPECT_EQ(settings().poolings.front()->name, "last");
  EXPECT_EQ(gguf_type_of(settings()), 3U);
}

TEST_F(SentenceFilesTest, AnUnknownModeWaitsForSomebodyWhoChooses) {
  write_modules("Normalize");
  folder_.write("1_Pooling/config.json", R"({"pooling_mode":"attention"})");
  EXPECT_NE(settings().unsettled.find("'attention'"), std::string::npos);
  folder_.write("1_Pooling/config.json", R"({"pooling_mode_mean_tokens":false})");
  EXPECT_NE(settings().unsettled.find("chooses 0 poolings"), std::string::npos);
  EXPECT_EQ(settings().unsupported, "");
  EXPECT_EQ(gguf_type_of(settings()), std::nullopt);
}

TEST_F(SentenceFilesTest, AnUnknownStepIsNamed) {
  write_modules("Dense");
  folder_.write("1_Pooling/config.json", R"({"pooling_mode":"mean"})");
  EXPECT_NE(settings().unsupported.find("'Dense'"), std::string::npos);
  EXPECT_EQ(gguf_type_of(settings()), std::nullopt);
}

TEST_F(SentenceFilesTest, NothingIsReadOutsideTheFolder) {
  folder_.write("modules.json", R"([{"path":"..","type":"a.Pooling"}])");
  EXPECT_NE(test::refusal_of([&] { read_sentence_files(folder_.path()); }).value_or("").find("plain file name"), std::string::npos);
  for (const char* name :
       {"../config.json", "a/../config.json", "/config.json", "a/b/config.json", "config.json", "1_Pooling/weights", ""}) {
    Json json = Json::object();
    json[name] = Json::object();
    EXPECT_NE(test::refusal_of([&] { sentence_files_of(json); }).value_or("").find("none of a sentence model's"), std::string::npos)
        << name;
  }
}

TEST_F(SentenceFilesTest, TheyAreTheSameAfterAWayThroughJson) {
  write_modules("Normalize");
  folder_.write("1_Pooling/config.json", R"({"pooling_mode":"max"})");
  folder_.write("config_sentence_transformers.json", R"({"prompts":{"query":"q: "}})");
  const SentenceFiles files = read_sentence_files(folder_.path());
  ASSERT_EQ(files.size(), 3U);
  EXPECT_EQ(to_json(sentence_files_of(to_json(files))).dump(), to_json(files).dump());
}

TEST_F(SentenceFilesTest, EveryPoolingWithAKeyHasFilesThatAskForIt) {
  for (const Pooling& pooling : all_poolings()) {
    if (pooling.sentence_key.empty()) continue;
    const SentenceSettings found = settings_of(sentence_files_for(pooling, 32));
    ASSERT_EQ(found.poolings.size(), 1U);
    EXPECT_EQ(found.poolings.front(), &pooling);
    EXPECT_TRUE(found.normalize);
  }
}

}  // namespace
}  // namespace tightrope::tasks
