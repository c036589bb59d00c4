// The engine against transformers: hidden states, logits and greedy continuations of every kind of decoder it knows.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "checkpoint/safetensors.h"
#include "model/checkpoint_io.h"
#include "parity/compare.h"
#include "support/temporary_folder.h"

namespace tightrope::parity {
namespace {

using text::TokenId;

// What the acceptance bound of the logits is: both sides compute in single precision, in different orders.
constexpr double kTolerance = 1e-4;

// The trained models' stored logits are themselves 5e-4 to 6.5e-4 away from what transformers computes from the same weights and ids on a
// CPU, in float32 and float64 alike (which agree to 7e-7, as the engine agrees with them). So this bound only catches errors of substance;
// golden_test.cpp holds the engine to an exact computation at 1e-5.
constexpr double kTrainedTolerance = 1e-3;

// MobileBERT's blocks have no norm that bounds what passes through them: transformers in float64 is 1.8e-4 from its own stored logits.
constexpr double kUnboundedTolerance = 3e-4;

// How the engine gets the model.
enum class Way : std::uint8_t {
  folder,     // as it is
  gguf,       // through a GGUF
  their_keys  // through a GGUF without the key that only we read
};
constexpr std::string_view kWayNames[] = {"", "_through_gguf", "_by_their_keys"};

struct Case {
  std::string folder;
  kernels::Isa isa;
  Way way = Way::folder;
};

std::string_view name_of(Way way) { return kWayNames[static_cast<std::size_t>(way)]; }

void PrintTo(const Case& test, std::ostream* out) { *out << test.folder << " on " << isa_name(test.isa) << name_of(test.way); }

class Oracle {
 public:
  explicit Oracle(const std::filesystem::path& folder) : container_(checkpoint::read_safetensors(folder / "oracle.safetensors")) {}

  bool has(const std::string& name) const { return container_.find(name) != nullptr; }
  const Shape& shape(const std::string& name) const { return container_.find(name)->shape; }
  std::vector<float> floats(const std::string& name) const {
    std::vector<float> values(shape(name).elements());
    std::memcpy(values.data(), container_.find(name)->bytes.data(), values.size() * sizeof(float));
    return values;
  }
  // One text a row.
  std::vector<std::vector<TokenId>> ids(const std::string& name) const {
    std::vector<std::int64_t> values(shape(name).elements());
    std::memcpy(values.data(), container_.find(name)->bytes.data(), values.size() * sizeof(std::int64_t));
    std::vector<std::vector<TokenId>> rows;
    for (std::size_t start = 0; start < values.size(); start += shape(name).row_length()) {
      rows.emplace_back();
      for (std::size_t i = 0; i < shape(name).row_length(); ++i) rows.back().push_back(static_cast<TokenId>(values[start + i]));
    }
    return rows;
  }

