// Every broken model through everything that reads a model: what only the loader refuses is no protection (CVE-2026-7482 was a quantiser).
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstring>
#include <set>

#include "base/json.h"
#include "checkpoint/gguf.h"
#include "model/checkpoint_io.h"
#include "support/clean_refusal.h"
#include "support/container_builder.h"
#include "support/container_cases.h"
#include "support/small_adapter.h"
#include "support/temporary_folder.h"
#include "support/tiny_model.h"
#include "tightrope/tightrope.h"

namespace tightrope::test {
namespace {

namespace fs = std::filesystem;

// One way to use the model at a path; what it writes is out.gguf, out or out.safetensors in `folder`.
struct Verb {
  const char* name;
  void (*use)(const fs::path& model, const fs::path& folder);
};

const Verb kVerbs[] = {
    {"inspect", [](const fs::path& model, const fs::path&) { to_json(Model::load(model).info(), Model::load(model).tensors()); }},
    {"verify",
     [](const fs::path& model, const fs::path&) {
       if (!Model::load(model).non_finite(1).empty()) throw Error(ErrorCode::malformed, "[verify] not finite");
     }},
    {"convert to gguf",
     [](const fs::path& model, const fs::path& folder) { Model::load(model).save(folder / "out.gguf", {.threads = 1}); }},
    {"convert to folder",
     [](const fs::path& model, const fs::path& folder) { Model::load(model).cast("f32", true).save(folder / "out", {.threads = 1}); }},
    {"quantize",
     [](const fs::path& model, const fs::path& folder) {
       optimize(Model::load(model), {.type = "q8_0", .requantize = true}).save(folder / "out.gguf", {.threads = 1});
     }},
    {"eval",
     [](const fs::path& model, const fs::path&) {
       const Model loaded = Model::load(model);
       evaluate(std::span(&loaded, 1), loaded, {"text", std::string(200, 'a')}, {.eval = {.context = 16, .max_chunks = 1, .threads = 1}});
     }},
    {"bench", [](const fs::path& model,
                 const fs::path&) { benchmark(model, {.prefill_tokens = 2, .decode_tokens = 1, .repetitions = 1, .threads = 1}); }},
    {"run", [](const fs::path& model, const fs::path&) { Engine(Model::load(model), {.threads = 1}).generate("abc", {.max_tokens = 2}); }},
    {"logits",
     [](const fs::path& model, const fs::path& folder) {
       write_logits(Model::load(model), folder / "ids.safetensors", folder / "out.safetensors", {.threads = 1});
     }},
    {"chat",
     [](const fs::path& model, const fs::path&) {
       const Model loaded = Model::load(model);
       Engine engine(loaded, {.threads = 1});
       chat(engine, loaded, conversation_of({{"user", "abc"}}), {.max_tokens = 2}, {.chat_template = "{{ messages[0].content }}"});
     }},
    {"embed", [](const fs::path& model,
                 const fs::path&) { Embedder(Model::load(model), {.encode = {.threads = 1}}).embed(std::vector<std::string>{"abc"}); }},
    {"merge",
     [](const fs::path& model, const fs::path& folder) {
       Model::load(model).with_adapter(folder / "adapter").merged("bf16").save(folder / "out.gguf", {.threads = 1});
     }},
};

// A decoder has no head to classify with, so this verb's whole model is another one; broken models are refused before that matters.
const Verb kClassify{"classify", [](const fs::path& model, const fs::path&) {
                       Classifier(Model::load(model), {.encode = {.threads = 1}}).classify(std::vector<TextInput>{{"abc"}});
                     }};

class EveryVerb : public ::testing::Test {
 protected:
  EveryVerb() {
    const model::Model tiny = tiny_model(model::arch_for_hf_model_type("llama"));
    model::save_gguf(tiny, folder_ / "whole.gguf", {});
    model::save_huggingface(tiny, folder_ / "whole", {});
    gguf_ = content_of(folder_ / "whole.gguf");
    safetensors_ = content_of(folder_ / "whole/model.safetensors");
    config_ = content_of(folder_ / "whole/config.json");
    folder_.write("ids.safetensors", safetensors_file(R"({"input_ids":{"dtype":"I64","shape":[1,2],"data_offsets":[0,16]}})",
                                                      raw<std::int64_t>(5) + raw<std::int64_t>(6)));
    write_small_adapter(folder_ / "adapter", tiny.config());
    save_classifier();
    names_ = names();
  }

