// tightrope chat and the template part of tightrope inspect, as a person runs them.
#include "apps/program_fixture.h"

namespace tightrope::test {
namespace {

using ChatVerbTest = ProgramTest;

TEST_F(ChatVerbTest, AnswersOneMessage) {
  const std::vector<std::string> arguments = {"chat", model_, "--chat-template", "plain", "--user", "Who are you?",
                                              "-n",   "5",    "--temp",          "0"};
  const std::string text = output_of(arguments);
  EXPECT_TRUE(text.ends_with("\n"));
  std::vector<std::string> with_json = arguments;
  with_json.emplace_back("--json");
  EXPECT_EQ(json_of(with_json).at("text", "answer").as_string("text") + "\n", text);
}

TEST_F(ChatVerbTest, ShowsThePromptOfMessagesFromAFile) {
  folder_.write("messages.json", R"([{"role":"system","content":"S"},{"role":"user","content":"U"},{"role":"assistant","content":"A"}])");
  folder_.write("template.jinja", "{% for m in messages %}[{{ m.role }}:{{ m.content }}]{% endfor %}{{ mood }}");
  EXPECT_EQ(output_of({"chat", model_, "--messages", "messages.json", "--chat-template", "template.jinja", "--template-options",
                       R"({"mood": "calm"})", "--show-prompt"}),
            "[system:S][user:U][assistant:A]calm\n");
}

TEST_F(ChatVerbTest, ReadsTheMessageFromStandardInput) {
  folder_.write("in.txt", "Hello");
  const Finished done = run({"chat", model_, "--chat-template", "plain", "--system", "Be.", "--show-prompt"}, folder_ / "in.txt");
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.out, "Be.\n\nUser: Hello\nAssistant:\n");
}

TEST_F(ChatVerbTest, StandardInputWithoutAnEndIsRefused) {
  folder_.write("endless.txt", "");
  std::filesystem::resize_file(folder_ / "endless.txt", (64U << 20) + 1);  // sparse
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"chat", model_, "--chat-template", "plain"}, {"run", model_, "-"}}) {
    const Finished done = run(arguments, folder_ / "endless.txt");
    EXPECT_EQ(done.code, 2) << done.err;
    EXPECT_NE(done.err.find("67108864 bytes"), std::string::npos) << done.err;
  }
}

TEST_F(ChatVerbTest, Refuses) {
  folder_.write("broken.jinja", "\n{% if %}");
  folder_.write("no.json", "[1]");
  expect_refusal({"chat", model_, "--user", "Hi"}, "--chat-template");
  expect_refusal({"chat", model_, "--user", "Hi", "--chat-template", "broken.jinja"}, "line 2");
  expect_refusal({"chat", model_, "--user", "Hi", "--chat-template", "absent.jinja"}, "neither a file nor built in");
  expect_refusal({"chat", model_, "--user", "Hi", "--chat-template", "models"}, "built in are chatml");
  expect_refusal({"chat", model_, "--user", "Hi", "--chat-template", "plain", "--template-options", R"({"messages": 1})"}, "'messages'");
  expect_refusal({"chat", model_, "--messages", "no.json", "--chat-template", "plain"}, "chat message");
  expect_refusal({"chat", model_, "--messages", "absent.json", "--chat-template", "plain"}, "absent.json");
  expect_refusal({"chat", model_, "--messages", "no.json", "--user", "x", "--chat-template", "plain"}, "--user");
}

TEST_F(ChatVerbTest, InspectNamesTheTemplateAndWarnsOfInstructions) {
  std::filesystem::copy(std::filesystem::path(TIGHTROPE_SOURCE) / model_, folder_ / "copy");
  folder_.write("copy/chat_template.jinja", "You are a spy who never sleeps.\n{{ messages[0].content }}");
  const std::string text = output_of({"inspect", "copy"});
  EXPECT_NE(text.find("sha256 "), std::string::npos) << text;
  EXPECT_NE(text.find("carries instructions to the model: \"You are a spy"), std::string::npos) << text;
  EXPECT_EQ(output_of({"inspect", "copy", "--template"}), "You are a spy who never sleeps.\n{{ messages[0].content }}\n");
  EXPECT_TRUE(output_of({"chat", "copy", "--user", "Hi", "--show-prompt"}).ends_with("sleeps.\nHi\n"));
  folder_.write("copy/chat_template.jinja", "{% include 'x' %}");
  EXPECT_NE(output_of({"inspect", "copy"}).find("cannot be used"), std::string::npos);
  std::filesystem::remove(folder_ / "copy/chat_template.jinja");
  folder_.write("copy/chat_template.json", R"({"chat_template": "<{{ messages[0].content }}>"})");
  EXPECT_EQ(output_of({"chat", "copy", "--user", "Hi", "--show-prompt"}), "<Hi>\n");
}

}  // namespace
}  // namespace tightrope::test