 private:
  checkpoint::Container container_;
};

// Every `step`-th of the rows of `width` values.
std::vector<float> every(const std::vector<float>& rows, std::size_t width, std::size_t step) {
  std::vector<float> result;
  for (std::size_t start = 0; start < rows.size(); start += step * width)
    result.insert(result.end(), rows.data() + start, rows.data() + start + width);
  return result;
}

void expect_greedy(engine::Engine& engine, std::vector<TokenId> all, std::size_t prompt) {
  const std::span<const TokenId> ids(all);
  const std::span<const TokenId> expected = ids.subspan(prompt);
  EXPECT_EQ(greedy(engine, ids.first(prompt), expected.size()), std::vector<TokenId>(expected.begin(), expected.end()));
}

std::string name_of(const Case& c) {
  std::string name = std::filesystem::path(c.folder).filename().string() + "_" + std::string(isa_name(c.isa)) + std::string(name_of(c.way));
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

class OracleTest : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(TIGHTROPE_SHARED) / GetParam().folder;
    if (!std::filesystem::exists(folder_ / "oracle.safetensors")) GTEST_SKIP() << "no oracle at " << folder_;
  }
  model::Model model() const {
    model::Model original = model::load_model(folder_);
    if (GetParam().way == Way::folder) return original;
    model::SaveOptions options;
    if (GetParam().way == Way::their_keys) options.extra.set("tightrope.model.config", {std::string()});
    model::save_gguf(original, scratch_ / "model.gguf", options);
    return model::load_model(scratch_ / "model.gguf");
  }
  engine::Engine engine() const { return engine::Engine(model(), {.threads = 0, .isa = GetParam().isa, .exact = true}); }
  std::filesystem::path folder_;
  test::TemporaryFolder scratch_;
};

class DecoderOracle : public OracleTest {};

TEST_P(DecoderOracle, Agrees) {
  engine::Engine engine = this->engine();
  const Oracle oracle(folder_);
  std::size_t hidden_states = 0;
  engine.observe_hidden([&](std::uint64_t index, std::span<const float> hidden, std::uint64_t) {
    ++hidden_states;
    EXPECT_LT(relative_difference(hidden, oracle.floats("hidden." + std::to_string(index))), kTolerance) << "hidden state " << index;
  });
  EXPECT_LT(relative_difference(logits_of(engine, oracle.ids("input_ids")), oracle.floats("logits")), kTolerance);
  EXPECT_TRUE(oracle.has("hidden." + std::to_string(hidden_states - 1)) && !oracle.has("hidden." + std::to_string(hidden_states)));
  engine.observe_hidden({});
  const std::vector<float> long_logits = logits_of(engine, oracle.ids("long_input_ids"));
  EXPECT_LT(relative_difference(every(long_logits, engine.model().config().vocab, 8), oracle.floats("long_logits")), kTolerance);
  expect_greedy(engine, oracle.ids("greedy_ids").front(), 12);
}

// What padding changes in transformers: MobileBERT's input looks at the next token, which for the last one of a padded text is the padding.
// Its texts are compared only where there is none; golden_test.cpp has shorter ones, each computed by itself.
bool sees_padding(const model::Model& model) { return model.find("embed.trigram") != nullptr; }

// The unmasked positions of each text of a padded batch: [texts, longest, width] to [tokens, width].
std::vector<float> unpadded(const std::vector<float>& padded, const std::vector<std::vector<TokenId>>& mask, std::size_t texts) {
  const std::size_t width = padded.size() / (texts * mask.front().size());
  std::vector<float> rows;
  for (std::size_t t = 0; t < mask.size(); ++t)
    for (std::size_t i = 0; i < mask[t].size(); ++i)
      if (mask[t][i] != 0) {
        const auto first = padded.begin() + static_cast<std::ptrdiff_t>((t * mask[t].size() + i) * width);
        rows.insert(rows.end(), first, first + static_cast<std::ptrdiff_t>(width));
      }
  return rows;
}

// Start and end of each token side by side, as the engine gives them.
std::vector<float> span_logits(const Oracle& oracle, const std::vector<std::vector<TokenId>>& mask) {
  const std::vector<float> start = unpadded(oracle.floats("start_logits"), mask, oracle.shape("start_logits")[0]),
                           end = unpadded(oracle.floats("end_logits"), mask, oracle.shape("end_logits")[0]);
  std::vector<float> both;
  for (std::size_t i = 0; i < start.size(); ++i) both.insert(both.end(), {start[i], end[i]});
  return both;
}

class EncoderOracle : public OracleTest {};

TEST_P(EncoderOracle, Agrees) {
  engine::Engine engine = this->engine();
  const Oracle oracle(folder_);
  const std::vector<std::vector<TokenId>> ids = oracle.ids("input_ids");
  std::vector<std::vector<TokenId>> mask = oracle.ids("attention_mask");
  if (sees_padding(engine.model())) mask.resize(1);
  const std::vector<std::vector<TokenId>> types =
      oracle.has("token_type_ids") ? oracle.ids("token_type_ids") : std::vector<std::vector<TokenId>>();
  std::vector<engine::Text> texts;
  for (std::size_t t = 0; t < mask.size(); ++t) {
    const auto length = static_cast<std::size_t>(std::count(mask[t].begin(), mask[t].end(), 1U));
    texts.push_back(
        {std::span(ids[t]).first(length), types.empty() ? std::span<const std::uint32_t>() : std::span(types[t]).first(length)});
  }
  std::size_t hidden_states = 0;
  engine.observe_hidden([&](std::uint64_t index, std::span<const float> hidden, std::uint64_t) {
    ++hidden_states;
    EXPECT_LT(relative_difference(hidden, unpadded(oracle.floats("hidden." + std::to_string(index)), mask, ids.size())), kTolerance)
        << "hidden state " << index;
  });
  const engine::Encoded encoded = engine.encode(texts);
  EXPECT_TRUE(oracle.has("hidden." + std::to_string(hidden_states - 1)) && !oracle.has("hidden." + std::to_string(hidden_states)));
  if (oracle.has("last_hidden_state")) {
    EXPECT_LT(relative_difference(encoded.hidden, unpadded(oracle.floats("last_hidden_state"), mask, ids.size())), kTolerance);
  }
  if (oracle.has("pooler_output")) {
    EXPECT_LT(relative_difference(encoded.pooled, oracle.floats("pooler_output")), kTolerance);
  }
  if (oracle.has("start_logits")) {
    EXPECT_LT(relative_difference(encoded.output, span_logits(oracle, mask)), kTolerance);
  }
  if (oracle.has("logits")) {
    const bool of_texts = oracle.shape("logits").rank() == 2;
    std::vector<float> logits = oracle.floats("logits");
    logits = of_texts
                 ? std::vector<float>(logits.begin(), logits.begin() + static_cast<std::ptrdiff_t>(mask.size() * oracle.shape("logits")[1]))
                 : unpadded(logits, mask, ids.size());
    EXPECT_LT(relative_difference(encoded.output, logits), sees_padding(engine.model()) ? kUnboundedTolerance : kTolerance);
  }
}

constexpr const char* kDecoders[] = {"gemma",
                                     "gemma2",
                                     "gemma3",
                                     "gpt-neox",
                                     "gpt2",
                                     "llama",
                                     "llama-linear-rope",
                                     "llama-tied-bias",
                                     "llama-yarn-rope",
                                     "llama3-rope-scaling",
                                     "mistral-headdim",
                                     "mistral-sliding",
                                     "mixtral",
                                     "olmo2",
                                     "phi",
                                     "phi3",
                                     "phi3-longrope",
                                     "qwen2",
                                     "qwen3",
                                     "qwen3-moe",
                                     "smollm3"};
constexpr const char* kEncoders[] = {"albert-mlm",     "albert-seqcls",     "bert-base",      "bert-mlm",          "bert-qa",
                                     "bert-seqcls",    "bert-tokcls",       "distilbert-mlm", "distilbert-seqcls", "electra-base",
                                     "mobilebert-mlm", "mobilebert-seqcls", "modernbert-mlm", "roberta-mlm",       "roberta-seqcls"};

std::vector<Case> on_every_isa(std::span<const char* const> names) {
  std::vector<Case> cases;
  for (const char* name : names)
    for (const kernels::Isa isa : kernels::available_isas()) cases.push_back({"oracles/" + std::string(name), isa});
  return cases;
}

// What a GGUF's own keys cannot say of these: Mistral's window, and a scale of scores that is not the head's size.
constexpr std::string_view kNeedOurKey[] = {"mistral-sliding", "gemma2", "gemma3"};
// The heads that GGUF has a place for.
constexpr const char* kGgufEncoders[] = {"bert-base", "bert-seqcls", "roberta-seqcls"};

std::vector<Case> through_gguf(std::span<const char* const> names) {
  std::vector<Case> cases;
  for (const char* name : names) {
    const std::string folder = "oracles/" + std::string(name);
    cases.push_back({folder, kernels::best_isa(), Way::gguf});
    if (std::find(std::begin(kNeedOurKey), std::end(kNeedOurKey), name) == std::end(kNeedOurKey))
      cases.push_back({folder, kernels::best_isa(), Way::their_keys});
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Gguf, DecoderOracle, ::testing::ValuesIn(through_gguf(kDecoders)),
                         [](const ::testing::TestParamInfo<Case>& param) { return name_of(param.param); });
INSTANTIATE_TEST_SUITE_P(Gguf, EncoderOracle, ::testing::ValuesIn(through_gguf(kGgufEncoders)),
                         [](const ::testing::TestParamInfo<Case>& param) { return name_of(param.param); });
INSTANTIATE_TEST_SUITE_P(Tiny, DecoderOracle, ::testing::ValuesIn(on_every_isa(kDecoders)),
                         [](const ::testing::TestParamInfo<Case>& param) { return name_of(param.param); });
INSTANTIATE_TEST_SUITE_P(Tiny, EncoderOracle, ::testing::ValuesIn(on_every_isa(kEncoders)),
                         [](const ::testing::TestParamInfo<Case>& param) { return name_of(param.param); });

class WrenOracle : public OracleTest {};

TEST_P(WrenOracle, Agrees) {
  engine::Engine engine = this->engine();
  const Oracle oracle(folder_);
  const std::size_t vocab = engine.model().config().vocab;
  const bool slow = GetParam().isa == kernels::Isa::scalar;
  std::vector<std::vector<TokenId>> texts = oracle.ids("input_ids");
  std::vector<float> expected = oracle.floats("logits_every_16th");
  if (slow) {  // the beginning of the first text alone: later tokens do not change it
    texts = {std::vector<TokenId>(texts.front().begin(), texts.front().begin() + 64)};
    expected.resize(64 / 16 * vocab);
  }
  EXPECT_LT(relative_difference(every(logits_of(engine, texts), vocab, 16), expected), kTrainedTolerance);
  std::vector<TokenId> all = oracle.ids("greedy_ids").front();
  const std::size_t prompt = oracle.shape("prompt_ids").elements();
  if (slow) all.resize(prompt + 8);
  expect_greedy(engine, all, prompt);
}

INSTANTIATE_TEST_SUITE_P(Real, WrenOracle,
                         ::testing::Values(Case{"models/wren-7m", kernels::Isa::scalar}, Case{"models/wren-7m", kernels::best_isa()},
                                           Case{"models/wren-29m", kernels::best_isa()}),
                         [](const ::testing::TestParamInfo<Case>& param) {
                           return name_of(param.param) + (param.index == 0 ? "" : "_best");
                         });

}  // namespace
}  // namespace tightrope::parity
