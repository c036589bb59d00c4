// The forward pass against a textbook one, and its promises: no bit depends on threads, on the batch, or on how a text is cut.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "engine/engine.h"
#include "support/family_config.h"
#include "support/naive_forward.h"
#include "support/random_model.h"
#include "tensor/half.h"
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

bool continues_texts(const model::Model& model) { return model.arch().block.attention.causal; }

// Logits of all tokens of all texts, run as one batch; what its head gives of a model that encodes, or its hidden states without a head.
std::vector<float> logits_of(Engine& engine, const std::vector<std::vector<TokenId>>& texts) {
  if (!continues_texts(engine.model())) {
    std::vector<Text> items;
    for (const std::vector<TokenId>& tokens : texts) items.push_back({.tokens = tokens});
    const Encoded encoded = engine.encode(items);
    const std::span<const float> output = encoded.output.empty() ? encoded.hidden : encoded.output;
    return {output.begin(), output.end()};
  }
  std::vector<Sequence> sequences;
  for (const std::vector<TokenId>& tokens : texts) sequences.push_back(engine.new_sequence(tokens.size() + 3));
  std::vector<Chunk> chunks;
  for (std::size_t i = 0; i < texts.size(); ++i) chunks.push_back({&sequences[i], texts[i], true});
  const std::span<const float> logits = engine.forward(chunks);
  return {logits.begin(), logits.end()};
}

std::vector<float> logits_of(Engine& engine, std::span<const TokenId> tokens) {
  return logits_of(engine, std::vector<std::vector<TokenId>>{{tokens.begin(), tokens.end()}});
}

template <class Range>
double largest_difference(std::span<const float> got, const Range& expected) {
  double difference = got.size() == expected.size() ? 0 : HUGE_VAL, largest = 0;
  for (std::size_t i = 0; i < std::min(got.size(), expected.size()); ++i) {
    difference = std::max(difference, std::fabs(static_cast<double>(got[i]) - static_cast<double>(expected[i])));
    largest = std::max(largest, std::fabs(static_cast<double>(expected[i])));
  }
  return difference / largest;
}

double root_mean_square(std::span<const float> values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value) * static_cast<double>(value);
  return std::sqrt(sum / static_cast<double>(values.size()));
}

struct Variant {
  std::string name;
  const model::Arch* arch;
  model::Config config;
  std::string format;
};

void PrintTo(const Variant& variant, std::ostream* out) { *out << variant.name; }

// Everything that a family may or may not have, at once.
model::Config crowded_config() {
  model::Config config = testing::odd_config();
  config.attention_bias = config.mlp_bias = true;
  config.attention_cap = 2;
  config.logit_cap = 3;
  config.attention_scale = 0.4;
  config.rope_dimensions = 4;
  config.normalise_experts = true;
  return config;
}

std::vector<Variant> variants() {
  std::vector<Variant> all;
  for (const model::Arch* arch : model::all_archs()) {
    const std::string name(arch->name);
    const auto add = [&](const std::string& suffix, const model::Config& config, const std::string& format) {
      all.push_back({name + suffix, arch, testing::family_config(*arch, config), format});
    };
    model::Config tied = testing::small_config();
    tied.tied = true;
    model::Config wide = testing::small_config();  // half of any extent is a whole number of blocks of 32 weights, too
    wide.model = 64;
    wide.ffn = 128;
    add("_small", testing::small_config(), "f32");
    add("_odd", testing::odd_config(), "f32");
    add("_tied_bf16", tied, "bf16");
    add("_crowded_f16", crowded_config(), "f16");
    add("_q8_0", wide, "q8_0");
    add("_q4_0", wide, "q4_0");
    add("_shared", testing::small_config(), "f32");
    all.back().config.groups = 1;
  }
  return all;
}

class Forward : public ::testing::TestWithParam<Variant> {
 protected:
  const model::Model model_ = testing::random_model(*GetParam().arch, GetParam().config, 11, GetParam().format);
  const std::vector<TokenId> tokens_ = random_tokens(3, 43, model_.config().vocab);
};

