// Embedder and Classifier: what the layer below says, in order, from a folder and from a GGUF, and what is refused.
#include "tightrope/encode.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "checkpoint/gguf.h"
#include "model/checkpoint_io.h"
#include "support/clean_refusal.h"
#include "support/temporary_folder.h"
#include "support/tiny_model.h"
#include "tasks/classify.h"
#include "tasks/embed.h"

namespace tightrope::test {
namespace {

using Kind = model::HeadSpec::Kind;

class Encoding : public ::testing::Test {
 protected:
  // A BERT with the first head of a kind, as a folder.
  std::filesystem::path bert(std::string_view name, Kind kind) const {
    const model::Arch& arch = model::arch_for_hf_model_type("bert");
    std::size_t head = 0;
    while (arch.heads[head].kind != kind) ++head;
    const model::Model made = tiny_model(arch, tiny_config(arch, head));
    const std::vector<model::NamedWeight> weights(made.weights().begin(), made.weights().end());
    model::save_huggingface(model::Model(arch, made.config(), weights, std::make_shared<const text::Tokenizer>(tiny_tokenizer())),
                            folder_ / name, {});
    return folder_ / name;
  }
  // Beside a model: how sentence-transformers would pool it.
  void write_sentence_files(const std::string& name, std::string_view pooling, bool normalize) const {
    folder_.write(name + "/modules.json",
                  fmt::format(R"([{{"path":"","type":"s.Transformer"}},{{"path":"1_Pooling","type":"s.Pooling"}}{}])",
                              normalize ? R"(,{"path":"2_Normalize","type":"s.Normalize"})" : ""));
    folder_.write(name + "/1_Pooling/config.json", fmt::format(R"({{"pooling_mode":{}}})", pooling));
    folder_.write(name + "/sentence_bert_config.json", R"({"max_seq_length":20})");
    folder_.write(name + "/config_sentence_transformers.json", R"({"prompts":{"query":"q: "}})");
  }
  static std::vector<std::string> lines_of(const std::vector<Embedding>& embeddings) {
    std::vector<std::string> lines;
    for (const Embedding& embedding : embeddings) lines.push_back(to_json(embedding, lines.size()));
    return lines;
  }
  static std::vector<std::string> embedded(const std::filesystem::path& model, const EmbedOptions& options = {}) {
    return lines_of(Embedder(Model::load(model), options).embed(kTexts));
  }
  static checkpoint::Metadata metadata_of(const std::filesystem::path& file) { return checkpoint::read_gguf(file).metadata; }

