// Folders and files whose parts do not belong together are refused by name.
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "base/error.h"
#include "base/json.h"
#include "checkpoint/gguf.h"
#include "checkpoint/safetensors.h"
#include "model/checkpoint_io.h"
#include "model/collect.h"
#include "model/gguf_tokenizer.h"
#include "support/temporary_folder.h"
#include "support/tiny_model.h"

namespace tightrope::model {
namespace {

namespace fs = std::filesystem;

// A good folder, spoilt by `spoil`, must be refused with a message that holds each of `named`.
void expect_refused(const std::function<void(const fs::path&)>& spoil, std::initializer_list<std::string_view> named) {
  const test::TemporaryFolder folder;
  const fs::path model = folder / "model";
  save_huggingface(test::tiny_model(arch_for_hf_model_type("llama")), model, {});
  spoil(model);
  try {
    load_model(model);
    ADD_FAILURE() << "was accepted";
  } catch (const Error& error) {
    for (const std::string_view text : named) EXPECT_NE(std::string(error.what()).find(text), std::string::npos) << error.what();
  }
}

void change_config(const fs::path& folder, std::string_view key, Json value) {
  Json json = Json::parse(test::content_of(folder / "config.json"), "a test");
  json[key] = std::move(value);
  std::ofstream(folder / "config.json") << json.dump();
}

// Writes the folder's tensors again, changed.
void rewrite(const fs::path& folder, const std::function<void(std::vector<checkpoint::PendingEntry>&)>& change) {
  const checkpoint::Container container = checkpoint::read_safetensors_folder(folder);
  std::vector<checkpoint::PendingEntry> entries;
  for (const checkpoint::Entry& entry : container.entries)
    entries.push_back(pending(entry.name, Weight(*entry.format, entry.shape, entry.bytes)));
  change(entries);
  fs::remove(folder / "model.safetensors");
  checkpoint::write_safetensors_folder(folder, entries, {});
}

TEST(LoadHuggingface, RefusesAConfigurationOfAnotherModel) {
  expect_refused([](const fs::path& folder) { change_config(folder, "vocab_size", Json(319)); },
                 {"embed_tokens", "[320, 32]", "[319, 32]"});
  expect_refused([](const fs::path& folder) { change_config(folder, "num_hidden_layers", Json(3)); }, {"lacks", "model.layers.2."});
  expect_refused([](const fs::path& folder) { change_config(folder, "num_hidden_layers", Json(1)); }, {"does not know", "model.layers.1."});
  expect_refused([](const fs::path& folder) { change_config(folder, "attention_bias", Json(true)); }, {"lacks", "q_proj.bias"});
  expect_refused([](const fs::path& folder) { change_config(folder, "tie_word_embeddings", Json(true)); }, {"lm_head.weight"});
  expect_refused([](const fs::path& folder) { change_config(folder, "model_type", Json("mamba")); }, {"mamba", "llama", "qwen3"});
  expect_refused(
      [](const fs::path& folder) { change_config(folder, "architectures", Json(Json::Array{Json("LlamaForTokenClassification")})); },
      {"LlamaForTokenClassification"});
  expect_refused([](const fs::path& folder) { fs::remove(folder / "config.json"); }, {"config.json"});
  expect_refused([](const fs::path& folder) { fs::rename(folder / "config.json", folder / "adapter_config.json"); }, {"adapter", "base"});
  expect_refused([](const fs::path& folder) { fs::remove(folder / "model.safetensors"); }, {"model.safetensors"});
  expect_refused([](const fs::path& folder) { fs::resize_file(folder / "model.safetensors", 4000); }, {"model.safetensors"});
}

TEST(LoadHuggingface, RefusesUnknownTensorsButIgnoresOldBuffers) {
  expect_refused(
      [](const fs::path& folder) {
        rewrite(folder, [](std::vector<checkpoint::PendingEntry>& entries) {
          entries.push_back(entries.front());
          entries.back().name = "model.layers.0.extra.weight";
        });
      },
      {"model.layers.0.extra.weight"});
  const test::TemporaryFolder folder;
  const Model model = test::tiny_model(arch_for_hf_model_type("llama"));
  save_huggingface(model, folder / "model", {});
  rewrite(folder / "model", [](std::vector<checkpoint::PendingEntry>& entries) {
    entries.push_back(entries.front());
    entries.back().name = "model.layers.0.self_attn.rotary_emb.inv_freq";
  });
  EXPECT_EQ(load_model(folder / "model").weights().size(), model.weights().size());
}

TEST(LoadHuggingface, TakesAHeadThatRepeatsItsTiedEmbedding) {
  const test::TemporaryFolder folder;
  Config config = test::tiny_config();
  config.tied = true;
  save_huggingface(test::tiny_model(arch_for_hf_model_type("llama"), config), folder / "model", {});
  rewrite(folder / "model", [](std::vector<checkpoint::PendingEntry>& entries) {
    for (const checkpoint::PendingEntry& entry : entries)
      if (entry.name == "model.embed_tokens.weight") {
        checkpoint::PendingEntry head = entry;
        head.name = "lm_head.weight";
        entries.push_back(head);
        return;
      }
  });
  EXPECT_EQ(load_model(folder / "model").find("head"), nullptr);
}

TEST(Load, NamesWhatItCannotOpen) {
  const test::TemporaryFolder folder;
  EXPECT_THROW(load_model(folder / "nowhere"), Error);
  EXPECT_THROW(load_model(folder.write("model.bin", "pickle")), Error);
  EXPECT_THROW(load_model(folder.write("model.gguf", "GGUF")), Error);
}

TEST(GgufTokenizer, SurvivesWithEverythingItCanSay) {
  text::TokenizerDefinition definition = test::tiny_tokenizer();
  definition.added[1].left_strip = true;
  definition.tokens.push_back({"<user>", text::TokenKind::user_defined});
  definition.added.push_back({.id = static_cast<text::TokenId>(definition.tokens.size() - 1), .content = "<user>", .normalized = true});
  definition.around = text::surrounding_template({0, 2}, {1});
  definition.bpe()->ignore_merges = false;
  definition.chat_template = "{{ messages }}";
  checkpoint::Metadata metadata;
  write_gguf_tokenizer(definition, 300, metadata);
  EXPECT_EQ(metadata.strings("tokenizer.ggml.tokens")->size(), 300U);
  const text::TokenizerDefinition back = read_gguf_tokenizer(metadata);
  EXPECT_EQ(back.tokens.size(), definition.tokens.size());
  EXPECT_EQ(back.bpe()->merges, definition.bpe()->merges);
  EXPECT_EQ(back.prefix(), definition.prefix());
  EXPECT_EQ(back.suffix(), definition.suffix());
  EXPECT_FALSE(back.bpe()->ignore_merges);
  EXPECT_EQ(back.chat_template, definition.chat_template);
  ASSERT_EQ(back.added.size(), definition.added.size());
  EXPECT_TRUE(back.added[1].left_strip);
  EXPECT_TRUE(back.added[3].normalized);
  EXPECT_FALSE(back.added[3].special);
}

TEST(GgufTokenizer, RefusesWhatIsBroken) {
  const auto refused = [](std::string key, checkpoint::Value value, ErrorCode code) {
    checkpoint::Metadata metadata;
    write_gguf_tokenizer(test::tiny_tokenizer(), 0, metadata);
    metadata.set(key, std::move(value));
    try {
      read_gguf_tokenizer(metadata);
      ADD_FAILURE() << key << " was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
    }
  };
  refused("tokenizer.ggml.model", {std::string("rwkv")}, ErrorCode::unsupported);
  refused("tokenizer.ggml.pre", {std::string("nonesuch")}, ErrorCode::unsupported);
  refused("tokenizer.ggml.token_type", {std::vector<std::int32_t>{1, 2}}, ErrorCode::malformed);
  refused("tokenizer.ggml.token_type", {std::vector<std::int32_t>(262, 9)}, ErrorCode::malformed);
  refused("tokenizer.ggml.merges", {std::vector<std::string>{"th"}}, ErrorCode::malformed);
  refused("tokenizer.ggml.bos_token_id", {std::uint32_t{4000000000}}, ErrorCode::malformed);
  for (const char* components :
       {"{", "{}", R"({"added_tokens": [[5000, 1]], "model": {"unknown": -1}})", R"({"added_tokens": [], "model": {"unknown": 5000}})"})
    refused("tightrope.tokenizer.components", {std::string(components)}, ErrorCode::malformed);
}

}  // namespace
}  // namespace tightrope::model
