// The public API over the embedded model: values, not sessions.
#include <gtest/gtest.h>

#include "support/temporary_folder.h"
#include "tightrope/tightrope.h"

namespace tightrope::test {
namespace {

const std::filesystem::path kModel = std::filesystem::path(TIGHTROPE_SOURCE) / "models/wren-7m";

ErrorCode code_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorCode::internal;
}

TEST(Facade, OptimizeLeavesItsInputAlone) {
  const Model base = Model::load(kModel);
  const Model small = optimize(base, Quantize{.type = "q4_0"});
  EXPECT_EQ(base.info().bits_per_weight, 16);
  EXPECT_LT(small.info().bits_per_weight, 5.5);
  EXPECT_EQ(small.info().container, "memory");
  EXPECT_EQ(small.info().file_bytes, 0U);
}

TEST(Facade, StepsAddUpInTheRecipeAndTheTrailingSlashDoesNotMatter) {
  const TemporaryFolder folder;
  optimize(Model::load(kModel.string() + "/").cast("f32"), Quantize{.type = "q8_0"}).save(folder / "a.gguf");
  std::string recipe, source;
  for (const auto& [key, value] : Model::load(folder / "a.gguf").info().provenance) {
    if (key == "tightrope.recipe") recipe = value;
    if (key == "tightrope.source") source = value;
  }
  EXPECT_EQ(source, "wren-7m");
  EXPECT_LT(recipe.find("\"cast\""), recipe.find("\"rtn\""));
  EXPECT_NE(recipe.find("\"rtn\""), std::string::npos);
}

TEST(Facade, ErrorsSayWhatKindTheyAre) {
  EXPECT_EQ(code_of([] { Model::load("nowhere.gguf"); }), ErrorCode::not_found);
  const Model model = Model::load(kModel);
  EXPECT_EQ(code_of([&] { optimize(model, Quantize{.type = "q99"}); }), ErrorCode::not_found);
  EXPECT_EQ(code_of([&] { model.cast("q8_0"); }), ErrorCode::invalid_argument);
  EXPECT_EQ(code_of([&] { model.save("model.safetensors"); }), ErrorCode::invalid_argument);
  EXPECT_EQ(code_of([] { Corpus::from("nowhere.txt"); }), ErrorCode::not_found);
  EXPECT_EQ(code_of([] { evaluate({}, std::nullopt, {"", ""}); }), ErrorCode::invalid_argument);
}

TEST(Facade, AnOutputFileHasItsNameWhenItIsWhole) {
  const TemporaryFolder folder;
  const std::string line(300'000, 'x');
  {
    OutputFile file(folder / "lines.txt", false);
    for (int i = 0; i < 10; ++i) file.append(line);
    EXPECT_FALSE(std::filesystem::exists(folder / "lines.txt"));
    file.commit();
  }
  EXPECT_EQ(std::filesystem::file_size(folder / "lines.txt"), 10 * line.size());
  EXPECT_EQ(code_of([&] { OutputFile(folder / "lines.txt", false); }), ErrorCode::already_exists);
  { OutputFile(folder / "other.txt", false).append(line); }  // never committed
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(Facade, GenerationStopsWhenTheSinkSaysSo) {
  Engine engine(Model::load(kModel));
  std::string heard;
  const Generated done = engine.generate("The", {.max_tokens = 50, .sampling = {.temperature = 0}}, [&](std::string_view text) {
    heard += text;
    return heard.size() < 10;
  });
  EXPECT_EQ(done.text, heard);
  EXPECT_LT(done.tokens, 50U);
}

TEST(Facade, TypesAreOfferedWithTheirBits) {
  bool seen = false;
  double bits = 64;
  for (const QuantizationType& type : quantization_types()) {
    EXPECT_LE(type.bits_per_weight, bits) << type.name;
    bits = type.bits_per_weight;
    if (type.name != "q4_k_m") continue;
    seen = true;
    EXPECT_TRUE(type.mix);
    EXPECT_DOUBLE_EQ(type.bits_per_weight, 4.5);
  }
  EXPECT_TRUE(seen);
}

TEST(Facade, EvaluateWorksOnModelsNoFileHolds) {
  const Model base = Model::load(kModel);
  const std::vector<Model> models = {optimize(base, Quantize{.type = "q8_0"})};
  const Corpus corpus = Corpus::from(std::filesystem::path(TIGHTROPE_SOURCE) / "demo/text.txt");
  const std::vector<ReportRow> rows = evaluate(models, base, corpus, {.eval = {.context = 64, .max_chunks = 2}}).rows();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_TRUE(rows[0].is_base);
  EXPECT_GT(rows[1].kld_mean, 0);
  EXPECT_LT(rows[1].kld_mean, 0.01);
  EXPECT_GT(rows[1].bytes, 0U);
}

}  // namespace
}  // namespace tightrope::test