  // Of mixed lengths, so that batches by length take another order.
  static inline const std::vector<std::string> kTexts = {"b", "a longer text", "cd", "", "the last one"};
  TemporaryFolder folder_;
};

TEST_F(Encoding, EmbedsAsTheTasksDoAndInOrder) {
  const std::filesystem::path path = bert("base", Kind::hidden);
  const EmbedOptions options{.encode = {.batch_tokens = 9, .threads = 2}, .pooling = "cls", .normalize = true};
  Embedder embedder(Model::load(path), options);
  const model::Model model = model::load_model(path);
  engine::Engine engine(model, {.threads = 1, .isa = std::nullopt});
  ThreadPool threads(1);
  const tasks::EmbeddingPlan plan = tasks::plan_embedding(model, {}, options);
  const std::vector<std::string> together = lines_of(embedder.embed(kTexts));
  EXPECT_EQ(together, lines_of(tasks::embed(engine, threads, plan, kTexts, {}, {})));
  ASSERT_EQ(together.size(), kTexts.size());
  for (std::size_t i = 0; i < kTexts.size(); ++i)
    EXPECT_EQ(to_json(embedder.embed(std::vector{kTexts[i]}).front(), i), together[i]) << kTexts[i];
  EXPECT_EQ(embedder.width(), model.config().model);
  EXPECT_EQ(embedder.context(), 64U);
  EXPECT_EQ(embedder.pooling(), "cls");
  EXPECT_TRUE(embedder.normalizes() && embedder.notices().empty());
}

TEST_F(Encoding, ClassifiesAsTheTasksDoAndInOrder) {
  const std::filesystem::path path = bert("labels", Kind::sequence);
  std::vector<TextInput> inputs;
  for (const std::string& text : kTexts) inputs.push_back({text});
  const ClassifyOptions options{.encode = {.batch_tokens = 9, .threads = 2}, .top_k = 2};
  Classifier classifier(Model::load(path), options);
  const model::Model model = model::load_model(path);
  engine::Engine engine(model, {.threads = 1, .isa = std::nullopt});
  ThreadPool threads(1);
  const std::vector<Classification> found = classifier.classify(inputs);
  const std::vector<Classification> below = tasks::classify(engine, threads, tasks::task_of(model), inputs, {.top_k = 2}, {});
  ASSERT_EQ(found.size(), inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    EXPECT_EQ(classifier.to_json(found[i], i), classifier.to_json(below[i], i));
    EXPECT_EQ(classifier.to_json(classifier.classify(std::span(&inputs[i], 1)).front(), i), classifier.to_json(found[i], i));
  }
  EXPECT_EQ(classifier.task(), "sequence classification");
}

TEST_F(Encoding, RefusesDecodersAndLongTexts) {
  const Model decoder = Model::load(std::filesystem::path(TIGHTROPE_SOURCE) / "models/wren-7m");
  EXPECT_NE(refusal_of([&] { Classifier{decoder}; }).value_or("").find("no head for any task"), std::string::npos);
  const std::vector<std::string> texts = {"short", std::string(200, 'x')};
  const std::vector<TextInput> inputs = {{texts[0]}, {texts[1]}};
  const Model labels = Model::load(bert("labels", Kind::sequence));
  Embedder embedder(labels, {.pooling = "mean"});
  Classifier classifier(labels);
  for (const auto& refusal : {refusal_of([&] { embedder.embed(texts); }), refusal_of([&] { classifier.classify(inputs); })})
    EXPECT_NE(refusal.value_or("").find("the model's context is 64"), std::string::npos);
  const Embedding cut = Embedder(labels, {.encode = {.truncate = true}, .pooling = "mean"}).embed(texts).back();
  EXPECT_TRUE(cut.truncated && cut.tokens == 64);
}

// Everything that a sentence model's files say holds in a GGUF, and in a folder made of that.
TEST_F(Encoding, SentenceModelsAreTheSameInEveryContainer) {
  const std::filesystem::path base = bert("base", Kind::hidden);
  for (const auto& [pooling, type] :
       {std::pair(R"("cls")", 2), std::pair(R"("mean")", 1), std::pair(R"("max")", -1), std::pair(R"(["mean","cls"])", -1)})
    for (const bool normalize : {false, true}) {
      write_sentence_files("base", pooling, normalize);
      Model::load(base).save(folder_ / "a.gguf", {.overwrite = true});
      Model::load(folder_ / "a.gguf").save(folder_ / "b.gguf", {.overwrite = true});
      Model::load(folder_ / "b.gguf").save(folder_ / "again", {.overwrite = true});
      for (const char* name : {"a.gguf", "b.gguf", "again"}) {
        EXPECT_EQ(embedded(folder_ / name), embedded(base)) << name << pooling;
        Embedder embedder(Model::load(folder_ / name), {.prompt_name = "query"});
        EXPECT_EQ(embedder.context(), 20U);
        EXPECT_EQ(embedder.normalizes(), normalize);
        EXPECT_TRUE(Model::load(folder_ / name).info().notices.empty());
      }
      const checkpoint::Metadata metadata = metadata_of(folder_ / "b.gguf");
      EXPECT_EQ(metadata.find("bert.pooling_type") != nullptr, type >= 0);
      EXPECT_EQ(metadata.unsigned_or("bert.pooling_type", 0), type < 0 ? 0U : static_cast<std::uint64_t>(type));
    }
}

TEST_F(Encoding, APoolingTypeAloneBecomesFilesAndStays) {
  model::SaveOptions options;
  options.extra.set("bert.pooling_type", {std::uint32_t{2}});
  model::save_gguf(model::load_model(bert("base", Kind::hidden)), folder_ / "foreign.gguf", options);
  Model::load(folder_ / "foreign.gguf").save(folder_ / "ours.gguf");
  Model::load(folder_ / "foreign.gguf").save(folder_ / "folder");
  const std::vector<std::string> expected = embedded(folder_ / "base", {.pooling = "cls", .normalize = true});
  for (const char* name : {"foreign.gguf", "ours.gguf", "folder"}) EXPECT_EQ(embedded(folder_ / name), expected) << name;
}

TEST_F(Encoding, AChangedPoolingTypeWinsOverTheFilesWithANotice) {
  const std::filesystem::path base = bert("base", Kind::hidden);
  write_sentence_files("base", R"("mean")", true);
  Model::load(base).save(folder_ / "a.gguf");
  model::SaveOptions options;
  const checkpoint::Metadata metadata = metadata_of(folder_ / "a.gguf");
  options.extra.set("tightrope.sentence.files", *metadata.find("tightrope.sentence.files"));
  options.extra.set("bert.pooling_type", {std::uint32_t{2}});
  model::save_gguf(model::load_model(base), folder_ / "changed.gguf", options);
  Embedder embedder(Model::load(folder_ / "changed.gguf"));
  EXPECT_EQ(embedder.pooling(), "cls");
  ASSERT_EQ(embedder.notices().size(), 1U);
  EXPECT_NE(embedder.notices().front().find("tightrope.sentence.files"), std::string::npos);
}

TEST_F(Encoding, AModeThatIsNotKnownCanBeReplaced) {
  const std::filesystem::path base = bert("base", Kind::hidden);
  write_sentence_files("base", R"("attention")", false);
  Model::load(base).save(folder_ / "a.gguf");
  for (const std::filesystem::path& path : {base, folder_ / "a.gguf"}) {
    EXPECT_NE(refusal_of([&] { Embedder(Model::load(path)); }).value_or("").find("choose one with --pooling"), std::string::npos);
    EXPECT_EQ(Embedder(Model::load(path), {.pooling = "mean"}).pooling(), "mean");
  }
}

TEST_F(Encoding, ScoresKeepTheirLength) {
  Model::load(bert("labels", Kind::sequence)).save(folder_ / "labels.gguf");
  Embedder embedder(Model::load(folder_ / "labels.gguf"));
  EXPECT_EQ(embedder.pooling(), "rank");
  EXPECT_FALSE(embedder.normalizes());
  EXPECT_EQ(embedded(folder_ / "labels.gguf"), embedded(folder_ / "labels", {.pooling = "rank"}));
}

// A replaced folder may have a sentence model's steps in it, but nobody's work.
TEST_F(Encoding, AFolderWithStepsIsReplacedAndOneWithMoreIsNot) {
  const std::filesystem::path base = bert("base", Kind::hidden);
  write_sentence_files("base", R"("mean")", true);
  Model::load(base).save(folder_ / "copy");
  Model::load(base).save(folder_ / "copy", {.overwrite = true});
  EXPECT_NE(refusal_of([&] { Model::load(base).save(folder_ / "copy"); }).value_or("").find("--force"), std::string::npos);
  folder_.write("copy/1_Pooling/notes.txt", "mine");
  EXPECT_NE(refusal_of([&] { Model::load(base).save(folder_ / "copy", {.overwrite = true}); }).value_or("").find("'1_Pooling'"),
            std::string::npos);
}

}  // namespace
}  // namespace tightrope::test
