// compare() against one chunk at a time and plain sums, in both conventions, for any number of threads.
#include "eval/compare.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "support/readable_parameters.h"
#include "support/tiny_model.h"
#include "tightrope/error.h"

namespace tightrope::eval {
namespace {

using text::TokenId;

std::vector<TokenId> some_tokens(std::size_t count, std::uint64_t vocab = 250) {
  Random random(7);
  std::vector<TokenId> tokens(count);
  for (TokenId& token : tokens) token = static_cast<TokenId>(random.below(vocab));
  return tokens;
}

engine::Engine make_engine(std::uint64_t seed, unsigned threads = 1, const model::Config& config = test::tiny_config()) {
  return engine::Engine(test::tiny_model(model::arch_for_hf_model_type("llama"), config, seed, "f32"),
                        {.threads = threads, .isa = std::nullopt});
}

// log p of every successor of every position of one chunk, [tokens, vocab].
std::vector<std::vector<double>> log_probabilities(engine::Engine& engine, std::span<const TokenId> tokens) {
  engine::Sequence sequence = engine.new_sequence(tokens.size());
  const engine::Chunk chunk{.sequence = &sequence, .tokens = tokens, .all_logits = true};
  const std::span<const float> logits = engine.forward({&chunk, 1});
  const std::size_t vocab = logits.size() / tokens.size();
  std::vector<std::vector<double>> result(tokens.size());
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    double sum = 0;
    for (std::size_t i = 0; i < vocab; ++i) sum += std::exp(static_cast<double>(logits[t * vocab + i]));
    for (std::size_t i = 0; i < vocab; ++i) result[t].push_back(static_cast<double>(logits[t * vocab + i]) - std::log(sum));
  }
  return result;
}

struct Expected {
  std::vector<double> surprises, divergences;
  double same_top = 0;
};

Expected brute_force(engine::Engine& base, engine::Engine& model, std::span<const TokenId> tokens, std::uint64_t context,
                     bool second_half) {
  Expected expected;
  for (std::size_t begin = 0; begin + context <= tokens.size(); begin += context) {
    std::vector<TokenId> chunk(tokens.begin() + static_cast<std::ptrdiff_t>(begin),
                               tokens.begin() + static_cast<std::ptrdiff_t>(begin + context));
    if (second_half) chunk[0] = 0;  // the tiny tokenizer's beginning of text
    const auto p = log_probabilities(base, chunk), q = log_probabilities(model, chunk);
    for (std::size_t t = second_half ? context / 2 : 0; t + 1 < context; ++t) {
      expected.surprises.push_back(-q[t][chunk[t + 1]]);
      double divergence = 0;
      for (std::size_t i = 0; i < p[t].size(); ++i) divergence += std::exp(p[t][i]) * (p[t][i] - q[t][i]);
      expected.divergences.push_back(divergence);
      expected.same_top += std::ranges::max_element(p[t]) - p[t].begin() == std::ranges::max_element(q[t]) - q[t].begin();
    }
  }
  return expected;
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double x : values) sum += x;
  return sum / static_cast<double>(values.size());
}

double error_of_mean(const std::vector<double>& values) {
  const double centre = mean(values), count = static_cast<double>(values.size());
  double squares = 0;
  for (const double x : values) squares += (x - centre) * (x - centre);
  return std::sqrt(squares / (count - 1) / count);
}

class Conventions : public ::testing::TestWithParam<PerplexityConvention> {};

TEST_P(Conventions, AgreeWithBruteForce) {
  engine::Engine base = make_engine(1), model = make_engine(2);
  engine::Engine* models[] = {&model};
  const auto tokens = some_tokens(75);
  const EvalOptions options{.context = 16, .convention = GetParam(), .threads = 2};
  const auto result = compare(&base, models, tokens, options, {});
  const Expected expected = brute_force(base, model, tokens, 16, GetParam() == PerplexityConvention::second_half);
  ASSERT_EQ(result.size(), 2u);
  EXPECT_FALSE(result[0].divergence.has_value());
  const Perplexity& perplexity = result[1].perplexity;
  EXPECT_EQ(perplexity.tokens, expected.surprises.size());
  EXPECT_EQ(perplexity.chunks, 4u);
  EXPECT_EQ(perplexity.context, 16u);
  // Float logits carry about 1e-7 of noise; the means of some fifty rows less.
  EXPECT_NEAR(perplexity.mean_nll, mean(expected.surprises), 1e-6);
  EXPECT_NEAR(perplexity.value, std::exp(mean(expected.surprises)), 1e-3);
  EXPECT_NEAR(perplexity.standard_error, perplexity.value * error_of_mean(expected.surprises), 1e-3);
  ASSERT_TRUE(result[1].divergence.has_value());
  const Divergence& divergence = *result[1].divergence;
  EXPECT_NEAR(divergence.mean, mean(expected.divergences), 1e-6);
  EXPECT_NEAR(divergence.standard_error, error_of_mean(expected.divergences), 1e-6);
  EXPECT_NEAR(divergence.max, std::ranges::max(expected.divergences), 1e-6);
  EXPECT_DOUBLE_EQ(divergence.same_top, expected.same_top / static_cast<double>(expected.surprises.size()));
  EXPECT_NEAR(divergence.perplexity_ratio, perplexity.value / result[0].perplexity.value, 1e-9);
}

INSTANTIATE_TEST_SUITE_P(Compare, Conventions, ::testing::Values(PerplexityConvention::consecutive, PerplexityConvention::second_half),
                         [](const auto& parameter) { return ::testing::PrintToString(parameter.param); });

