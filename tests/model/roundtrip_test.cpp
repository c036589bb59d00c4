// Models to disk and back: Hugging Face to GGUF to Hugging Face gives the same bytes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>

#include "base/error.h"
#include "base/json.h"
#include "checkpoint/gguf.h"
#include "checkpoint/safetensors.h"
#include "model/checkpoint_io.h"
#include "model/load.h"
#include "model/tensor_plan.h"
#include "support/readable_parameters.h"
#include "support/temporary_folder.h"
#include "support/tiny_model.h"

namespace tightrope::model {
namespace {

namespace fs = std::filesystem;

std::vector<std::byte> bytes_of(const Weight& weight) {
  std::vector<std::byte> bytes(weight.size_bytes());
  weight.read_rows(0, weight.shape().rows(), bytes);
  return bytes;
}

Location gguf_place(const Model& model, std::string_view name) {
  for (const PlannedTensor& planned : plan_tensors(model.arch(), model.config()))
    if (planned.canonical == name) return planned.gguf;
  return {};
}

// A GGUF stores 1 + weight of some norms: what comes back is the weight within the rounding of that sum.
void expect_nearly_same(const NamedWeight& left, const NamedWeight& right) {
  const auto values = [](const Weight& weight) {
    std::vector<float> numbers(weight.shape().elements());
    weight.read_rows_f32(0, weight.shape().rows(), numbers, formats::kScalarCodec);
    return numbers;
  };
  const std::vector<float> a = values(left.weight), b = values(right.weight);
  for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], (1 + std::fabs(a[i])) * 0x1p-23f) << left.name;
}

// The first `unread` rows are of positions that no text has (those up to the padding token's id): a GGUF lacks them.
void expect_same_rows(const NamedWeight& left, const NamedWeight& right, std::uint64_t unread) {
  std::vector<std::byte> a = bytes_of(left.weight), b = bytes_of(right.weight);
  const auto skipped = static_cast<std::ptrdiff_t>(left.weight.shape().rank() == 1 ? 0 : unread * left.weight.row_bytes());
  EXPECT_TRUE(std::equal(a.begin() + skipped, a.end(), b.begin() + skipped, b.end())) << left.name;
}

void expect_same_tensors(const Model& a, const Model& b) {
  ASSERT_EQ(a.weights().size(), b.weights().size());
  for (std::size_t i = 0; i < a.weights().size(); ++i) {
    const NamedWeight &left = a.weights()[i], &right = b.weights()[i];
    EXPECT_EQ(left.name, right.name);
    ASSERT_EQ(left.weight.shape(), right.weight.shape()) << left.name;
    EXPECT_EQ(left.weight.format().name, right.weight.format().name) << left.name;
    if (const Location place = gguf_place(a, left.name); place.plus_one)
      expect_nearly_same(left, right);
    else
      expect_same_rows(left, right, place.unstored);
  }
}

void expect_same_config(const Model& a, const Model& b) {
  EXPECT_EQ(a.arch().name, b.arch().name);
  const auto json = [](const Model& model) { return write_hf_config(model.arch(), model.config()).dump(1); };
  EXPECT_EQ(json(a), json(b));
}

void expect_same_tokens(const Model& a, const Model& b) {
  for (const std::string_view text : {"the hand <|eos|> and\n\n 12345", "", "\xff h\xc3\xa9"})
    EXPECT_EQ(a.require_tokenizer().encode(text), b.require_tokenizer().encode(text)) << text;
}

// Whether a GGUF has a place for each of the model's tensors.
bool fits_a_gguf(const Model& model) {
  if (model.arch().gguf_arch.empty()) return false;
  const std::vector<PlannedTensor> plan = plan_tensors(model.arch(), model.config());
  return std::all_of(plan.begin(), plan.end(),
                     [&](const PlannedTensor& planned) { return planned.gguf.exists() || model.find(planned.canonical) == nullptr; });
}

// What a GGUF cannot hold is refused with advice, and nothing is left behind.
void expect_refused_as_gguf(const Model& model, const fs::path& file) {
  try {
    save_gguf(model, file, {});
    ADD_FAILURE() << "a GGUF was written";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unsupported);
    EXPECT_NE(std::string(error.what()).find("Hugging Face folder"), std::string::npos) << error.what();
  }
  EXPECT_FALSE(fs::exists(file));
}

