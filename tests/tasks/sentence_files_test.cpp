// Files of sentence-transformers, old and new, and what of them is refused.
#include "tasks/sentence_files.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "support/temporary_folder.h"

namespace tightrope::tasks {
namespace {

class SentenceFiles : public ::testing::Test {
 protected:
  void write_modules(std::string_view last_type) const {
    folder_.write("modules.json", fmt::format(R"([{{"path":"","type":"a.Transformer"}},{{"path":"1_Pooling","type":"a.Pooling"}},
                                                 {{"path":"2_Last","type":"a.{}"}}])",
                                              last_type));
  }
  void expect_refusal(const std::string& words) const {
    try {
      read_sentence_files(folder_.path());
      FAIL() << "expected: " << words;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
    }
  }
  test::TemporaryFolder folder_;
};

TEST_F(SentenceFiles, AFolderWithoutSaysNothing) {
  const SentenceSettings settings = read_sentence_files(folder_.path());
  EXPECT_TRUE(settings.poolings.empty() && !settings.normalize && settings.most_tokens == 0 && settings.prompts.empty());
}

TEST_F(SentenceFiles, SwitchesPromptsAndLength) {
  write_modules("Normalize");
  folder_.write("1_Pooling/config.json",
                R"({"pooling_mode_mean_tokens":true,"pooling_mode_cls_token":true,"pooling_mode_max_tokens":false})");
  folder_.write("sentence_bert_config.json", R"({"max_seq_length":256,"do_lower_case":false})");
  folder_.write("config_sentence_transformers.json", R"({"prompts":{"query":"q: ","text":""},"default_prompt_name":"query"})");
  const SentenceSettings settings = read_sentence_files(folder_.path());
  ASSERT_EQ(settings.poolings.size(), 2U);
  EXPECT_EQ(settings.poolings[0]->name, "cls");
  EXPECT_EQ(settings.poolings[1]->name, "mean");
  EXPECT_TRUE(settings.normalize);
  EXPECT_EQ(settings.most_tokens, 256U);
  EXPECT_EQ(settings.prompts.front().second, "q: ");
  EXPECT_EQ(settings.default_prompt, "query");
}

TEST_F(SentenceFiles, AModeInAWord) {
  write_modules("Normalize");
  folder_.write("1_Pooling/config.json", R"({"pooling_mode":"lasttoken"})");
  EXPECT_EQ(read_sentence_files(folder_.path()).poolings.front()->name, "last");
}

TEST_F(SentenceFiles, WhatIsNotKnownIsNamed) {
  write_modules("Dense");
  folder_.write("1_Pooling/config.json", R"({"pooling_mode":"mean"})");
  expect_refusal("'Dense'");
  write_modules("Normalize");
  folder_.write("1_Pooling/config.json", R"({"pooling_mode":"attention"})");
  expect_refusal("'attention'");
  folder_.write("1_Pooling/config.json", R"({"pooling_mode_mean_tokens":false})");
  expect_refusal("chooses 0 poolings");
  folder_.write("modules.json", R"([{"path":"..","type":"a.Pooling"}])");
  expect_refusal("plain file name");
}

}  // namespace
}  // namespace tightrope::tasks