  // A whole model of another kind: kClassify's.
  void save_classifier() const {
    const model::Arch& bert = model::arch_for_hf_model_type("bert");
    std::size_t head = 0;
    while (bert.heads[head].kind != model::HeadSpec::Kind::sequence) ++head;
    const model::Model plain = tiny_model(bert, tiny_config(bert, head));
    const std::vector<model::NamedWeight> weights(plain.weights().begin(), plain.weights().end());
    const model::Model classifier(bert, plain.config(), weights, std::make_shared<const text::Tokenizer>(tiny_tokenizer()));
    model::save_gguf(classifier, folder_ / "labels.gguf", {});
    model::save_huggingface(classifier, folder_ / "labels", {});
  }

  std::set<std::string> names() const {
    std::set<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder_.path())) found.insert(entry.path().filename().string());
    return found;
  }

  // Each verb refuses the model and leaves nothing.
  void expect_refusals(const std::string& what, const fs::path& model) {
    names_ = names();
    for (const Verb& verb : kVerbs) expect_refusal(what, verb, model);
    expect_refusal(what, kClassify, model);
  }
  void expect_refusal(const std::string& what, const Verb& verb, const fs::path& model) {
    SCOPED_TRACE(what + ", " + verb.name);
    const auto message = refusal_of([&] { verb.use(model, folder_.path()); });
    EXPECT_TRUE(message.has_value());
    EXPECT_TRUE(!message || message->starts_with("[")) << *message;
    EXPECT_EQ(names(), names_);
  }
  void expect_gguf_refusals(const std::string& what, const std::string& bytes) { expect_refusals(what, folder_.write("bad.gguf", bytes)); }
  void expect_safetensors_refusals(const std::string& what, const std::string& bytes) {
    folder_.write("bad/config.json", config_);
    folder_.write("bad/model.safetensors", bytes);
    expect_refusals(what, folder_ / "bad");
  }

  // Where the header's row of a tensor goes on after its name: rank u32, dimensions u64, type u32, offset u64.
  std::size_t row_of(const std::string& tensor) const {
    const std::string name = gguf_string(tensor);
    const std::size_t found = gguf_.find(name);
    EXPECT_NE(found, std::string::npos);
    return found + name.size();
  }
  // The GGUF with a number in it replaced.
  template <class Number>
  std::string patched(std::size_t place, Number value) const {
    std::string bytes = gguf_;
    std::memcpy(bytes.data() + place, &value, sizeof value);
    return bytes;
  }

  TemporaryFolder folder_;
  std::string gguf_, safetensors_, config_;
  std::set<std::string> names_;
};

TEST_F(EveryVerb, UsesAWholeModel) {
  for (const Verb& verb : kVerbs)
    for (const char* model : {"whole.gguf", "whole"}) {
      EXPECT_NO_THROW(verb.use(folder_ / model, folder_.path())) << verb.name << ' ' << model;
      for (const char* output : {"out", "out.gguf", "out.safetensors"}) fs::remove_all(folder_ / output);
    }
  for (const char* model : {"labels.gguf", "labels"}) EXPECT_NO_THROW(kClassify.use(folder_ / model, folder_.path())) << model;
}

TEST_F(EveryVerb, RefusesEveryCaseOfGguf) {
  for (const Case& test : gguf_cases()) expect_gguf_refusals(test.name, test.bytes);
}

TEST_F(EveryVerb, RefusesEveryCaseOfSafetensors) {
  for (const Case& test : safetensors_cases()) expect_safetensors_refusals(test.name, test.bytes);
}