// The model as a folder, as the GGUF made from the folder where there is one, and as the folder made from that.
void expect_round_trip(const Model& original, const fs::path& folder) {
  SaveOptions options;
  options.write.threads = 2;
  save_huggingface(original, folder / "first", options);
  const Model first = load_model(folder / "first");
  expect_same_tensors(original, first);
  const bool fits = fits_a_gguf(first);
  if (fits)
    save_gguf(first, folder / "model.gguf", options);
  else
    expect_refused_as_gguf(first, folder / "model.gguf");
  const Model between = fits ? load_model(folder / "model.gguf") : first;
  EXPECT_TRUE(between.config().notices.empty());
  save_huggingface(between, folder / "second", options);
  const Model second = load_model(folder / "second");
  expect_same_tensors(original, second);
  expect_same_config(first, second);
  EXPECT_EQ(test::content_of(folder / "first" / "config.json"), test::content_of(folder / "second" / "config.json"));
  if (original.tokenizer()) {
    expect_same_tokens(original, first);
    expect_same_tokens(original, between);
    expect_same_tokens(original, second);
  }
}

class EveryArch : public testing::TestWithParam<const Arch*> {
 protected:
  bool uses(Bias kind) const {
    return std::any_of(GetParam()->tensors.begin(), GetParam()->tensors.end(), [&](const TensorSpec& spec) { return spec.bias == kind; });
  }
};
INSTANTIATE_TEST_SUITE_P(Archs, EveryArch, testing::ValuesIn(all_archs().begin(), all_archs().end()),
                         [](const auto& arch) { return std::string(arch.param->name); });

TEST_P(EveryArch, RoundTripsWithEachHead) {
  for (std::size_t head = 0; head < GetParam()->heads.size(); ++head) {
    SCOPED_TRACE(GetParam()->heads[head].hf_class);
    const test::TemporaryFolder folder;
    expect_round_trip(test::tiny_model(*GetParam(), test::tiny_config(*GetParam(), head)), folder.path());
  }
}

TEST_P(EveryArch, RoundTripsTiedWithBiases) {
  const test::TemporaryFolder folder;
  Config config = test::tiny_config(*GetParam());
  config.tied = config.output->kind == HeadSpec::Kind::causal_lm;
  config.attention_bias = uses(Bias::attention_bias);
  config.mlp_bias = uses(Bias::mlp_bias);
  config.norm_bias = true;
  expect_round_trip(test::tiny_model(*GetParam(), config, 2, "f16"), folder.path());
}

TEST_P(EveryArch, RoundTripsEveryRopeScaling) {
  using Scaling = RopeConfig::Scaling;
  if (GetParam()->block.attention.rope == Rope::none) GTEST_SKIP() << "has no RoPE";
  for (const Scaling scaling : {Scaling::linear, Scaling::dynamic, Scaling::yarn, Scaling::llama3, Scaling::longrope}) {
    SCOPED_TRACE(static_cast<int>(scaling));
    const test::TemporaryFolder folder;
    Config config = test::tiny_config(*GetParam());
    config.rope.theta = 500000;
    config.rope.scaling = scaling;
    if (scaling != Scaling::longrope) config.rope.factor = 3.3;
    if (scaling != Scaling::linear) config.rope.original_context = 16;
    if (scaling == Scaling::yarn) config.rope.attention_factor = 1.1;
    if (scaling == Scaling::longrope) {
      config.rope.short_factors.assign(config.rope_dimensions / 2, 1.25f);
      config.rope.long_factors.assign(config.rope_dimensions / 2, 3.7f);
    }
    expect_round_trip(test::tiny_model(*GetParam(), config, 3, "f32"), folder.path());
  }
}

// Files of other tools lack our own key. What they say of the model is the same, but for families that the format calls by another's name.
TEST_P(EveryArch, IsReadFromTheKeysThatOthersWrite) {
  const Arch& arch = *GetParam();
  if (arch.gguf_arch.empty()) GTEST_SKIP() << "is unknown to GGUF";
  const test::TemporaryFolder folder;
  const Model model = test::tiny_model(arch);
  save_gguf(model, folder / "model.gguf", {});
  checkpoint::Container file = checkpoint::read_gguf(folder / "model.gguf");
  for (const std::string& key : {std::string("tightrope.model.config"), fmt::format("{}.hidden_activation", arch.gguf_arch),
                                 fmt::format("{}.vocab_size", arch.gguf_arch)})
    file.metadata.erase(key);  // the last two are written by few
  const Arch& read = arch_of_gguf(file);
  const Config config = read_gguf_config(read, file);
  EXPECT_EQ(read.gguf_arch, arch.gguf_arch);
  if (read.name == arch.name) {
    EXPECT_EQ(write_hf_config(read, config).dump(1), write_hf_config(arch, model.config()).dump(1));
  } else {  // the same numbers under the other name
    EXPECT_EQ(read.name, arch.gguf_arch);
    EXPECT_EQ(config.context, model.config().context);
    EXPECT_EQ(config.norm_epsilon, model.config().norm_epsilon);
  }
}

