// tightrope embed and classify: order, the ways to give texts, and what is refused.
#include <sstream>

#include "apps/program_fixture.h"
#include "model/checkpoint_io.h"
#include "support/tiny_model.h"

namespace tightrope::test {
namespace {

class EncodeVerbs : public ProgramTest {
 protected:
  EncodeVerbs() {
    const model::Arch& bert = model::arch_for_hf_model_type("bert");
    for (const auto& [name, kind] : {std::pair("base", model::HeadSpec::Kind::hidden), std::pair("labels", model::HeadSpec::Kind::sequence),
                                     std::pair("reader", model::HeadSpec::Kind::span)}) {
      std::size_t head = 0;
      while (bert.heads[head].kind != kind) ++head;
      const model::Model made = tiny_model(bert, tiny_config(bert, head));
      const std::vector<model::NamedWeight> weights(made.weights().begin(), made.weights().end());
      const auto tokenizer = std::make_shared<const text::Tokenizer>(tiny_tokenizer());
      model::save_huggingface(model::Model(bert, made.config(), weights, tokenizer), folder_ / name, {});
    }
  }
  static std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }
};

TEST_F(EncodeVerbs, ATextsLineIsTheSameAloneAndAmongOthers) {
  const std::vector<std::string> together = lines_of(output_of({"embed", "base", "b", "a long text here", "cd", "--batch-tokens", "9"}));
  ASSERT_EQ(together.size(), 3U);
  EXPECT_EQ(together[0] + "\n", output_of({"embed", "base", "b", "--threads", "1"}));
  const auto vector = [](const std::string& line) { return line.substr(line.find("\"tokens\"")); };
  EXPECT_EQ(vector(together[1]) + "\n", vector(output_of({"embed", "base", "a long text here"})));
  EXPECT_TRUE(together[2].starts_with(R"({"index":2,)"));
  EXPECT_NE(vector(together[0]), vector(together[2]));
}

TEST_F(EncodeVerbs, ArgumentsFilesAndStandardInputAreTheSame) {
  folder_.write("texts.txt", "one\r\ntwo");
  folder_.write("texts.jsonl", "{\"text\": \"one\"}\n{\"text\": \"two\"}\n");
  const std::string expected = output_of({"classify", "labels", "one", "two"});
  EXPECT_EQ(lines_of(expected).size(), 2U);
  EXPECT_EQ(output_of({"classify", "labels", "--input", "texts.txt"}), expected);
  EXPECT_EQ(output_of({"classify", "labels", "--input", "texts.jsonl", "--jsonl"}), expected);
  EXPECT_EQ(run({"classify", "labels"}, folder_ / "texts.txt").out, expected);
  EXPECT_EQ(output_of({"classify", "labels", "one", "two", "--output", "out.jsonl"}), "");
  EXPECT_EQ(content_of(folder_ / "out.jsonl"), expected);
}

TEST_F(EncodeVerbs, Int8IsAnotherAnswerOfTheSameForm) {
  const std::vector<std::string> floats = lines_of(output_of({"classify", "labels", "one", "two"}));
  const std::vector<std::string> bytes = lines_of(output_of({"classify", "labels", "one", "two", "--int8"}));
  ASSERT_EQ(bytes.size(), floats.size());
  EXPECT_NE(bytes, floats);
  EXPECT_TRUE(bytes[1].starts_with(R"({"index":1,)")) << bytes[1];
  expect_refusal({"embed", "base", "one", "--exact", "--int8"}, "ask for one of the two");
}

TEST_F(EncodeVerbs, LongTextsAreRefusedOrCut) {
  const std::string text(200, 'x');
  expect_refusal({"embed", "base", text}, "the model's context is 64");
  EXPECT_NE(output_of({"embed", "base", text, "--truncate"}).find(R"("tokens":64,"truncated":true)"), std::string::npos);
}

TEST_F(EncodeVerbs, InspectNamesTheHeadAndNoRopeWhereThereIsNone) {
  const std::string text = output_of({"inspect", "labels"});
  EXPECT_NE(text.find("BertForSequenceClassification"), std::string::npos) << text;
  EXPECT_NE(text.find("64 tokens, no RoPE"), std::string::npos) << text;
}

TEST_F(EncodeVerbs, ConvertSaysWhatOtherReadersComputeOtherwise) {
  EXPECT_NE(run({"convert", "labels", "-o", "labels.gguf"}).err.find("token type 1"), std::string::npos);
  EXPECT_EQ(run({"convert", "labels", "-o", "labels-again"}).err, "");
  EXPECT_EQ(run({"convert", "base", "-o", "base.gguf"}).err, "");
}

TEST_F(EncodeVerbs, RefusesWhatAHeadCannotDo) {
  expect_refusal({"classify", "base", "a"}, "has no head for any task");
  expect_refusal({"classify", "reader", "a"}, "--question");
  expect_refusal({"embed", "base", "a", "--pooling", "median"}, "median");
  expect_refusal({"embed", "base", "a", "--pooling", "rank"}, "rank");
  expect_refusal({"embed", "base", "a", "--prompt-name", "query"}, "no prompt 'query'; it has none");
  expect_refusal({"embed", "base", "a", "--normalize", "--no-normalize"}, "exclude each other");
  expect_refusal({"embed", "base", "a", "--input", "demo/text.txt"}, "give one of them");
  folder_.write("bad.jsonl", "{\"text\": 5}\n");
  expect_refusal({"embed", "base", "--jsonl", "--input", "bad.jsonl"}, "line 1 of the input");
  expect_refusal({"embed", "base", "--input", "missing.txt"}, "missing.txt");
}

}  // namespace
}  // namespace tightrope::test
