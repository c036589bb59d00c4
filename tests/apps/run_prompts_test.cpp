// Many prompts of a file: the same texts as one by one, lines in order, errors in their lines.
#include <sstream>

#include "apps/program_fixture.h"

namespace tightrope::test {
namespace {

class RunPromptsTest : public ProgramTest {
 protected:
  static std::vector<Json> lines_of(const std::string& output) {
    std::vector<Json> lines;
    std::istringstream text(output);
    for (std::string line; std::getline(text, line);) lines.push_back(Json::parse(line, "line"));
    return lines;
  }
  static std::string text_of(const Json& json) { return json.at("text", "result").as_string("text"); }
};

TEST_F(RunPromptsTest, LinesAreTheTextsOfEachPromptInOrder) {
  folder_.write("prompts.txt", "Once upon a time\nThe river\n\nThe old house");
  for (const char* parallel : {"1", "3"}) {
    const std::vector<Json> lines =
        lines_of(output_of({"run", model_, "--prompts", "prompts.txt", "-n", "7", "--seed", "3", "--parallel", parallel}));
    ASSERT_EQ(lines.size(), 4U);
    for (const auto& [index, prompt] : {std::pair(0U, "Once upon a time"), std::pair(1U, "The river"), std::pair(3U, "The old house")}) {
      EXPECT_EQ(lines[index].at("index", "line").as_uint("index"), index);
      EXPECT_EQ(text_of(lines[index]), text_of(json_of({"run", model_, prompt, "-n", "7", "--seed", "3", "--json"})));
    }
  }
}

TEST_F(RunPromptsTest, JsonLinesHaveOptionsOfTheirOwnAndOneDocumentHoldsAll) {
  folder_.write("prompts.jsonl", "{\"prompt\": \"The river\", \"max_tokens\": 2}\n{\"prompt\": \"The\", \"temperature\": 0}\n");
  const Json json = json_of({"run", model_, "--prompts", "prompts.jsonl", "--jsonl", "-n", "5", "--json", "--kv-memory", "64"});
  const Json::Array& results = json.at("results", "run").as_array("results");
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0].at("tokens", "result").as_uint("tokens"), 2U);
  EXPECT_EQ(text_of(results[1]), text_of(json_of({"run", model_, "The", "-n", "5", "--temp", "0", "--json"})));
  EXPECT_EQ(json.at("tokens", "run").as_uint("tokens"), 7U);
}

TEST_F(RunPromptsTest, APromptThatCannotBeRunSaysSoInItsLine) {
  folder_.write("prompts.jsonl", "{\"prompt\": \"a\", \"max_tokens\": 99999}\n{\"prompt\": \"The\", \"max_tokens\": 3}\n");
  const Finished done = run({"run", model_, "--prompts", "prompts.jsonl", "--jsonl"});
  EXPECT_EQ(done.code, 2);
  EXPECT_NE(done.err.find("1 of 2 prompts failed"), std::string::npos) << done.err;
  const std::vector<Json> lines = lines_of(done.out);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_NE(lines[0].at("error", "line").as_string("error").find("2048"), std::string::npos);
  EXPECT_EQ(lines[1].at("tokens", "line").as_uint("tokens"), 3U);
}

TEST_F(RunPromptsTest, RefusesWhatMakesNoSense) {
  folder_.write("empty.txt", "");
  folder_.write("wrong.jsonl", "{\"prompt\": \"a\", \"colour\": 1}\n");
  expect_refusal({"run", model_}, "either a PROMPT or --prompts");
  expect_refusal({"run", model_, "a", "--prompts", "empty.txt"}, "either a PROMPT or --prompts");
  expect_refusal({"run", model_, "--prompts", "empty.txt"}, "holds no prompt");
  expect_refusal({"run", model_, "--prompts", "nowhere.txt"}, "nowhere.txt");
  expect_refusal({"run", model_, "--prompts", "wrong.jsonl", "--jsonl"}, "colour");
  expect_refusal({"run", model_, "--prompts", "wrong.jsonl", "--parallel", "0"}, "--parallel");
}

}  // namespace
}  // namespace tightrope::test