TEST_P(Forward, AgreesWithTheTextbookOnEveryInstructionSet) {
  constexpr double kTolerance = 1e-5;
  const testing::NaiveResult expected = testing::naive_forward(model_, tokens_);
  for (const kernels::Isa isa : kernels::available_isas()) {
    Engine engine(model_, {.threads = 2, .isa = isa, .exact = true});
    EXPECT_EQ(engine.isa(), isa);
    std::map<std::uint64_t, double> differences;
    engine.observe_hidden([&](std::uint64_t index, std::span<const float> hidden, std::uint64_t count) {
      EXPECT_EQ(count, tokens_.size());
      differences[index] = largest_difference(hidden, expected.hidden[index]);
    });
    const std::vector<float> logits = logits_of(engine, tokens_);
    // Single precision against double: sums of about 100 products, two blocks deep.
    EXPECT_LT(largest_difference(logits, expected.logits.empty() ? expected.hidden.back() : expected.logits), kTolerance) << isa_name(isa);
    EXPECT_EQ(differences.size(), expected.hidden.size());
    for (const auto& [index, difference] : differences) EXPECT_LT(difference, kTolerance) << isa_name(isa) << " hidden state " << index;
  }
}

TEST_P(Forward, RoundedActivationsChangeLittleAndAlikeOnEveryInstructionSet) {
  Engine exact(model_, {.threads = 1, .isa = {}, .exact = true});
  const std::vector<float> expected = logits_of(exact, tokens_);
  const double size = root_mean_square(expected);
  for (const kernels::Isa isa : kernels::available_isas()) {
    Engine engine(model_, {.threads = 2, .isa = isa});
    std::vector<float> difference = logits_of(engine, tokens_);
    for (std::size_t i = 0; i < difference.size(); ++i) difference[i] -= expected[i];
    const double error = root_mean_square(difference) / size;
    // A rounded activation is off by up to half of 1/127 of its block's largest, 0.6 % of its deviation on average; two blocks deep with
    // six layers each that adds up to some 2 %. One rounded to bf16, as those of halves are, is off by up to 2^-9 of itself: a quarter of
    // that; so are queries, keys, values and weights of a decoder's attention. Where experts are chosen, that may change the choice.
    // An encoder's floats and halves are not rounded at all.
    const bool blocks = GetParam().format.starts_with("q");
    const bool rounded_little = !blocks && model_.config().experts == 0;
    const bool floats = !blocks && !continues_texts(model_);
    EXPECT_LT(error, floats ? 1e-5 : rounded_little ? 0.015 : 0.06) << isa_name(isa);
    // And it is seen that they are rounded: who runs exactly by mistake is slow.
    EXPECT_GT(error, floats ? -1 : GetParam().format == "f32" ? 1e-5 : 1e-4) << isa_name(isa);
  }
}

TEST_P(Forward, NoBitDependsOnTheNumberOfThreads) {
  Engine one(model_, {.threads = 1, .isa = {}});
  const std::vector<float> expected = logits_of(one, tokens_);
  for (const unsigned threads : {2u, 3u}) {
    Engine engine(model_, {.threads = threads, .isa = {}});
    EXPECT_EQ(engine.threads(), threads);
    EXPECT_EQ(logits_of(engine, tokens_), expected) << threads << " threads";
  }
}