TEST_F(EveryVerb, RefusesAModelWhoseTensorTableLies) {
  for (const std::string tensor : {"token_embd.weight", "blk.1.ffn_up.weight", "output_norm.weight"}) {
    const std::size_t row = row_of(tensor);
    std::uint32_t rank = 0;
    std::memcpy(&rank, gguf_.data() + row, sizeof rank);
    const std::size_t dimension = row + 4, type = dimension + 8 * rank, offset = type + 4;
    for (const std::uint64_t value :
         {std::uint64_t{0}, std::uint64_t{1} << 20, std::uint64_t{1} << 33, std::uint64_t{1} << 63, ~std::uint64_t{0}})
      expect_gguf_refusals(tensor + " of another dimension", patched(dimension, value));
    for (const std::uint32_t value : {2u, 8u, 24u, 999u}) expect_gguf_refusals(tensor + " of another type", patched(type, value));
    for (const std::uint64_t value : {std::uint64_t{32} * 9999, std::uint64_t{gguf_.size()}, ~std::uint64_t{31}, std::uint64_t{7}})
      expect_gguf_refusals(tensor + " elsewhere", patched(offset, value));
    for (const std::uint32_t value : {0u, 1u + (rank == 1), 5u, ~0u})
      expect_gguf_refusals(tensor + " of another rank", patched(row, value));
  }
}

TEST_F(EveryVerb, RefusesAModelCutAnywhere) {
  const checkpoint::Container whole = checkpoint::read_gguf(folder_ / "whole.gguf");
  const std::byte* start = whole.entries.front().bytes.data();
  const std::size_t data =
      gguf_.size() - static_cast<std::size_t>(whole.entries.back().bytes.data() + whole.entries.back().bytes.size() - start);
  for (const std::size_t size : {std::size_t{0}, std::size_t{4}, std::size_t{24}, data / 2, data - 1, data, data + 1, gguf_.size() / 2})
    expect_gguf_refusals("cut to " + std::to_string(size), gguf_.substr(0, size));
  const std::size_t header = 8 + safetensors_.rfind('}');
  for (const std::size_t size : {std::size_t{0}, std::size_t{7}, std::size_t{8}, header / 2, header, header + 1, safetensors_.size() - 1})
    expect_safetensors_refusals("cut to " + std::to_string(size), safetensors_.substr(0, size));
  expect_safetensors_refusals("with more", safetensors_ + "more");
}

TEST_F(EveryVerb, RefusesAConfigurationOfAnotherModel) {
  folder_.write("bad/model.safetensors", safetensors_);
  const auto with = [&](std::string_view key, std::string_view value) {
    Json json = Json::parse(config_, "config");
    json[key] = Json::parse(value, "value");
    folder_.write("bad/config.json", json.dump());
    expect_refusals(std::string(key) + ": " + std::string(value), folder_ / "bad");
  };
  for (const std::string_view key : {"vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size"})
    for (const std::string_view value : {"-1", "0", "1", "4096", "268435456", "9223372036854775807", "1e400", "\"32\"", "null", "[]"}) {
      if (value != "1e400") with(key, value);
    }
  with("num_key_value_heads", "3");
  with("head_dim", "7");
  with("model_type", "\"gpt9\"");
  with("model_type", "{}");
  with("architectures", "[\"Evil\"]");
  with("rope_scaling", R"({"rope_type":"warped"})");
  with("quantization_config", "{}");
  for (const std::string_view text :
       {"", "[]", "{}", "null", "{\"model_type\":", "{\"model_type\":\"llama\",\"model_type\":\"llama\"}", "\xff"}) {
    folder_.write("bad/config.json", text);
    expect_refusals("the configuration " + std::string(text), folder_ / "bad");
  }
}

TEST_F(EveryVerb, RefusesATokenizerOfAnotherModel) {
  folder_.write("bad/model.safetensors", safetensors_);
  folder_.write("bad/config.json", config_);
  for (const std::string& text : {std::string("{"), std::string("[]"), std::string("{}"),
                                  std::string(R"({"model":{"type":"BPE","vocab":{"a":99999999},"merges":[]}})"),
                                  std::string(R"({"model":{"type":"BPE","vocab":{"a":0},"merges":["x y"]}})"), std::string(5000, '[')}) {
    folder_.write("bad/tokenizer.json", text);
    expect_refusals("the tokenizer " + text.substr(0, 60), folder_ / "bad");
  }
}

// What must not be opened at all, let alone waited for.
TEST_F(EveryVerb, RefusesWhatIsNoFile) {
  ASSERT_EQ(::mkfifo((folder_ / "pipe.gguf").c_str(), 0600), 0);
  fs::create_directory(folder_ / "folder.gguf");
  fs::create_symlink("/dev/zero", folder_ / "zero.gguf");
  fs::create_symlink("/dev/null", folder_ / "null.safetensors");
  fs::create_symlink("loop.gguf", folder_ / "loop.gguf");
  folder_.write("empty.gguf", "");
  fs::create_directory(folder_ / "empty");
  for (const char* name : {"pipe.gguf", "folder.gguf", "zero.gguf", "null.safetensors", "loop.gguf", "empty.gguf", "empty", "absent.gguf"})
    expect_refusals(name, folder_ / name);
  expect_refusals("a long name", folder_ / (std::string(300, 'n') + ".gguf"));
  expect_refusals("a name with NUL", fs::path(std::string("a\0b.gguf", 8)));
  expect_refusals("no name", "");
}