TEST_P(EveryArch, RowsOfAGgufAreWhatTheArchSays) {
  if (GetParam()->gguf_arch.empty()) GTEST_SKIP() << "is unknown to GGUF";
  const test::TemporaryFolder folder;
  const Model model = test::tiny_model(*GetParam(), test::tiny_config(*GetParam()), 4, "f32");
  save_gguf(model, folder / "model.gguf", {});
  const checkpoint::Container file = checkpoint::read_gguf(folder / "model.gguf");
  const auto spec = std::find_if(model.arch().tensors.begin(), model.arch().tensors.end(),
                                 [](const TensorSpec& each) { return each.canonical == "blocks.*.attn.q"; });
  const checkpoint::Entry* query = file.find(numbered(spec->gguf.name, 1) + ".weight");  // alone, or before keys and values
  ASSERT_NE(query, nullptr);
  const std::vector<std::byte> ours = bytes_of(model.get("blocks.1.attn.q"));
  const std::size_t head = 8, row = 32 * sizeof(float);
  const bool pairs = spec->gguf.part == Part::query_pairs;
  std::size_t place = 0;
  for (std::size_t h = 0; h < 4; ++h)
    for (std::size_t i = 0; i < head; ++i, ++place) {
      // Rotary pairs (0, 4), (1, 5), … of Hugging Face lie side by side.
      const std::size_t source = h * head + (pairs ? i / 2 + (i % 2 == 1 ? head / 2 : 0) : i);
      EXPECT_TRUE(std::equal(ours.begin() + static_cast<std::ptrdiff_t>(source * row),
                             ours.begin() + static_cast<std::ptrdiff_t>((source + 1) * row), query->bytes.data() + place * row))
          << "row " << place;
    }
}

TEST(LoadGguf, MakesRowsThatTheFormatLeavesOutZero) {
  const test::TemporaryFolder folder;
  const Model model = test::tiny_model(arch_for_hf_model_type("roberta"));
  save_gguf(model, folder / "model.gguf", {});
  const Weight positions = load_model(folder / "model.gguf").get("embed.positions");
  EXPECT_EQ(positions.shape(), model.get("embed.positions").shape());
  const std::vector<std::byte> bytes = bytes_of(positions);
  const auto read_from = static_cast<std::ptrdiff_t>(3 * positions.row_bytes());  // the padding token is number 2
  EXPECT_TRUE(std::all_of(bytes.begin(), bytes.begin() + read_from, [](std::byte b) { return b == std::byte{0}; }));
  EXPECT_TRUE(std::any_of(bytes.begin() + read_from, bytes.begin() + read_from * 2, [](std::byte b) { return b != std::byte{0}; }));
}

TEST(SaveGguf, KeepsTheFamilyThatTheFormatCallsByAnothersName) {
  for (const std::string_view type : {"mistral", "mixtral", "roberta", "distilbert"}) {
    const test::TemporaryFolder folder;
    const Model model = test::tiny_model(arch_for_hf_model_type(type));
    save_gguf(model, folder / "model.gguf", {});
    EXPECT_EQ(load_model(folder / "model.gguf").arch().name, type);
  }
}

// Whoever changes a key that all readers know means it: our own key no longer counts.
TEST(LoadGguf, TakesAChangedKeyBeforeOurOwn) {
  const test::TemporaryFolder folder;
  const Model model = test::tiny_model(arch_for_hf_model_type("mistral"));
  save_gguf(model, folder / "model.gguf", {});
  checkpoint::Container file = checkpoint::read_gguf(folder / "model.gguf");
  EXPECT_EQ(read_gguf_config(model.arch(), file).context, 64U);
  file.metadata.set("llama.context_length", {std::uint32_t{48}});
  const Config changed = read_gguf_config(model.arch(), file);
  EXPECT_EQ(changed.context, 48U);
  ASSERT_EQ(changed.notices.size(), 1U);
  EXPECT_NE(changed.notices[0].find("tightrope.model.config"), std::string::npos);
}