TEST_P(Forward, StepByStepGivesTheSameBitsAsAtOnce) {
  if (!continues_texts(model_)) GTEST_SKIP() << "an encoder reads whole texts";
  for (const kernels::Isa isa : kernels::available_isas()) {
    Engine engine(model_, {.threads = 2, .isa = isa});
    const std::vector<float> expected = logits_of(engine, tokens_);
    Sequence sequence = engine.new_sequence(tokens_.size());
    std::vector<float> got;
    for (std::size_t begin = 0, step = 1; begin < tokens_.size(); begin += step, step = step % 5 + 1) {
      const auto part = std::span(tokens_).subspan(begin, std::min(step, tokens_.size() - begin));
      const Chunk chunk{.sequence = &sequence, .tokens = part, .all_logits = true};
      const std::span<const float> logits = engine.forward({&chunk, 1});
      got.insert(got.end(), logits.begin(), logits.end());
    }
    EXPECT_EQ(sequence.length(), tokens_.size());
    EXPECT_EQ(got, expected) << isa_name(isa);
  }
}

TEST_P(Forward, ATextGivesTheSameBitsAloneAndInARaggedBatch) {
  Engine engine(model_, {.threads = 2, .isa = {}});
  std::vector<std::vector<TokenId>> texts;
  std::vector<float> expected;
  for (const std::size_t count : {std::size_t{5}, std::size_t{1}, std::size_t{37}, std::size_t{2}}) {
    texts.push_back(random_tokens(count, count, model_.config().vocab));
    const std::vector<float> logits = logits_of(engine, texts.back());
    expected.insert(expected.end(), logits.begin(), logits.end());
  }
  EXPECT_EQ(logits_of(engine, texts), expected);
}

TEST_P(Forward, OnlyTheLogitsAskedForAreGiven) {
  if (!continues_texts(model_)) GTEST_SKIP() << "an encoder gives all";
  Engine engine(model_, {.threads = 2, .isa = {}});
  const std::vector<float> all = logits_of(engine, tokens_);
  Sequence sequence = engine.new_sequence(tokens_.size());
  const Chunk chunk{.sequence = &sequence, .tokens = tokens_};
  const std::span<const float> last = engine.forward({&chunk, 1});
  EXPECT_EQ(std::vector<float>(last.begin(), last.end()),
            std::vector<float>(all.end() - static_cast<std::ptrdiff_t>(model_.config().vocab), all.end()));
}

INSTANTIATE_TEST_SUITE_P(EveryArch, Forward, ::testing::ValuesIn(variants()),
                         [](const ::testing::TestParamInfo<Variant>& param) { return param.param.name; });

const model::Arch& llama() { return model::arch_for_hf_model_type("llama"); }

model::Model small_model() { return testing::random_model(llama(), testing::family_config(llama(), testing::small_config()), 5); }

TEST(Engine, RewindingForgetsLaterTokens) {
  Engine engine(small_model(), {.threads = 1, .isa = {}});
  const std::vector<TokenId> tokens = random_tokens(1, 20, 97);
  const std::vector<float> expected = logits_of(engine, tokens);
  Sequence sequence = engine.new_sequence(20);
  const auto forward = [&](std::span<const TokenId> part) {
    const Chunk chunk{.sequence = &sequence, .tokens = part};
    const std::span<const float> logits = engine.forward({&chunk, 1});
    return std::vector<float>(logits.begin(), logits.end());
  };
  forward(std::span(tokens).first(12));
  forward(std::vector<TokenId>{7, 8, 9});
  sequence.rewind(12);
  EXPECT_EQ(forward(std::span(tokens).subspan(12)), std::vector<float>(expected.end() - 97, expected.end()));
  EXPECT_THROW(sequence.rewind(21), Error);
}

TEST(Engine, ALongTextReadInPiecesGivesTheSameBits) {
  model::Config config = testing::family_config(llama(), testing::small_config());
  config.context = 2048;
  Engine engine(testing::random_model(llama(), config, 5), {.threads = 1, .isa = {}});
  std::vector<text::TokenId> tokens(1200);
  for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i] = static_cast<text::TokenId>(i * i % config.vocab);
  Sequence whole = engine.new_sequence(1500), pieces = engine.new_sequence(1500);
  const Chunk chunk{.sequence = &whole, .tokens = tokens};
  const std::span<const float> logits = engine.forward({&chunk, 1});
  const std::vector<float> expected(logits.begin(), logits.end());
  const std::span<const float> found = engine.read(pieces, tokens);
  EXPECT_EQ(std::vector<float>(found.begin(), found.end()), expected);
  EXPECT_EQ(pieces.length(), tokens.size());

  tokens.resize(1201, static_cast<text::TokenId>(config.vocab));  // an id beyond the vocabulary, in the last piece
  Sequence refused = engine.new_sequence(1500);
  engine.read(refused, std::span(tokens).first(3));
  EXPECT_THROW(engine.read(refused, tokens), Error);
  EXPECT_EQ(refused.length(), 3U);
}

