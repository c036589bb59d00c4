// What README.md, docs/ and --help tell people to type works: every console line and every example is run.
#include <fmt/format.h>

#include <sstream>

#include "apps/program_fixture.h"
#include "formats/format.h"
#include "model/checkpoint_io.h"
#include "passes/quantize/mix.h"
#include "support/container_builder.h"
#include "support/fake_peer.h"
#include "support/small_adapter.h"
#include "support/tiny_model.h"

namespace tightrope::test {
namespace {

namespace fs = std::filesystem;

class DocumentationTest : public ProgramTest {
 protected:
  // What no verb makes: ids.safetensors, my-adapter, encoders, another engine's benchmark program.
  void prepare_inputs() const {
    write_script(folder_, "llama-bench", fake_peer_script());
    write_small_adapter(folder_ / "my-adapter", model::load_model(folder_ / model_).config());
    folder_.write("ids.safetensors", safetensors_file(R"({"input_ids":{"dtype":"I64","shape":[1,2],"data_offsets":[0,16]}})",
                                                      raw(std::int64_t{5}) + raw(std::int64_t{6})));
    write_encoders();
  }

  // Small encoders for the examples of classify: "sentiment" labels texts, "reader" answers questions; and inputs for them.
  void write_encoders() const {
    const model::Arch& bert = model::arch_for_hf_model_type("bert");
    const auto tokenizer = std::make_shared<const text::Tokenizer>(tiny_tokenizer());
    for (const auto& [name, kind] :
         {std::pair("sentiment", model::HeadSpec::Kind::sequence), std::pair("reader", model::HeadSpec::Kind::span)}) {
      std::size_t head = 0;
      while (bert.heads[head].kind != kind) ++head;
      const model::Model made = tiny_model(bert, tiny_config(bert, head));
      const std::vector<model::NamedWeight> weights(made.weights().begin(), made.weights().end());
      model::save_huggingface(model::Model(bert, made.config(), weights, tokenizer), folder_ / name, {});
    }
    folder_.write("pairs.jsonl", R"({"text": "It rains.", "pair": "It is wet."})");
  }
  // The folder holds what the examples assume was made before: these, q4.gguf and q8.gguf.
  void prepare() const {
    prepare_inputs();
    output_of({"quantize", model_, "-o", "q4.gguf", "--type", "q4_k_m"});
    output_of({"quantize", model_, "-o", "q8.gguf", "--type", "q8_0"});
  }

  void expect_works(const std::string& line) const {
    const std::string path = "PATH='" + std::string(TIGHTROPE_BINARY) + "':'" + folder_.path().string() + "':\"$PATH\"; ";
    const Finished done = run_process({"/bin/bash", "-c", path + line}, folder_.path());
    EXPECT_EQ(done.code, 0) << line << "\n" << done.err;
  }
};

std::vector<fs::path> documents() {
  std::vector<fs::path> files = {fs::path(TIGHTROPE_SOURCE) / "README.md"};
  for (const auto& entry : fs::directory_iterator(fs::path(TIGHTROPE_SOURCE) / "docs"))
    if (entry.path().extension() == ".md") files.push_back(entry.path());
  return files;
}

// Lines of ```console blocks that begin with "$ tightrope".
std::vector<std::string> console_lines(const fs::path& file) {
  std::vector<std::string> lines;
  std::istringstream text(content_of(file));
  bool inside = false;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("```")) inside = line == "```console";
    if (inside && line.starts_with("$ tightrope")) lines.push_back(line.substr(2));
  }
  return lines;
}

TEST_F(DocumentationTest, EveryConsoleLineOfTheDocumentsWorks) {
  std::size_t count = 0;
  for (const fs::path& file : documents()) {
    SCOPED_TRACE(file.filename().string());
    fs::remove_all(folder_ / "files");
    for (const auto& entry : fs::directory_iterator(folder_.path()))
      if (entry.path().filename() != "models" && entry.path().filename() != "demo") fs::remove_all(entry.path());
    prepare_inputs();
    for (const std::string& line : console_lines(file)) expect_works(line), ++count;
  }
  EXPECT_GT(count, 10U);
}

TEST_F(DocumentationTest, EveryExampleOfHelpWorks) {
  prepare();
  for (const char* verb : {"doctor", "inspect", "convert", "merge", "quantize", "eval", "bench", "run", "chat", "embed", "classify",
                           "logits", "report", "completion"}) {
    std::istringstream help(output_of({verb, "--help"}));
    std::size_t examples = 0;
    for (std::string line; std::getline(help, line);) {
      if (!line.starts_with("  tightrope ")) continue;
      if (verb == std::string("report") && examples == 0)
        output_of(
            {"eval", "q4.gguf", "--against", model_, "--text", "demo/text.txt", "--chunks", "1", "--report", "report.html", "--force"});
      if (verb == std::string("report")) fs::remove(folder_ / "report.html");
      expect_works(line);
      ++examples;
    }
    EXPECT_GT(examples, 0U) << verb;
  }
}

// The table in docs/formats.md is the registry's.
TEST(FormatsDocument, ListsEveryFormatAndType) {
  const std::string text = content_of(fs::path(TIGHTROPE_SOURCE) / "docs/formats.md");
  for (const formats::Format* format : formats::all()) {
    if (format->kind == formats::Kind::integer) continue;
    const std::string row =
        fmt::format("| `{}` | {:g} | {} | {} |", format->name, format->bits_per_element(), format->block_elements, format->summary);
    EXPECT_NE(text.find(row), std::string::npos) << "docs/formats.md lacks\n" << row;
  }
  for (const passes::Mix& mix : passes::all_mixes()) EXPECT_NE(text.find(fmt::format("`{}`", mix.name)), std::string::npos) << mix.name;
}

// The example in README.md is the one that is compiled.
TEST(ReadmeExample, IsTheCompiledOne) {
  const std::string source = content_of(fs::path(TIGHTROPE_SOURCE) / "tests/apps/readme_example_test.cpp");
  const std::string readme = content_of(fs::path(TIGHTROPE_SOURCE) / "README.md");
  const std::size_t begin = source.find("int make_smaller()"), end = source.find("\n}\n", begin);
  ASSERT_NE(begin, std::string::npos);
  EXPECT_NE(readme.find(source.substr(begin, end - begin)), std::string::npos) << "README.md does not hold\n"
                                                                               << source.substr(begin, end - begin);
}

}  // namespace
}  // namespace tightrope::test