TEST(LoadGguf, RefusesABrokenKeyOfOurs) {
  const test::TemporaryFolder folder;
  save_gguf(test::tiny_model(arch_for_hf_model_type("mistral")), folder / "model.gguf", {});
  checkpoint::Container file = checkpoint::read_gguf(folder / "model.gguf");
  for (const std::string_view text :
       {"{", "[]", "7", "{}", R"({"model_type": 5})", R"({"model_type": "mistral"})", R"({"model_type": "mistral", "hidden_size": -1})"}) {
    file.metadata.set("tightrope.model.config", {std::string(text)});
    EXPECT_THROW(read_gguf_config(arch_of_gguf(file), file), Error) << text;
  }
  file.metadata.set("tightrope.model.config", {std::string(R"({"model_type": "gpt2"})")});  // of another architecture: no use, no harm
  EXPECT_EQ(arch_of_gguf(file).name, "llama");
  EXPECT_EQ(read_gguf_config(arch_of_gguf(file), file).notices.size(), 2U);  // this, and the window
}

// As other writers leave a classifier: without our key, with or without names of its labels, and without the layer it reads.
TEST(LoadGguf, CountsLabelsAndRefusesHalfAClassifier) {
  const test::TemporaryFolder folder;
  const Arch& bert = arch_for_hf_model_type("bert");
  std::size_t head = 0;
  while (bert.heads[head].kind != HeadSpec::Kind::sequence) ++head;
  Config config = test::tiny_config(bert, head);
  config.labels = {"a", "b", "c"};
  save_gguf(test::tiny_model(bert, config), folder / "model.gguf", {});
  checkpoint::Container file = checkpoint::read_gguf(folder / "model.gguf");
  for (const char* key : {"tightrope.model.config", "bert.classifier.output_labels"}) file.metadata.erase(key);
  EXPECT_EQ(read_gguf_config(bert, file).labels, (std::vector<std::string>{"LABEL_0", "LABEL_1", "LABEL_2"}));
  std::erase_if(file.entries, [](const checkpoint::Entry& entry) { return entry.name == "cls.weight"; });
  try {
    read_gguf_config(bert, file);
    ADD_FAILURE() << "was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unsupported);
    for (const char* name : {"'cls.output'", "'cls'"}) EXPECT_NE(std::string(error.what()).find(name), std::string::npos) << error.what();
  }
}

TEST(SaveGguf, WritesWhatReadersExpect) {
  const test::TemporaryFolder folder;
  Config config = test::tiny_config();
  config.tied = true;
  const Model plain = test::tiny_model(arch_for_hf_model_type("llama"), config);
  const Model model = plain.map([](const NamedWeight& tensor) {
    return tensor.weight.shape().rank() == 2 ? tensor.weight.encoded_as(formats::get("q8_0"), formats::kScalarCodec) : tensor.weight;
  });
  SaveOptions options;
  options.extra.set("made.by", {std::string("a test")});
  save_gguf(model, folder / "model.gguf", options);
  const checkpoint::Container file = checkpoint::read_gguf(folder / "model.gguf");
  EXPECT_EQ(file.metadata.string_or("general.architecture", ""), "llama");
  EXPECT_EQ(file.metadata.unsigned_or("general.file_type", 99), 7U);
  EXPECT_EQ(file.metadata.unsigned_or("general.quantization_version", 0), 2U);
  EXPECT_EQ(file.metadata.string_or("made.by", ""), "a test");
  EXPECT_EQ(file.metadata.strings("tokenizer.ggml.tokens")->size(), config.vocab);
  EXPECT_EQ(file.find("output.weight"), nullptr);
  EXPECT_EQ(file.find("blk.0.attn_norm.weight")->format->name, "f32");
  EXPECT_EQ(file.find("blk.0.attn_q.weight")->format->name, "q8_0");
  const Model back = load_model(folder / "model.gguf");
  for (const NamedWeight& tensor : model.weights()) {
    if (tensor.weight.shape().rank() == 2) {
      EXPECT_EQ(bytes_of(tensor.weight), bytes_of(back.get(tensor.name))) << tensor.name;
    }
  }
}

