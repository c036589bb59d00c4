// tightrope logits: the file for comparing with other implementations.
#include <cstring>

#include "apps/program_fixture.h"
#include "checkpoint/safetensors.h"
#include "support/container_builder.h"

namespace tightrope::test {
namespace {

std::string int64s(const std::vector<std::int64_t>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(std::int64_t)};
}

class LogitsTest : public ProgramTest {
 protected:
  // [2, 3] ids, and a mask when there is one.
  void write_ids(const std::vector<std::int64_t>& ids, const std::vector<std::int64_t>& mask = {}) const {
    std::string header = R"({"input_ids":{"dtype":"I64","shape":[2,3],"data_offsets":[0,48]})";
    if (!mask.empty()) header += R"(,"attention_mask":{"dtype":"I64","shape":[2,3],"data_offsets":[48,96]})";
    folder_.write("ids.safetensors", safetensors_file(header + "}", int64s(ids) + int64s(mask)));
  }

  std::vector<float> floats(const std::string& file, std::string_view tensor) const {
    const checkpoint::Container container = checkpoint::read_safetensors(folder_ / file);
    const checkpoint::Entry* entry = container.find(tensor);
    std::vector<float> values;
    if (entry == nullptr) return values;
    values.resize(entry->shape.elements());
    std::memcpy(values.data(), entry->bytes.data(), entry->bytes.size());
    return values;
  }

  static constexpr std::size_t kVocab = 8192;
};

TEST_F(LogitsTest, MaskedRowsEqualShorterOnesAndPaddingIsZero) {
  write_ids({5, 6, 7, 5, 6, 9}, {1, 1, 1, 1, 1, 0});
  output_of({"logits", model_, "--ids", "ids.safetensors", "-o", "out.safetensors", "--hidden"});
  const std::vector<float> logits = floats("out.safetensors", "logits");
  ASSERT_EQ(logits.size(), 6 * kVocab);
  // The first two tokens of both rows are the same, and what follows cannot matter.
  EXPECT_TRUE(std::equal(logits.begin(), logits.begin() + 2 * kVocab, logits.begin() + 3 * kVocab));
  EXPECT_TRUE(std::all_of(logits.begin() + 5 * kVocab, logits.end(), [](float x) { return x == 0; }));
  EXPECT_FALSE(std::all_of(logits.begin() + 4 * kVocab, logits.begin() + 5 * kVocab, [](float x) { return x == 0; }));
  EXPECT_EQ(floats("out.safetensors", "hidden.0").size(), 6U * 256);
  EXPECT_EQ(floats("out.safetensors", "hidden.8").size(), 6U * 256);
  EXPECT_TRUE(floats("out.safetensors", "hidden.9").empty());
}

TEST_F(LogitsTest, RefusesWhatItCannotRun) {
  const std::vector<std::string> command = {"logits", model_, "--ids", "ids.safetensors", "-o", "out.safetensors"};
  write_ids({5, 6, 7, 5, 6, 8192});
  expect_refusal(command, "8192");
  write_ids({5, 6, 7, 5, 6, -1});
  expect_refusal(command, "-1");
  write_ids({5, 6, 7, 5, 6, 7}, {0, 1, 1, 1, 1, 1});
  expect_refusal(command, "row 0 of attention_mask");
  write_ids({5, 6, 7, 5, 6, 7}, {1, 1, 1, 0, 0, 0});
  expect_refusal(command, "row 1 of attention_mask");
  folder_.write("ids.safetensors", safetensors_file(R"({"ids":{"dtype":"I64","shape":[1,1],"data_offsets":[0,8]}})", int64s({1})));
  expect_refusal(command, "input_ids");
  folder_.write("ids.safetensors", safetensors_file(R"({"input_ids":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}})", int64s({1})));
  expect_refusal(command, "int64");
  folder_.write("ids.safetensors", safetensors_file(R"({"input_ids":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}})", int64s({1})));
  expect_refusal(command, "[batch, tokens]");
}

}  // namespace
}  // namespace tightrope::test