TEST(Engine, ACacheGrowsWithItsSequenceOnly) {
  Engine engine(small_model(), {.threads = 1, .isa = {}});
  Sequence sequence = engine.new_sequence(1 << 20);
  EXPECT_EQ(sequence.bytes(), 0u);
  const std::vector<TokenId> tokens = random_tokens(1, 10, 97);
  const Chunk chunk{.sequence = &sequence, .tokens = tokens};
  engine.forward({&chunk, 1});
  EXPECT_GE(sequence.bytes(), 10u * 2 * 2 * 32 * sizeof(bf16));  // tokens, blocks, keys and values, kv_heads * head
  EXPECT_LE(sequence.bytes(), 128u * 2 * 2 * 32 * sizeof(bf16));
}

TEST(Engine, ShowsWhatEntersEveryLinearLayer) {
  const model::Model model = small_model();
  Engine engine(model, {.threads = 2, .isa = {}});
  std::vector<std::string> names;
  const std::vector<TokenId> tokens = random_tokens(1, 9, 97);
  engine.observe_linears([&](std::string_view name, std::span<const float> input, std::uint64_t count) {
    names.emplace_back(name);
    EXPECT_EQ(count, name == "head" ? 1u : tokens.size());
    const std::string stored = name == "head" && model.find("head") == nullptr ? "embed" : std::string(name);
    EXPECT_EQ(input.size(), count * model.get(stored).shape().row_length()) << name;
  });
  Sequence sequence = engine.new_sequence(20);
  const Chunk chunk{.sequence = &sequence, .tokens = tokens};
  engine.forward({&chunk, 1});
  std::vector<std::string> expected;
  for (const std::string block : {"blocks.0.", "blocks.1."})
    for (const char* role : {"attn.q", "attn.k", "attn.v", "attn.o", "ffn.gate", "ffn.up", "ffn.down"}) expected.push_back(block + role);
  expected.push_back("head");
  EXPECT_EQ(names, expected);
  engine.observe_linears({});
  names.clear();
  sequence.rewind(0);
  engine.forward({&chunk, 1});
  EXPECT_TRUE(names.empty());
}

// Matrices of 16-row groups, of which the last is filled up: 97 tokens take 112 rows. Of the table of tokens one row is read besides, where
// it is not the head, too.
std::uint64_t bytes_of_llama(std::uint64_t matrix_element, std::uint64_t table_element, std::uint64_t head_rows) {
  const std::uint64_t vectors = (2 * 2 + 1) * 32 * 4, matrices = std::uint64_t{2} * (64 * 32 * 2 + 32 * 32 * 2 + 96 * 32 * 3);
  return vectors + (matrices + head_rows * 32) * matrix_element + 32 * table_element;
}

TEST(Engine, CountsTheBytesOfATokenAsTheyAreKept) {
  const model::Arch& arch = llama();
  for (const bool tied : {false, true}) {
    model::Config config = testing::family_config(arch, testing::small_config());
    config.tied = tied;
    const auto bytes = [&](const char* format, bool exact) {
      const model::Model model = testing::random_model(arch, config, 1, format);
      return Engine(model, {.threads = 1, .isa = kernels::Isa::scalar, .exact = exact}).bytes_per_token();
    };
    EXPECT_EQ(bytes("f32", false), bytes_of_llama(4, 4, 112));
    EXPECT_EQ(bytes("f32", true), bytes_of_llama(4, 4, 112));
    EXPECT_EQ(bytes("f16", false), bytes_of_llama(2, 2, 112));
    EXPECT_EQ(bytes("f16", true), bytes_of_llama(2, 2, 97));  // decoded: nothing is filled up
  }
}

