// Encoding: heads, pooling, token types, large batches, refusals; and texts that grow into other RoPE frequencies.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/random.h"
#include "engine/engine.h"
#include "support/family_config.h"
#include "support/random_model.h"
#include "tightrope/error.h"

namespace tightrope::engine {
namespace {

using text::TokenId;

std::vector<TokenId> random_tokens(std::uint64_t seed, std::size_t count, std::uint64_t vocab) {
  Random random(seed);
  std::vector<TokenId> tokens(count);
  for (TokenId& token : tokens) token = static_cast<TokenId>(random.below(vocab));
  return tokens;
}

// A small model of the family with one of its heads.
model::Model model_with(std::string_view type, std::string_view hf_class) {
  const model::Arch& arch = model::arch_for_hf_model_type(type);
  model::Config config = testing::family_config(arch, testing::small_config());
  config.output = &model::head_for_class(arch, hf_class);
  config.tied = true;
  return testing::random_model(arch, config, 3);
}

std::vector<float> copied(std::span<const float> values) { return {values.begin(), values.end()}; }

TEST(Encode, GivesWhatTheHeadIsFor) {
  struct Case {
    const char* hf_class;
    std::size_t by_token, by_text;  // numbers for each
  };
  const std::vector<TokenId> first = random_tokens(1, 12, 97), second = random_tokens(2, 7, 97);
  for (const Case& c : {Case{"BertModel", 0, 0}, Case{"BertForMaskedLM", 97, 0}, Case{"BertForTokenClassification", 3, 0},
                        Case{"BertForQuestionAnswering", 2, 0}, Case{"BertForSequenceClassification", 0, 3}}) {
    const model::Model model = model_with("bert", c.hf_class);
    Engine engine(model, {.threads = 2, .isa = {}});
    const std::vector<Text> texts = {{.tokens = first}, {.tokens = second}};
    const Encoded encoded = engine.encode(texts);
    EXPECT_EQ(encoded.hidden.size(), 19u * 32) << c.hf_class;
    EXPECT_EQ(encoded.pooled.size(), model.find("pooler") == nullptr ? 0u : 2u * 32) << c.hf_class;
    EXPECT_EQ(encoded.output.size(), 19 * c.by_token + 2 * c.by_text) << c.hf_class;
    EXPECT_TRUE(engine.encode(texts, false).output.empty());
  }
}

TEST(Encode, TheClassifierReadsTheFirstTokenOrTheMean) {
  model::Model model = model_with("bert", "BertForSequenceClassification");
  const std::vector<TokenId> tokens = random_tokens(1, 12, 97);
  const Text text{.tokens = tokens};
  Engine first(model, {.threads = 1, .isa = {}});
  const Encoded encoded = first.encode({&text, 1});
  // The pooler by hand.
  std::vector<float> pooler(32 * 32), bias(32);
  model.get("pooler").read_rows_f32(0, 32, pooler, formats::kScalarCodec);
  model.get("pooler.bias").read_rows_f32(0, 1, bias, formats::kScalarCodec);
  for (std::size_t r = 0; r < 32; ++r) {
    double sum = static_cast<double>(bias[r]);
    for (std::size_t i = 0; i < 32; ++i) sum += static_cast<double>(pooler[r * 32 + i]) * static_cast<double>(encoded.hidden[i]);
    EXPECT_NEAR(encoded.pooled[r], std::tanh(sum), 1e-5);
  }
  model::Config config = model.config();
  config.mean_pooling = true;
  const std::vector<float> by_first = copied(encoded.output);
  Engine mean(testing::random_model(model.arch(), config, 3), {.threads = 1, .isa = {}});
  EXPECT_NE(copied(mean.encode({&text, 1}).output), by_first);
}

TEST(Encode, TokenTypesCount) {
  Engine engine(model_with("bert", "BertModel"), {.threads = 1, .isa = {}});
  const std::vector<TokenId> tokens = random_tokens(1, 5, 97);
  const std::vector<std::uint32_t> zeros(5), types = {0, 0, 1, 1, 1};
  const Text plain{.tokens = tokens}, zero{.tokens = tokens, .types = zeros}, typed{.tokens = tokens, .types = types};
  const std::vector<float> expected = copied(engine.encode({&plain, 1}).hidden);
  EXPECT_EQ(copied(engine.encode({&zero, 1}).hidden), expected);
  EXPECT_NE(copied(engine.encode({&typed, 1}).hidden), expected);
}

TEST(Encode, ALargeBatchGivesEachTextItsOwnBits) {
  Engine engine(model_with("roberta", "RobertaForSequenceClassification"), {.threads = 2, .isa = {}});
  std::vector<std::vector<TokenId>> tokens;
  std::vector<Text> texts;
  for (std::size_t i = 0; i < 40; ++i) tokens.push_back(random_tokens(i, 1 + i * 7 % 80, 97));
  for (const std::vector<TokenId>& ids : tokens) texts.push_back({.tokens = ids});
  const std::vector<float> all = copied(engine.encode(texts).output);
  ASSERT_EQ(all.size(), 40u * 3);
  for (const std::size_t i : {std::size_t{0}, std::size_t{17}, std::size_t{39}}) {
    const std::vector<float> alone = copied(engine.encode({&texts[i], 1}).output);
    EXPECT_EQ(alone,
              std::vector<float>(all.begin() + static_cast<std::ptrdiff_t>(3 * i), all.begin() + static_cast<std::ptrdiff_t>(3 * i + 3)));
  }
}

// Of a batch that is large enough each thread takes groups of texts for itself.
TEST(Encode, ThreadsThatWorkAbreastChangeNoBit) {
  std::vector<std::vector<TokenId>> tokens;
  std::vector<Text> texts;
  for (std::size_t i = 0; i < 60; ++i) tokens.push_back(random_tokens(i, 1 + i * 7 % 40, 97));
  for (const std::vector<TokenId>& ids : tokens) texts.push_back({.tokens = ids});
  for (const char* hf_class : {"RobertaForSequenceClassification", "RobertaForMaskedLM"})
    for (const bool int8 : {false, true}) {
      const model::Model model = model_with("roberta", hf_class);
      Engine alone(model, {.threads = 1, .isa = {}, .int8 = int8});
      const Encoded expected = alone.encode(texts);
      for (const unsigned threads : {2U, 3U, 7U}) {
        Engine engine(model, {.threads = threads, .isa = {}, .int8 = int8});
        const Encoded encoded = engine.encode(texts);
        EXPECT_EQ(copied(encoded.hidden), copied(expected.hidden)) << hf_class << " " << threads;
        EXPECT_EQ(copied(encoded.pooled), copied(expected.pooled)) << hf_class << " " << threads;
        EXPECT_EQ(copied(encoded.output), copied(expected.output)) << hf_class << " " << threads;
      }
    }
}

// Bytes are off by half a step of 127 or 255 in each factor; what random weights make of that stays below a twentieth of the states.
TEST(Encode, Int8IsCloseToFloats) {
  const model::Model model = model_with("bert", "BertModel");
  const std::vector<TokenId> tokens = random_tokens(1, 30, 97);
  const Text text{.tokens = tokens};
  Engine floats(model, {.threads = 1, .isa = {}});
  const std::vector<float> expected = copied(floats.encode({&text, 1}).hidden);
  double error = 0, size = 0;
  Engine bytes(model, {.threads = 1, .isa = {}, .int8 = true});
  const std::vector<float> rounded = copied(bytes.encode({&text, 1}).hidden);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    error += std::pow(static_cast<double>(rounded[i]) - static_cast<double>(expected[i]), 2);
    size += std::pow(static_cast<double>(expected[i]), 2);
  }
  EXPECT_GT(error, 0);
  EXPECT_LT(std::sqrt(error / size), 0.05);
  EXPECT_THROW(Engine(model, {.threads = 1, .isa = {}, .exact = true, .int8 = true}), Error);
}

TEST(Encode, ADecodersHiddenStatesAreThoseOfItsForwardPass) {
  Engine engine(model_with("llama", "LlamaForCausalLM"), {.threads = 1, .isa = {}});
  const std::vector<TokenId> tokens = random_tokens(1, 20, 97);
  std::vector<float> last;
  engine.observe_hidden([&](std::uint64_t, std::span<const float> hidden, std::uint64_t) { last = copied(hidden); });
  Sequence sequence = engine.new_sequence(20);
  const Chunk chunk{.sequence = &sequence, .tokens = tokens};
  engine.forward({&chunk, 1});
  const std::vector<float> expected = last;
  const Text text{.tokens = tokens};
  const Encoded encoded = engine.encode({&text, 1});
  EXPECT_EQ(copied(encoded.hidden), expected);
  EXPECT_TRUE(encoded.output.empty());
}

template <class Body>
void expect_refused(ErrorCode code, const std::vector<std::string>& words, const Body& body) {
  try {
    body();
    ADD_FAILURE() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    for (const std::string& word : words) EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
  }
}

TEST(Encode, RefusesTextsThatMakeNoSense) {
  Engine engine(model_with("roberta", "RobertaForMaskedLM"), {.threads = 1, .isa = {}});  // 90 positions, of which two are padding's
  const std::vector<TokenId> fine = random_tokens(1, 88, 97), longer = random_tokens(1, 89, 97), beyond = {1, 97};
  const std::vector<std::uint32_t> wrong_type(88, 2), few_types(3);
  const auto refused = [&](const Text& text, const std::vector<std::string>& words) {
    expect_refused(ErrorCode::invalid_argument, words, [&] { engine.encode({&text, 1}); });
  };
  const Text all{.tokens = fine};
  EXPECT_EQ(engine.encode({&all, 1}).hidden.size(), 88u * 32);
  refused({.tokens = longer}, {"89", "88"});
  refused({.tokens = beyond}, {"97"});
  refused({.tokens = {}}, {"at least one token"});
  refused({.tokens = fine, .types = wrong_type}, {"type 2"});
  refused({.tokens = fine, .types = few_types}, {"88", "3"});
  EXPECT_TRUE(engine.encode({}).hidden.empty());
}

TEST(Encode, AnEncoderContinuesNothing) {
  Engine engine(model_with("bert", "BertForMaskedLM"), {.threads = 1, .isa = {}});
  Sequence sequence = engine.new_sequence(5);
  const std::vector<TokenId> tokens = {1, 2};
  const Chunk chunk{.sequence = &sequence, .tokens = tokens};
  expect_refused(ErrorCode::unsupported, {"bert", "'embed' and 'classify'"}, [&] { engine.forward({&chunk, 1}); });
}

TEST(Engine, RefusesATextBeyondTheContextWithBothNumbers) {
  Engine engine(model_with("llama", "LlamaForCausalLM"), {.threads = 1, .isa = {}});
  Sequence sequence = engine.new_sequence(1000);
  const std::vector<TokenId> tokens = random_tokens(1, 257, 97);
  const Chunk chunk{.sequence = &sequence, .tokens = tokens};
  expect_refused(ErrorCode::invalid_argument, {"257", "256"}, [&] { engine.forward({&chunk, 1}); });
}

// RoPE whose frequencies depend on how long the text is: past 16 tokens they change, once (longrope) or with every token (dynamic).
class Growing : public ::testing::TestWithParam<model::RopeConfig::Scaling> {
 protected:
  static model::Model make() {
    const model::Arch& arch = model::arch_for_hf_model_type("llama");
    model::Config config = testing::family_config(arch, testing::small_config());
    config.context = GetParam() == model::RopeConfig::Scaling::dynamic ? 16 : 64;
    config.rope.scaling = GetParam();
    config.rope.factor = 4;
    config.rope.original_context = 16;
    config.rope.short_factors.assign(config.rope_dimensions / 2, 1.0f);
    config.rope.long_factors.assign(config.rope_dimensions / 2, 3.0f);
    return testing::random_model(arch, config, 9);
  }
  std::vector<float> last_logits(Sequence& sequence, std::span<const TokenId> tokens) {
    const Chunk chunk{.sequence = &sequence, .tokens = tokens};
    return copied(engine_.forward({&chunk, 1}));
  }
  std::vector<float> without_cache(std::span<const TokenId> tokens) {
    Sequence fresh = engine_.new_sequence(tokens.size());
    return last_logits(fresh, tokens);
  }
  Engine engine_{make(), {.threads = 2, .isa = {}}};
  const std::vector<TokenId> tokens_ = random_tokens(4, 24, 97);
};

TEST_P(Growing, EveryStepGivesTheBitsOfAPassWithoutACache) {
  const std::span<const TokenId> all(tokens_);
  Sequence sequence = engine_.new_sequence(all.size());
  for (std::size_t end = 10, begin = 0; end <= all.size(); begin = end, end += 1 + end % 3)
    EXPECT_EQ(last_logits(sequence, all.subspan(begin, end - begin)), without_cache(all.first(end))) << end;
}

TEST_P(Growing, RewindingReturnsToTheOldFrequencies) {
  const std::span<const TokenId> all(tokens_);
  Sequence sequence = engine_.new_sequence(all.size());
  last_logits(sequence, all);
  sequence.rewind(9);
  EXPECT_EQ(last_logits(sequence, all.subspan(9, 3)), without_cache(all.first(12)));
}

TEST_P(Growing, TextsOfOneBatchHaveTheirOwnFrequencies) {
  const std::span<const TokenId> all(tokens_);
  Sequence a = engine_.new_sequence(24), b = engine_.new_sequence(24);
  const std::vector<Chunk> chunks = {{&a, all}, {&b, all.first(8)}};
  const std::vector<float> both = copied(engine_.forward(chunks));
  std::vector<float> expected = without_cache(all);
  const std::vector<float> second = without_cache(all.first(8));
  expected.insert(expected.end(), second.begin(), second.end());
  EXPECT_EQ(both, expected);
}

INSTANTIATE_TEST_SUITE_P(Scalings, Growing, ::testing::Values(model::RopeConfig::Scaling::longrope, model::RopeConfig::Scaling::dynamic),
                         [](const ::testing::TestParamInfo<model::RopeConfig::Scaling>& param) {
                           return param.param == model::RopeConfig::Scaling::longrope ? "longrope" : "dynamic";
                         });

}  // namespace
}  // namespace tightrope::engine