TEST(Compare, AModelIsNoDifferentFromItself) {
  engine::Engine base = make_engine(1), same = make_engine(1);
  engine::Engine* models[] = {&same};
  const auto result = compare(&base, models, some_tokens(64), {.context = 32}, {});
  EXPECT_EQ(result[1].divergence->mean, 0);
  EXPECT_EQ(result[1].divergence->max, 0);
  EXPECT_EQ(result[1].divergence->same_top, 1);
  EXPECT_EQ(result[1].divergence->perplexity_ratio, 1);
  EXPECT_EQ(result[1].perplexity.value, result[0].perplexity.value);
}

TEST(Compare, DoesNotDependOnThreadsNorOnWhichModelsAreBeside) {
  engine::Engine base = make_engine(1), one = make_engine(2), two = make_engine(2, 3), other = make_engine(3);
  engine::Engine* alone[] = {&one};
  engine::Engine* together[] = {&other, &two};
  const auto tokens = some_tokens(300);
  const auto first = compare(&base, alone, tokens, {.context = 24, .threads = 1}, {});
  const auto second = compare(&base, together, tokens, {.context = 24, .threads = 3}, {});
  EXPECT_EQ(first[1].perplexity.value, second[2].perplexity.value);
  EXPECT_EQ(first[1].divergence->mean, second[2].divergence->mean);
  EXPECT_EQ(first[1].divergence->p99, second[2].divergence->p99);
}

// 2^17 tokens make half a megabyte a row, so that 599 rows do not go through at once.
TEST(Compare, ABigVocabularyIsTakenInPiecesWithTheSameResult) {
  model::Config config = test::tiny_config();
  config.vocab = 1 << 17;
  config.blocks = 1;
  config.model = 8;
  config.heads = config.kv_heads = 1;
  config.ffn = 8;
  config.context = 600;
  engine::Engine model = make_engine(5, 1, config);
  engine::Engine* models[] = {&model};
  const auto tokens = some_tokens(600, config.vocab);
  const auto result = compare(nullptr, models, tokens, {.context = 600}, {});
  std::vector<double> surprises;
  engine::Sequence sequence = model.new_sequence(600);
  for (std::size_t begin = 0; begin < 599; begin += 100) {
    const std::size_t count = std::min<std::size_t>(100, 599 - begin);
    const engine::Chunk chunk{.sequence = &sequence, .tokens = std::span(tokens).subspan(begin, count), .all_logits = true};
    const std::span<const float> logits = model.forward({&chunk, 1});
    for (std::size_t i = 0; i < count; ++i) {
      const std::span<const float> row = logits.subspan(i * config.vocab, config.vocab);
      surprises.push_back(model.log_sum_exp(row) - static_cast<double>(row[tokens[begin + i + 1]]));
    }
  }
  EXPECT_EQ(result[0].perplexity.tokens, surprises.size());
  EXPECT_NEAR(result[0].perplexity.mean_nll, mean(surprises), 1e-6);
  EXPECT_NEAR(result[0].perplexity.standard_error / result[0].perplexity.value, error_of_mean(surprises), 1e-6);
}

TEST(Compare, WithoutABaseThereIsNoDivergence) {
  engine::Engine model = make_engine(1);
  engine::Engine* models[] = {&model};
  const auto result = compare(nullptr, models, some_tokens(40), {.context = 8, .max_chunks = 3}, {});
  ASSERT_EQ(result.size(), 1u);
  EXPECT_FALSE(result[0].divergence.has_value());
  EXPECT_EQ(result[0].perplexity.chunks, 3u);
  EXPECT_EQ(result[0].perplexity.tokens, 21u);
}

TEST(Compare, ProgressEndsAtItsTotalAndCanCancel) {
  engine::Engine base = make_engine(1), model = make_engine(2);
  engine::Engine* models[] = {&model};
  std::uint64_t done = 0, total = 1;
  compare(&base, models, some_tokens(100), {.context = 10},
          [&](const ProgressUpdate& update) { done = update.done, total = update.total; });
  EXPECT_EQ(done, total);
  EXPECT_EQ(total, 10u * 9 * 2);
  struct Stop {};
  EXPECT_THROW(compare(&base, models, some_tokens(100), {.context = 10}, [](const ProgressUpdate&) { throw Stop{}; }), Stop);
}

void expect_refused(engine::Engine* base, std::vector<engine::Engine*> models, std::span<const TokenId> tokens, const EvalOptions& options,
                    const std::string& part) {
  try {
    compare(base, models, tokens, options, {});
    ADD_FAILURE() << "not refused: " << part;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

TEST(Compare, BadRequestsAreRefusedByName) {
  engine::Engine model = make_engine(1);
  model::Config other_config = test::tiny_config();
  other_config.vocab = 352;
  engine::Engine other = make_engine(1, 1, other_config);
  const auto tokens = some_tokens(20);
  expect_refused(nullptr, {}, tokens, {}, "no model");
  expect_refused(nullptr, {&model}, tokens, {.context = 21}, "20 tokens, less than one chunk of 21");
  expect_refused(nullptr, {&model}, tokens, {.context = 1}, "context of 1");
  expect_refused(nullptr, {&model}, tokens, {.context = std::uint64_t{1} << 63}, "less than one chunk");
  expect_refused(&model, {&other}, tokens, {.context = 8}, "320 tokens in the first model, 352 in model 2");
  std::vector<TokenId> beyond = tokens;
  beyond[7] = 320;  // a chunk's last token is never fed: nothing but the check would notice
  expect_refused(nullptr, {&model}, beyond, {.context = 8}, "token 320");
}

}  // namespace
}  // namespace tightrope::eval
