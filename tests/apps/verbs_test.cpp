// Every verb of the real program on the embedded model.
#include "apps/program_fixture.h"
#include "support/fake_peer.h"

namespace tightrope::test {
namespace {

using VerbTest = ProgramTest;

TEST_F(VerbTest, Version) { EXPECT_TRUE(output_of({"--version"}).starts_with("tightrope ")); }

TEST_F(VerbTest, HelpListsEveryVerb) {
  const std::string help = output_of({"--help"});
  for (const char* verb : {"doctor", "inspect", "convert", "merge", "quantize", "eval", "bench", "run", "chat", "embed", "classify",
                           "logits", "report", "completion"})
    EXPECT_NE(help.find(verb), std::string::npos) << verb;
}

TEST_F(VerbTest, Doctor) {
  const Json json = json_of({"doctor", "--quick", "--json"});
  EXPECT_GT(json.at("cores", "doctor").as_uint("cores"), 0U);
  EXPECT_GT(json.at("memory_bytes", "doctor").as_uint("memory_bytes"), 0U);
  EXPECT_TRUE(json.at("bandwidth_bytes_per_second", "doctor").is_null());
  EXPECT_NE(output_of({"doctor", "--quick"}).find("architectures"), std::string::npos);
}

TEST_F(VerbTest, Inspect) {
  const Json json = json_of({"inspect", model_, "--tensors", "--verify", "--json"});
  EXPECT_EQ(json.at("architecture", "inspect").as_string("architecture"), "llama");
  EXPECT_EQ(json.at("parameters", "inspect").as_uint("parameters"), 8392960U);
  EXPECT_EQ(json.at("tensors", "inspect").as_array("tensors").size(), 8U * 9 + 2);
  EXPECT_NE(output_of({"inspect", model_, "--tensors"}).find("blocks.7.ffn.down"), std::string::npos);
}

TEST_F(VerbTest, InspectReportsRemoteCodeThatItIgnores) {
  std::filesystem::copy(std::filesystem::path(TIGHTROPE_SOURCE) / model_, folder_ / "copy");
  std::string config = content_of(folder_ / "copy/config.json");
  config.insert(config.find('{') + 1, R"("auto_map":{"AutoModel":"evil.py"},)");
  folder_.write("copy/config.json", config);
  EXPECT_NE(output_of({"inspect", "copy"}).find("auto_map"), std::string::npos);
}

TEST_F(VerbTest, ConvertThereAndBackKeepsEveryBit) {
  output_of({"convert", model_, "-o", "there.gguf"});
  output_of({"convert", "there.gguf", "-o", "back"});
  output_of({"convert", "back", "-o", "again.gguf"});
  const Json there = json_of({"inspect", "there.gguf", "--json"}), again = json_of({"inspect", "again.gguf", "--json"});
  EXPECT_EQ(there.at("weight_bytes", "inspect").as_uint("bytes"), again.at("weight_bytes", "inspect").as_uint("bytes"));
  const std::string a = content_of(folder_ / "there.gguf"), b = content_of(folder_ / "again.gguf");
  const std::size_t weights = there.at("weight_bytes", "inspect").as_uint("bytes");
  ASSERT_GT(a.size(), weights);
  EXPECT_EQ(a.substr(a.size() - weights), b.substr(b.size() - weights));
}

TEST_F(VerbTest, ConvertChangesTheTypeOfTheNumbers) {
  const Json json = json_of({"convert", model_, "-o", "half", "--type", "f16", "--json"});
  const auto& formats = json.at("bytes_by_format", "convert").as_object("formats");
  ASSERT_EQ(formats.size(), 1U);
  EXPECT_EQ(formats.front().first, "f16");
}

TEST_F(VerbTest, QuantizeSaysWhatItMadeAndTheFileSaysHow) {
  const Json json = json_of({"quantize", model_, "-o", "small.gguf", "--type", "Q4_K_M", "--json"});
  EXPECT_LT(json.at("bits_per_weight", "quantize").as_double("bits"), 5.5);
  const Json& provenance = json.at("provenance", "quantize");
  EXPECT_EQ(provenance.at("tightrope.source", "provenance").as_string("source"), "wren-7m");
  EXPECT_NE(provenance.at("tightrope.recipe", "provenance").as_string("recipe").find("\"rtn\""), std::string::npos);
}

TEST_F(VerbTest, QuantizeGivesTheSameBytesForAnyThreadsAndHeap) {
  output_of({"quantize", model_, "-o", "one.gguf", "--type", "q3_k_m", "-t", "1"});
  // glibc fills fresh memory with this byte: whatever of it shows in the output was never written.
  ::setenv("MALLOC_PERTURB_", "165", 1);
  output_of({"quantize", model_, "-o", "three.gguf", "--type", "q3_k_m", "-t", "3"});
  ::unsetenv("MALLOC_PERTURB_");
  EXPECT_TRUE(content_of(folder_ / "one.gguf") == content_of(folder_ / "three.gguf"));
}

TEST_F(VerbTest, PureSpendsLess) {
  const double mixed =
      json_of({"quantize", model_, "-o", "mixed.gguf", "--type", "q4_k_m", "--json"}).at("bits_per_weight", "json").as_double("bits");
  const double pure = json_of({"quantize", model_, "-o", "pure.gguf", "--type", "q4_k_m", "--pure", "--json"})
                          .at("bits_per_weight", "json")
                          .as_double("bits");
  EXPECT_LT(pure, mixed);
}

TEST_F(VerbTest, EvalHasTheStableShapeAndOrdersSizesByDivergence) {
  output_of({"quantize", model_, "-o", "wren-7m-q8_0.gguf", "--type", "q8_0"});
  output_of({"quantize", model_, "-o", "wren-7m-q2_k.gguf", "--type", "q2_k"});
  const Json json = json_of({"eval", "wren-7m-q8_0.gguf", "wren-7m-q2_k.gguf", "--against", model_, "-f", "demo/text.txt", "-c", "128",
                             "--chunks", "3", "--report", "page", "--json"});
  const auto& models = json.at("models", "eval").as_array("models");
  ASSERT_EQ(models.size(), 3U);
  for (const Json& model : models) {
    for (const char* key : {"path", "bytes", "bits_per_weight", "perplexity"}) EXPECT_NE(model.find(key), nullptr) << key;
    for (const char* key : {"value", "stderr", "context", "tokens"}) EXPECT_NE(model.at("perplexity", "eval").find(key), nullptr) << key;
  }
  EXPECT_EQ(models[1].at("perplexity", "eval").at("tokens", "eval").as_uint("tokens"), 3U * 127);
  for (const char* key : {"mean", "median", "p99", "max"}) EXPECT_NE(models[1].at("kld", "eval").find(key), nullptr) << key;
  EXPECT_LT(models[1].at("kld", "eval").at("mean", "kld").as_double("mean"),
            models[2].at("kld", "eval").at("mean", "kld").as_double("mean"));
  EXPECT_GT(models[1].at("same_top", "eval").as_double("same_top"), models[2].at("same_top", "eval").as_double("same_top"));
  EXPECT_TRUE(content_of(folder_ / "page/report.html").starts_with("<!doctype html>"));
  output_of({"report", "page/report.json", "-o", "again.html"});
  EXPECT_EQ(content_of(folder_ / "again.html"), content_of(folder_ / "page/report.html"));
}

TEST_F(VerbTest, EvalKnowsBothConventions) {
  const auto tokens = [&](const std::string& convention) {
    return json_of({"eval", model_, "--text", "demo/text.txt", "--context", "64", "--chunks", "2", "--convention", convention, "--json"})
        .at("models", "eval")
        .as_array("models")[0]
        .at("perplexity", "eval")
        .at("tokens", "eval")
        .as_uint("tokens");
  };
  EXPECT_EQ(tokens("consecutive"), 2U * 63);
  EXPECT_LT(tokens("LLAMA"), 2U * 33);
}

TEST_F(VerbTest, BenchHasTheStableShape) {
  const Json json = json_of({"bench", model_, "--prompt", "16", "--generate", "2", "--batch", "1,2", "--repetitions", "1", "--json"});
  for (const char* key : {"model", "isa", "threads", "load_seconds", "peak_rss_bytes", "prefill", "decode"})
    EXPECT_NE(json.find(key), nullptr) << key;
  const Json& prefill = json.at("prefill", "bench").as_array("prefill").at(0);
  for (const char* key : {"tokens", "batch", "tokens_per_second"}) EXPECT_NE(prefill.find(key), nullptr) << key;
  const auto& decode = json.at("decode", "bench").as_array("decode");
  ASSERT_EQ(decode.size(), 2U);
  for (const char* key : {"batch", "tokens_per_second", "bytes_per_token", "bandwidth_share"})
    EXPECT_NE(decode[1].find(key), nullptr) << key;
  EXPECT_GT(decode[1].at("tokens_per_second", "bench").at("median", "bench").as_double("median"), 0);
}

TEST_F(VerbTest, BenchAgainstAnotherProgramHasTheStableShape) {
  output_of({"quantize", model_, "-o", "q8.gguf", "--type", "q8_0"});
  const std::string peer = write_script(folder_, "peer", fake_peer_script()).string();
  const Json json = json_of({"bench", "q8.gguf", "--against", peer, "-p", "16", "-n", "2", "-r", "2", "--json"});
  for (const char* key : {"model", "isa", "threads", "program", "engine", "build", "prefill_tokens", "decode_tokens", "load_seconds"})
    EXPECT_NE(json.find(key), nullptr) << key;
  for (const char* stage : {"prefill", "decode"})
    for (const char* side : {"ours", "theirs", "ratio"})
      EXPECT_GT(json.at(stage, "bench").at(side, "bench").at("median", "bench").as_double("median"), 0) << stage << side;
  EXPECT_EQ(json.at("pairs", "bench").as_array("pairs").size(), 2U);
}

TEST_F(VerbTest, BenchAgainstNeedsAFileThatTheOtherReads) {
  const std::string peer = write_script(folder_, "peer", fake_peer_script()).string();
  expect_refusal({"bench", model_, "--against", peer}, "tightrope convert models/wren-7m -o model.gguf");
  expect_refusal({"bench", model_, "--against", "no-such-program"}, "no 'no-such-program' on the PATH");
}

TEST_F(VerbTest, BenchOfKernelsNeedsNoModel) {
  const Json json = json_of({"bench", "--kernels", "--json", "--threads", "1"});
  for (const char* key : {"isa", "threads", "foreign_cpu", "read_bytes_per_second", "read_bytes_per_second_one_thread", "peaks"})
    EXPECT_NE(json.find(key), nullptr) << key;
  const auto& kernels = json.at("kernels", "bench").as_array("kernels");
  EXPECT_EQ(kernels.size(), 3U * 15 + 2);  // twelve block formats, two of halves and F32; attention over both kinds of cells
  for (const char* key : {"kernel", "tokens", "operations_per_second", "bytes_per_second", "ceiling", "share"})
    EXPECT_NE(kernels.front().find(key), nullptr) << key;
  expect_refusal({"bench"}, "MODEL is missing");
  expect_refusal({"bench", model_, "--kernels"}, "--kernels measures kernels alone");
}

TEST_F(VerbTest, RunIsRepeatableAndStreamsWhatJsonHolds) {
  const std::vector<std::string> command = {"run", model_, "The river", "-n", "12", "--seed", "5"};
  auto with = [&](std::vector<std::string> more) {
    std::vector<std::string> all = command;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  const Json json = json_of(with({"--json"}));
  EXPECT_EQ(json.at("tokens", "run").as_uint("tokens"), 12U);
  EXPECT_EQ(output_of(with({"--threads", "1"})), "The river" + json.at("text", "run").as_string("text") + "\n");
  EXPECT_EQ(output_of(with({"--no-echo"})), json.at("text", "run").as_string("text") + "\n");
}

TEST_F(VerbTest, RunReadsItsPromptFromStandardInput) {
  const auto prompt = folder_.write("prompt.txt", "The river");
  const Finished done = run({"run", model_, "-", "-n", "4", "--temp", "0"}, prompt);
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_TRUE(done.out.starts_with("The river")) << done.out;
  EXPECT_NE(done.err.find("4 generated"), std::string::npos) << done.err;
}

TEST_F(VerbTest, CompletionNamesEveryVerbAndType) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const std::string script = output_of({"completion", shell});
    for (const char* word : {"quantize", "requantize", "q4_k_m", "against", "consecutive"})
      EXPECT_NE(script.find(word), std::string::npos) << shell << " " << word;
  }
}

TEST_F(VerbTest, BashReadsItsCompletion) {
  folder_.write("completion.bash", output_of({"completion", "bash"}));
  const Finished done = run_process(
      {"/bin/bash", "-c",
       "source ./completion.bash; COMP_WORDS=(tightrope quantize --type q4_k); COMP_CWORD=3; _tightrope; echo \"${COMPREPLY[@]}\""},
      folder_.path());
  EXPECT_EQ(done.out, "q4_k_m q4_k_s\n") << done.err;
}

}  // namespace
}  // namespace tightrope::test