// Runs the chunks, which must be refused, and checks that the message holds every one of `words`.
void expect_refused(Engine& engine, const std::vector<Chunk>& chunks, ErrorCode code, const std::vector<std::string>& words) {
  try {
    engine.forward(chunks);
    ADD_FAILURE() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    for (const std::string& word : words) EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
  }
}

TEST(Engine, RefusesBatchesThatMakeNoSense) {
  Engine engine(small_model(), {.threads = 1, .isa = {}});
  Sequence sequence = engine.new_sequence(4), other = engine.new_sequence(4);
  const std::vector<TokenId> fine = {1, 2, 3}, beyond = {1, 97}, five = {1, 2, 3, 4, 5};
  EXPECT_TRUE(engine.forward({}).empty());
  expect_refused(engine, {{&sequence, beyond}}, ErrorCode::invalid_argument, {"97"});
  expect_refused(engine, {{&other, fine}, {&sequence, five}}, ErrorCode::invalid_argument, {"5", "4"});
  expect_refused(engine, {{&sequence, fine}, {&sequence, fine}}, ErrorCode::invalid_argument, {"twice"});
  expect_refused(engine, {{&sequence, {}}}, ErrorCode::invalid_argument, {"at least one token"});
  expect_refused(engine, {{nullptr, fine}}, ErrorCode::invalid_argument, {"sequence"});
  Sequence foreign(testing::odd_config(), 10), exact(engine.model().config(), 10, kernels::Cell::f32);
  expect_refused(engine, {{&foreign, fine}}, ErrorCode::invalid_argument, {"another shape"});
  expect_refused(engine, {{&exact, fine}}, ErrorCode::invalid_argument, {"other exactness"});
  EXPECT_EQ(sequence.length(), 0u);
  EXPECT_EQ(other.length(), 0u);
  const Chunk chunk{.sequence = &sequence, .tokens = fine};
  engine.forward({&chunk, 1});
  expect_refused(engine, {{&sequence, fine}}, ErrorCode::invalid_argument, {"3", "4"});
}

// The model with one number of one tensor replaced.
model::Model spoiled(const model::Model& model, const std::string& name, float value) {
  const model::Weight& weight = model.get(name);
  std::vector<std::byte> bytes(weight.bytes().begin(), weight.bytes().end());
  std::memcpy(bytes.data() + bytes.size() / 2 / 4 * 4, &value, sizeof value);
  return model.with(name, {weight.format(), weight.shape(), Bytes(std::move(bytes))});
}

TEST(Engine, NamesTheTensorThatIsNotFinite) {
  for (const float value : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    Engine engine(spoiled(small_model(), "blocks.1.ffn.up", value), {.threads = 1, .isa = {}});
    Sequence sequence = engine.new_sequence(4);
    const std::vector<TokenId> tokens = {1, 2};
    expect_refused(engine, {{&sequence, tokens}}, ErrorCode::malformed, {"blocks.1.ffn.up", "not finite"});
    EXPECT_EQ(sequence.length(), 0u);
  }
  EXPECT_THROW(Engine(spoiled(small_model(), "norm", std::numeric_limits<float>::infinity())), Error);
}

TEST(Engine, SaysWhenActivationsOverflow) {
  Engine engine(spoiled(small_model(), "norm", 3e38f), {.threads = 1, .isa = {}});
  Sequence sequence = engine.new_sequence(4);
  const std::vector<TokenId> tokens = {1};
  expect_refused(engine, {{&sequence, tokens}}, ErrorCode::malformed, {"overflow"});
}

}  // namespace
}  // namespace tightrope::engine
