// tightrope merge, and --adapter: an adapter applied as the model runs says what the merged model says.
#include "apps/program_fixture.h"
#include "model/checkpoint_io.h"
#include "support/container_builder.h"
#include "support/small_adapter.h"

namespace tightrope::test {
namespace {

class AdapterVerbTest : public ProgramTest {
 protected:
  AdapterVerbTest() { write_small_adapter(folder_ / "my-adapter", model::load_model(folder_ / model_).config()); }
  Json said(std::vector<std::string> arguments) const {
    for (const char* more : {"The old house", "-n", "12", "--temp", "0", "--json"}) arguments.emplace_back(more);
    return json_of(arguments);
  }
  std::string text(const std::vector<std::string>& arguments) const { return said(arguments).at("text", "run").as_string("text"); }
};

TEST_F(AdapterVerbTest, MergedModelsSayWhatTheAdapterSays) {
  const std::string with = text({"run", model_, "--adapter", "my-adapter"});
  EXPECT_NE(with, text({"run", model_}));
  const Json merged = json_of({"merge", model_, "my-adapter", "-o", "merged", "--type", "f32", "--json"});
  EXPECT_EQ(merged.at("bytes_by_format", "merge").as_object("formats").size(), 1U);
  EXPECT_EQ(text({"run", "merged"}), with);
  output_of({"merge", "merged", "my-adapter", "-o", "twice.gguf"});  // an adapter may be merged again: it is added once more
  EXPECT_NE(text({"run", "twice.gguf"}), with);
  output_of({"merge", model_, "my-adapter", "-o", "merged.gguf"});
  const Json inspected = json_of({"inspect", "merged.gguf", "--json"});
  EXPECT_NE(inspected.at("provenance", "inspect").dump().find("merge"), std::string::npos);
  EXPECT_NE(inspected.at("bytes_by_format", "inspect").find("bf16"), nullptr);  // as its base
}

TEST_F(AdapterVerbTest, EvalAndLogitsTakeOne) {
  const std::vector<std::string> eval = {"eval", model_, "--text", "demo/text.txt", "--chunks", "1", "--json"};
  std::vector<std::string> adapted = eval;
  adapted.insert(adapted.end(), {"--adapter", "my-adapter"});
  EXPECT_NE(output_of(eval), output_of(adapted));
  folder_.write("ids.safetensors", safetensors_file(R"({"input_ids":{"dtype":"I64","shape":[1,2],"data_offsets":[0,16]}})",
                                                    raw(std::int64_t{5}) + raw(std::int64_t{6})));
  output_of({"logits", model_, "--ids", "ids.safetensors", "-o", "plain.safetensors"});
  output_of({"logits", model_, "--ids", "ids.safetensors", "-o", "adapted.safetensors", "--adapter", "my-adapter"});
  EXPECT_NE(content_of(folder_ / "plain.safetensors"), content_of(folder_ / "adapted.safetensors"));
}

// Also where the adapter's folder could be taken for a model's.
TEST_F(AdapterVerbTest, TheAdapterIsNotReplaced) {
  folder_.write("my-adapter/config.json", "{}");
  expect_refusal({"merge", model_, "my-adapter", "-o", "my-adapter", "--force"}, "is being read");
  expect_refusal({"merge", model_, "my-adapter/", "-o", "my-adapter", "--force"}, "is being read");
}

TEST_F(AdapterVerbTest, RefusesWhatCannotBeMerged) {
  output_of({"quantize", model_, "-o", "q8.gguf", "--type", "q8_0"});
  expect_refusal({"merge", "q8.gguf", "my-adapter", "-o", "merged.gguf"}, "--type bf16");
  expect_refusal({"merge", model_, "models", "-o", "merged.gguf"}, "adapter_config.json");
  expect_refusal({"run", model_, "Once", "--adapter", "models"}, "adapter_config.json");
  expect_refusal({"eval", model_, "--text", "demo/text.txt", "--adapter", "my-adapter", "--bench"}, "merge the adapter first");
  folder_.write("ia3/adapter_config.json", R"({"peft_type": "IA3"})");
  expect_refusal({"merge", model_, "ia3", "-o", "merged.gguf"}, "IA3");
  output_of({"merge", "q8.gguf", "my-adapter", "-o", "merged.gguf", "--type", "bf16"});
}

}  // namespace
}  // namespace tightrope::test