TEST_F(EveryVerb, RefusesAFolderWhosePartsAreNoFiles) {
  for (const char* part : {"config.json", "model.safetensors", "tokenizer.json", "generation_config.json", "tokenizer_config.json"}) {
    fs::remove_all(folder_ / "bad");
    fs::copy(folder_ / "whole", folder_ / "bad");
    fs::remove(folder_ / "bad" / part);
    ASSERT_EQ(::mkfifo((folder_ / "bad" / part).c_str(), 0600), 0);
    expect_refusals(std::string(part) + " is a pipe", folder_ / "bad");
    fs::remove(folder_ / "bad" / part);
    fs::create_directory(folder_ / "bad" / part);
    expect_refusals(std::string(part) + " is a folder", folder_ / "bad");
    fs::remove(folder_ / "bad" / part);
    fs::create_symlink("/dev/zero", folder_ / "bad" / part);
    expect_refusals(std::string(part) + " leads to a device", folder_ / "bad");
    fs::remove(folder_ / "bad" / part);
    folder_.write(std::string("bad/") + part, "{");
    fs::resize_file(folder_ / "bad" / part, std::uint64_t{1} << 30);
    expect_refusals(std::string(part) + " of a gigabyte", folder_ / "bad");
  }
}

// A file that shrank to whole pages between the check and the use is the operating system's signal, not an error: see the signals' test.
// Here: a file that is far larger than the memory, but holds no more than it says.
TEST_F(EveryVerb, RefusesAHugeHole) {
  folder_.write("bad.gguf", gguf_.substr(0, 100));
  fs::resize_file(folder_ / "bad.gguf", std::uint64_t{1} << 40);
  expect_refusals("a terabyte of zeros", folder_ / "bad.gguf");
  folder_.write("bad/config.json", config_);
  folder_.write("bad/model.safetensors", safetensors_);
  fs::resize_file(folder_ / "bad/model.safetensors", std::uint64_t{1} << 40);
  expect_refusals("a terabyte of zeros", folder_ / "bad");
}

// What a GGUF brings along is written to a folder: never outside it, never over the model's own files.
TEST_F(EveryVerb, WritesNoFileThatAModelNames) {
  for (const std::string name : {"../evil.json", "/tmp/evil.json", "config.json", "a/../../config.json", "model.safetensors/config.json"}) {
    model::SaveOptions options;
    options.extra.set("tightrope.sentence.files", {R"({"modules.json":[],")" + name + R"(":{}})"});
    fs::remove(folder_ / "evil.gguf");
    model::save_gguf(tiny_model(model::arch_for_hf_model_type("llama")), folder_ / "evil.gguf", options);
    const std::set<std::string> before = names();
    EXPECT_TRUE(refusal_of([&] { Model::load(folder_ / "evil.gguf").save(folder_ / "out"); }).has_value()) << name;
    EXPECT_EQ(names(), before) << name;
  }
}

// Links named like weights that lead back to their folder: following them would take 2^40 steps.
TEST_F(EveryVerb, IsNotLedInCircles) {
  for (const char* name : {"a.safetensors", "b.safetensors"}) fs::create_directory_symlink(".", folder_ / "whole" / name);
  EXPECT_EQ(Model::load(folder_ / "whole").info().file_bytes, safetensors_.size());
}

// Its tokenizer knows 262 tokens, the model embeds 320, and a model of random numbers soon says one of the others.
TEST_F(EveryVerb, SurvivesTokensBeyondTheTokenizer) {
  const Generated done =
      Engine(Model::load(folder_ / "whole"), {.threads = 1}).generate("a", {.max_tokens = 60, .sampling = {.temperature = 5, .top_k = 0}});
  EXPECT_TRUE(done.tokens == 60 || done.stopped);
}

}  // namespace
}  // namespace tightrope::test
