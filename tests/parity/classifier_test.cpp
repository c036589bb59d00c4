// The trained classifier reproduces what transformers measured: its logits, and how many reviews of SST-2 it gets right.
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/json.h"
#include "checkpoint/safetensors.h"
#include "model/checkpoint_io.h"
#include "parity/compare.h"
#include "tightrope/encode.h"

namespace tightrope::parity {
namespace {

const std::filesystem::path kShared = TIGHTROPE_SHARED;

struct Review {
  std::string text;
  bool positive = false;
};

std::vector<Review> reviews(const std::filesystem::path& file) {
  std::vector<Review> list;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    const std::size_t tab = line.rfind('\t');
    if (tab != std::string::npos) list.push_back({line.substr(0, tab), line.substr(tab + 1) == "1"});
  }
  return list;
}

class TrainedClassifier : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(folder_ / "oracle.json")) GTEST_SKIP() << "no classifier at " << folder_;
  }

  double accuracy(const std::string& part) const {
    const std::vector<Review> list = reviews(kShared / "data/sst2" / (part + ".tsv"));
    std::vector<TextInput> inputs;
    for (const Review& review : list) inputs.push_back({review.text});
    Classifier classifier(Model::load(folder_));
    const std::vector<Classification> found = classifier.classify(inputs);
    std::size_t right = 0;
    for (std::size_t i = 0; i < list.size(); ++i) right += (found[i].findings.front().label == "positive") == list[i].positive ? 1 : 0;
    return static_cast<double>(right) / static_cast<double>(list.size());
  }
  double expected(const std::string& key) const {
    return Json::parse(read_text_file(folder_ / "oracle.json"), "oracle.json").at(key, "oracle.json").as_double(key);
  }

  const std::filesystem::path folder_ = kShared / "models/wren-bert-sst2";
};

TEST_F(TrainedClassifier, IsRightAsOftenAsMeasured) {
  EXPECT_NEAR(accuracy("dev"), expected("sst2_dev_accuracy"), 1e-9);
  EXPECT_NEAR(accuracy("test"), expected("sst2_test_accuracy"), 1e-9);
}

TEST_F(TrainedClassifier, GivesTheLogitsOfTransformers) {
  const checkpoint::Container oracle = checkpoint::read_safetensors(folder_ / "oracle.safetensors");
  const auto integers = [&](const char* name) {
    std::vector<std::int64_t> values(oracle.find(name)->shape.elements());
    std::memcpy(values.data(), oracle.find(name)->bytes.data(), values.size() * sizeof(std::int64_t));
    return values;
  };
  const std::vector<std::int64_t> ids = integers("input_ids"), mask = integers("attention_mask");
  std::vector<float> logits(oracle.find("logits")->shape.elements());
  std::memcpy(logits.data(), oracle.find("logits")->bytes.data(), logits.size() * sizeof(float));
  const std::size_t columns = oracle.find("input_ids")->shape.row_length();
  std::vector<std::vector<text::TokenId>> rows;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i % columns == 0) rows.emplace_back();
    if (mask[i] != 0) rows.back().push_back(static_cast<text::TokenId>(ids[i]));
  }
  std::vector<engine::Text> texts;
  for (const std::vector<text::TokenId>& row : rows) texts.push_back({row});
  engine::Engine engine(model::load_model(folder_), {.threads = 0, .isa = {}, .exact = true});
  // The stored logits were computed on another device; oracle_test.cpp says how far those of trained models are off.
  EXPECT_LT(relative_difference(engine.encode(texts).output, logits), 1e-3);
}

}  // namespace
}  // namespace tightrope::parity
