// What the program refuses: bad usage, missing and hostile files, outputs that would destroy something. Nothing is ever written.
#include <csignal>
#include <thread>

#include "apps/program_fixture.h"
#include "formats/codec.h"
#include "model/checkpoint_io.h"
#include "support/container_builder.h"
#include "support/container_cases.h"
#include "support/small_adapter.h"
#include "support/tiny_model.h"

namespace tightrope::test {
namespace {

class RefusalTest : public ProgramTest {
 protected:
  RefusalTest() {
    write_small_adapter(folder_ / "my-adapter", model::load_model(folder_ / model_).config());
    folder_.write("demo/ids.safetensors", safetensors_file(R"({"input_ids":{"dtype":"I64","shape":[1,2],"data_offsets":[0,16]}})",
                                                           raw<std::int64_t>(5) + raw<std::int64_t>(6)));
  }
};

// Every verb that opens a model, made to read `model`.
std::vector<std::vector<std::string>> verbs_on(const std::string& model) {
  return {{"inspect", model, "--verify"},
          {"convert", model, "-o", "out.gguf"},
          {"convert", model, "-o", "out"},
          {"quantize", model, "-o", "out.gguf", "--type", "q8_0"},
          {"eval", model, "--text", "demo/text.txt", "--context", "16", "--chunks", "1"},
          {"bench", model, "--prompt", "2", "--generate", "1", "--repetitions", "1"},
          {"run", model, "a", "-n", "1"},
          {"chat", model, "--user", "a", "-n", "1"},
          {"embed", model, "a", "--output", "out.jsonl"},
          {"classify", model, "a", "--output", "out.jsonl"},
          {"logits", model, "--ids", "demo/ids.safetensors", "-o", "out.safetensors"},
          {"merge", model, "my-adapter", "-o", "out.gguf"}};
}

TEST_F(RefusalTest, UnknownFlagNamesTheNearest) {
  expect_refusal({"quantize", model_, "-o", "out.gguf", "--typ", "q8_0"}, "there is no flag --typ; did you mean --type?");
  expect_refusal({"eval", model_, "--texts=a"}, "did you mean --text?");
  expect_refusal({"run", model_, "a", "--frobnicate"}, "there is no flag --frobnicate (see 'tightrope run --help')");
}

TEST_F(RefusalTest, UnknownVerbNamesTheNearest) {
  expect_refusal({"quantise", model_}, "there is no verb 'quantise'; did you mean quantize?");
  expect_refusal({}, "a verb is missing");
}

TEST_F(RefusalTest, BadValuesOfOptions) {
  expect_refusal({"quantize", model_}, "--output is missing");
  expect_refusal({"quantize", model_, "-o", "out.gguf", "--type", "q9_9"}, "q9_9");
  expect_refusal({"quantize", model_, "-o", "out.gguf", "--targets", "nothing.*"}, "nothing.*");
  expect_refusal({"run", model_, "a", "-n", "-1"}, "takes no negative number");
  expect_refusal({"run", model_, "a", "-n", "99999"}, "2048");
  expect_refusal({"run", model_, "a", "--top-p", "7"}, "top");
  expect_refusal({"run", model_, "a", "--temp", "nan"}, "temp");
  expect_refusal({"eval", model_, "--text", "demo/text.txt", "--context", "1"}, "--context");
  expect_refusal({"eval", model_, "--text", "demo/text.txt", "--context", "5000000"}, "5000000");
  expect_refusal({"bench", model_, "--batch", "1,x"}, "x");
  expect_refusal({"inspect", model_, "--threads", "100000"}, "--threads");
  expect_refusal({"inspect", model_, "more"}, "'more' is one argument too many");
}

TEST_F(RefusalTest, MissingFiles) {
  for (const auto& command : verbs_on("nowhere/model.gguf")) expect_refusal(command, "nowhere/model.gguf");
  for (const auto& command : verbs_on("nowhere")) expect_refusal(command, "nowhere");
  expect_refusal({"eval", model_, "--text", "missing.txt"}, "missing.txt");
  expect_refusal({"report", "missing.json"}, "missing.json");
  expect_refusal({"logits", model_, "--ids", "missing.safetensors", "-o", "out.safetensors"}, "missing.safetensors");
  expect_refusal({"quantize", model_, "-o", "nowhere/out.gguf"}, "nowhere");
}

TEST_F(RefusalTest, ReportsGoToPagesOrFolders) {
  const std::vector<std::string> eval = {"eval", model_, "--text", "demo/text.txt", "--chunks", "1", "--report"};
  const auto with = [&](const std::string& target) {
    std::vector<std::string> command = eval;
    command.push_back(target);
    return command;
  };
  expect_refusal(with("page.txt"), "neither a .html file nor a folder");
  expect_refusal(with("nowhere/pages"), "the folder of 'nowhere/pages' does not exist");
  expect_refusal({"eval", "missing.gguf", "--text", "demo/text.txt", "--report", "pages"}, "missing.gguf");  // leaves no folder behind
}

TEST_F(RefusalTest, BrokenGgufFilesByEveryVerb) {
  const std::vector<Case> cases = gguf_cases();
  for (std::size_t i = 0; i < cases.size(); ++i) {
    folder_.write("bad.gguf", cases[i].bytes);
    const auto verbs = verbs_on("bad.gguf");
    SCOPED_TRACE(cases[i].name);
    expect_refusal(verbs[i % verbs.size()], "tightrope: ");  // in turn: the readers' own tests do all of them
  }
}

TEST_F(RefusalTest, BrokenSafetensorsFilesByEveryVerb) {
  const std::vector<Case> cases = safetensors_cases();
  folder_.write("bad/config.json", content_of(std::filesystem::path(TIGHTROPE_SOURCE) / "models/wren-7m/config.json"));
  for (std::size_t i = 0; i < cases.size(); ++i) {
    folder_.write("bad/model.safetensors", cases[i].bytes);
    const auto verbs = verbs_on("bad");
    SCOPED_TRACE(cases[i].name);
    expect_refusal(verbs[i % verbs.size()], "tightrope: ");
  }
}

TEST_F(RefusalTest, TruncatedModelByEveryVerb) {
  output_of({"quantize", model_, "-o", "whole.gguf", "--type", "q8_0"});
  const std::string whole = content_of(folder_ / "whole.gguf");
  folder_.write("cut.gguf", whole.substr(0, whole.size() - 4096));
  for (const auto& command : verbs_on("cut.gguf")) expect_refusal(command, "cut.gguf");
}

TEST_F(RefusalTest, NotANumberAmongTheWeights) {
  model::Model tiny = tiny_model(model::arch_for_hf_model_type("llama"));
  const model::Weight& old = tiny.get("blocks.1.ffn.up");
  std::vector<std::byte> bytes(old.bytes().begin(), old.bytes().end());
  bytes[2 * 7] = std::byte{0xC0}, bytes[2 * 7 + 1] = std::byte{0x7F};  // bf16 NaN at element 7
  tiny = tiny.with("blocks.1.ffn.up", model::Weight(old.format(), old.shape(), Bytes(std::move(bytes))));
  model::save_huggingface(tiny, folder_ / "nan", {});
  expect_refusal({"inspect", "nan", "--verify"}, "'blocks.1.ffn.up' (1 of its values, the first at 7)");
  expect_refusal({"quantize", "nan", "-o", "out.gguf", "--type", "q8_0"}, "row 0, column 7 is nan");
  expect_refusal({"run", "nan", "abc", "-n", "2"}, "blocks.1.ffn.up");
}

TEST_F(RefusalTest, OutputsThatWouldDestroySomething) {
  output_of({"quantize", model_, "-o", "a.gguf", "--type", "q8_0"});
  const std::string before = content_of(folder_ / "a.gguf");
  expect_refusal({"quantize", model_, "-o", "a.gguf"}, "a.gguf");
  expect_refusal({"convert", "a.gguf", "-o", "a.gguf", "--force"}, "a.gguf");
  expect_refusal({"convert", "a.gguf", "-o", "./demo/../a.gguf", "--force"}, "a.gguf");
  std::filesystem::create_symlink("a.gguf", folder_ / "link.gguf");
  expect_refusal({"quantize", model_, "-o", "link.gguf", "--force"}, "link.gguf");
  expect_refusal({"convert", model_, "-o", "demo"}, "demo");
  model::save_huggingface(tiny_model(model::arch_for_hf_model_type("llama")), folder_ / "tiny", {});
  expect_refusal({"convert", "tiny", "-o", "tiny/inside.gguf"}, "inside");
  expect_refusal({"convert", "tiny", "-o", "tiny", "--force"}, "tiny");
  expect_refusal({"quantize", "a.gguf", "-o", "b.gguf"}, "--requantize");
  EXPECT_TRUE(content_of(folder_ / "a.gguf") == before);
  output_of({"quantize", model_, "-o", "a.gguf", "--type", "q4_0", "--force"});
  EXPECT_LT(content_of(folder_ / "a.gguf").size(), before.size());
}

TEST_F(RefusalTest, FullDiskIsAFailureOfTheWork) {
  const Finished done = run_process({"/bin/sh", "-c", program() + " completion bash >/dev/full"}, folder_.path());
  EXPECT_EQ(done.code, 1) << done.err;
  EXPECT_NE(done.err.find("cannot write to standard output"), std::string::npos) << done.err;
}

TEST_F(RefusalTest, TextShorterThanAChunkNamesBothNumbers) {
  folder_.write("short.txt", "Only a few words.");
  expect_refusal({"eval", model_, "--text", "short.txt"}, "512");
}

TEST_F(RefusalTest, InterruptionLeavesNothingBehind) {
  std::string text;
  while (text.size() < (std::size_t{8} << 20)) text += content_of(folder_ / "demo/text.txt");
  folder_.write("long.txt", text);
  const std::set<std::string> before = files();
  Process process({program(), "eval", model_, "--text", "long.txt", "--report", "page.html"}, folder_.path());
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  process.send(SIGINT);
  const Finished done = process.wait();
  EXPECT_EQ(done.code, 130) << done.err;
  EXPECT_EQ(done.out, "");
  EXPECT_EQ(files(), before);
}

}  // namespace
}  // namespace tightrope::test