TEST(SaveHuggingface, RefusesBlockFormats) {
  const test::TemporaryFolder folder;
  const Model model = test::tiny_model(arch_for_hf_model_type("llama")).map([](const NamedWeight& tensor) {
    return tensor.weight.shape().rank() == 2 ? tensor.weight.encoded_as(formats::get("q8_0"), formats::kScalarCodec) : tensor.weight;
  });
  EXPECT_THROW(save_huggingface(model, folder / "out", {}), Error);
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(SaveHuggingface, ReplacesOnlyModelsAndOnlyWhenAllowed) {
  const test::TemporaryFolder folder;
  const Model model = test::tiny_model(arch_for_hf_model_type("llama"));
  const fs::path out = folder / "out";
  save_huggingface(model, out, {});
  EXPECT_THROW(save_huggingface(model, out, {}), Error);
  SaveOptions replace;
  replace.write.overwrite = true;
  save_huggingface(model, out, replace);
  expect_same_tensors(model, load_model(out));
  replace.write.inputs = {out};
  EXPECT_THROW(save_huggingface(model, out, replace), Error);
  replace.write.inputs = {out / "model.gguf"};
  EXPECT_THROW(save_huggingface(model, out, replace), Error);
  fs::create_directory(folder / "work");
  folder.write("work/notes.txt", "precious");
  replace.write.inputs = {};
  EXPECT_THROW(save_huggingface(model, folder / "work", replace), Error);
  EXPECT_EQ(test::content_of(folder / "work/notes.txt"), "precious");
  std::size_t left = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder.path())) ++left;
  EXPECT_EQ(left, 2U) << "temporary folders stayed behind";
}

TEST(Save, NamesTheTensorThatCannotBeEncoded) {
  const test::TemporaryFolder folder;
  const Model model = test::tiny_model(arch_for_hf_model_type("llama"), test::tiny_config(), 1, "f32");
  const Weight& good = model.get("blocks.1.ffn.up");
  std::vector<std::byte> bytes = bytes_of(good);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(bytes.data() + 33 * sizeof(float), &nan, sizeof nan);
  const Weight bad = Weight(good.format(), good.shape(), Bytes(bytes)).encoded_as(formats::get("q8_0"), formats::kScalarCodec);
  try {
    save_gguf(model.with("blocks.1.ffn.up", bad), folder / "model.gguf", {});
    FAIL() << "a NaN was encoded";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::malformed);
    EXPECT_NE(std::string(error.what()).find("blk.1.ffn_up.weight"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("row 1, column 1"), std::string::npos) << error.what();
  }
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

fs::path embedded_model() { return fs::path(TIGHTROPE_SOURCE) / "models" / "wren-7m"; }

TEST(EmbeddedModel, RoundTripsBitForBit) {
  const test::TemporaryFolder folder;
  const Model model = load_model(embedded_model());
  EXPECT_EQ(model.parameters(), 8392960U);
  EXPECT_EQ(model.config().dtype, "bfloat16");
  expect_round_trip(model, folder.path());
  const checkpoint::Container before = checkpoint::read_safetensors_folder(embedded_model());
  const checkpoint::Container after = checkpoint::read_safetensors_folder(folder / "second");
  ASSERT_EQ(before.entries.size(), after.entries.size());
  for (const checkpoint::Entry& entry : before.entries) {
    const checkpoint::Entry* same = after.find(entry.name);
    ASSERT_NE(same, nullptr) << entry.name;
    EXPECT_EQ(entry.format, same->format) << entry.name;
    EXPECT_TRUE(std::ranges::equal(entry.bytes.view(), same->bytes.view())) << entry.name;
  }
}

TEST(Oracles, RoundTrip) {
  const fs::path oracles = fs::path(TIGHTROPE_SHARED) / "oracles";
  if (!fs::exists(oracles)) GTEST_SKIP() << "no " << oracles;
  std::size_t kinds = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(oracles)) {
    if (!fs::exists(entry.path() / "config.json")) continue;  // an adapter
    SCOPED_TRACE(entry.path().filename().string());
    const test::TemporaryFolder folder;
    expect_round_trip(load_model(entry.path()), folder.path());
    ++kinds;
  }
  EXPECT_EQ(kinds, 36U);
}

}  // namespace
}  // namespace tightrope::model
