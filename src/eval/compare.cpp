// Runs engines side by side over a text and reduces their logits to perplexity and divergence, a few hundred rows at a time.
#include "eval/compare.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/threads.h"
#include "data/corpus.h"
#include "eval/statistics.h"

namespace tightrope::eval {
namespace {

using Tokens = std::span<const text::TokenId>;

constexpr std::uint64_t kRows = 1024;                                     // a forward pass: enough to use decoded weights many times
constexpr std::uint64_t kLogitBytesOne = std::uint64_t{256} << 20;        // of one engine
constexpr std::uint64_t kLogitBytesTogether = std::uint64_t{1024} << 20;  // of all engines
constexpr std::uint64_t kGrain = 8;                                       // rows a thread takes at once

// Which positions of a chunk are fed and which of their predictions count, and how many go through at a time.
struct Plan {
  std::uint64_t inputs = 0;        // positions fed: all but a chunk's last token, which nothing follows
  std::uint64_t first_scored = 0;  // predictions from here on count
  std::uint64_t group = 1;         // chunks side by side
  std::uint64_t piece = 0;         // scored positions of each of them in one pass
  std::uint64_t scored() const { return inputs - first_scored; }
};

Plan make_plan(const EvalOptions& options, std::uint64_t vocab, std::uint64_t engines) {
  const bool second_half = options.convention == PerplexityConvention::second_half;
  Plan plan{.inputs = options.context - 1, .first_scored = second_half ? options.context / 2 : 0};
  const std::uint64_t row_bytes = vocab * sizeof(float);
  const std::uint64_t rows =
      std::max<std::uint64_t>(16, std::min({kRows, kLogitBytesOne / row_bytes, kLogitBytesTogether / row_bytes / engines}));
  plan.group = std::max<std::uint64_t>(1, rows / plan.scored());
  const std::uint64_t pieces = (plan.scored() + rows - 1) / rows;
  plan.piece = (plan.scored() + pieces - 1) / pieces;
  return plan;
}

// What one row of one model's logits comes to.
struct RowScore {
  double surprise = 0, divergence = 0;
  bool same_top = false;
};

// Running totals of one model.
struct Tally {
  Moments surprise, divergence, surprise_over_base;
  std::vector<float> divergences;  // one a scored token, for exact percentiles
  std::uint64_t same_top = 0;
};

Perplexity perplexity_of(const Tally& tally, std::uint64_t context, std::uint64_t chunks) {
  const double value = std::exp(tally.surprise.mean());
  return {.value = value,
          .standard_error = value * tally.surprise.standard_error(),
          .mean_nll = tally.surprise.mean(),
          .context = context,
          .chunks = chunks,
          .tokens = tally.surprise.count()};
}

Divergence divergence_of(Tally& tally) {
  std::ranges::sort(tally.divergences);
  const double count = static_cast<double>(tally.surprise.count());
  const double same = static_cast<double>(tally.same_top) / count;
  const double ratio = std::exp(tally.surprise_over_base.mean());
  return {.mean = tally.divergence.mean(),
          .standard_error = tally.divergence.standard_error(),
          .median = percentile(tally.divergences, 0.5),
          .p99 = percentile(tally.divergences, 0.99),
          .max = percentile(tally.divergences, 1),
          .same_top = same,
          .same_top_error = count > 1 ? std::sqrt(same * (1 - same) / (count - 1)) : 0,
          .perplexity_ratio = ratio,
          .perplexity_ratio_error = ratio * tally.surprise_over_base.standard_error()};
}

class Comparison {
 public:
  Comparison(std::vector<engine::Engine*> engines, bool has_base, Tokens tokens, const EvalOptions& options, const Progress& progress)
      : engines_(std::move(engines)),
        has_base_(has_base),
        chunks_(data::chunks(tokens, options.context, options.max_chunks)),
        vocab_(engines_.front()->model().config().vocab),
        plan_(make_plan(options, vocab_, engines_.size())),
        tallies_(engines_.size()),
        threads_(options.threads),
        progress_(progress) {
    if (options.convention == PerplexityConvention::second_half) {
      start_token_ = data::chunk_start_token(engines_.front()->model().require_tokenizer());
    }
    plan_.group = std::min<std::uint64_t>(plan_.group, chunks_.size());
    for (const engine::Engine* engine : engines_) {
      auto& own = sequences_.emplace_back();
      for (std::uint64_t i = 0; i < plan_.group; ++i) own.push_back(engine->new_sequence(options.context));
    }
  }

  std::vector<Measurement> run(std::uint64_t context) {
    for (std::uint64_t first = 0; first < chunks_.size(); first += plan_.group) {
      run_group(std::span(chunks_).subspan(first, std::min<std::uint64_t>(plan_.group, chunks_.size() - first)));
    }
    std::vector<Measurement> result;
    for (std::size_t i = 0; i < tallies_.size(); ++i) {
      Measurement& measurement = result.emplace_back();
      measurement.perplexity = perplexity_of(tallies_[i], context, chunks_.size());
      if (has_base_ && i > 0) measurement.divergence = divergence_of(tallies_[i]);
    }
    return result;
  }

 private:
  void run_group(std::span<const Tokens> group) {
    for (auto& own : sequences_) {
      for (auto& sequence : own) sequence.rewind(0);
    }
    const std::vector<std::vector<text::TokenId>> inputs = inputs_of(group);
    if (plan_.first_scored > 0) {
      for (std::size_t i = 0; i < engines_.size(); ++i) forward(i, inputs, 0, plan_.first_scored, false);
    }
    for (std::uint64_t begin = plan_.first_scored; begin < plan_.inputs; begin += plan_.piece) {
      const std::uint64_t end = std::min(plan_.inputs, begin + plan_.piece);
      std::vector<std::span<const float>> logits;
      for (std::size_t i = 0; i < engines_.size(); ++i) logits.push_back(forward(i, inputs, begin, end, true));
      score(logits, group, begin, end);
    }
  }

  std::vector<std::vector<text::TokenId>> inputs_of(std::span<const Tokens> group) const {
    std::vector<std::vector<text::TokenId>> inputs;
    for (const Tokens chunk : group) {
      auto& own = inputs.emplace_back(chunk.begin(), chunk.end() - 1);
      if (start_token_ >= 0) own.front() = static_cast<text::TokenId>(start_token_);
    }
    return inputs;
  }

  // Positions [begin, end) of every chunk through one engine: logits [group, end - begin, vocab] when all are asked for.
  std::span<const float> forward(std::size_t engine, const std::vector<std::vector<text::TokenId>>& inputs, std::uint64_t begin,
                                 std::uint64_t end, bool all_logits) {
    std::vector<engine::Chunk> batch;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      batch.push_back(
          {.sequence = &sequences_[engine][i], .tokens = Tokens(inputs[i]).subspan(begin, end - begin), .all_logits = all_logits});
    }
    const std::span<const float> logits = engines_[engine]->forward(batch);
    done_ += inputs.size() * (end - begin);
    if (progress_) {
      progress_({.stage = "evaluate", .done = done_, .total = chunks_.size() * plan_.inputs * engines_.size(), .unit = "tokens"});
    }
    return logits;
  }

  void score(const std::vector<std::span<const float>>& logits, std::span<const Tokens> group, std::uint64_t begin, std::uint64_t end) {
    const std::uint64_t positions = end - begin, rows = group.size() * positions;
    std::vector<RowScore> scores(rows * engines_.size());  // [rows, engines]
    threads_.parallel_for(rows, kGrain, [&](std::uint64_t first, std::uint64_t last) {
      std::vector<float> base_weights(vocab_), weights(vocab_);
      for (std::uint64_t row = first; row < last; ++row) {
        const text::TokenId next = group[row / positions][begin + row % positions + 1];
        score_row(logits, row, next, base_weights, weights, std::span(scores).subspan(row * engines_.size(), engines_.size()));
      }
    });
    // One thread, in text order: the totals are the same for any number of threads.
    for (std::uint64_t row = 0; row < rows; ++row) add(std::span(scores).subspan(row * engines_.size(), engines_.size()));
  }

  void score_row(const std::vector<std::span<const float>>& logits, std::uint64_t row, text::TokenId next, std::span<float> base_weights,
                 std::span<float> weights, std::span<RowScore> scores) const {
    Softmax base;
    std::span<const float> base_logits;
    for (std::size_t i = 0; i < engines_.size(); ++i) {
      const std::span<const float> own = logits[i].subspan(row * vocab_, vocab_);
      const bool is_base = has_base_ && i == 0;
      const Softmax distribution = softmax(own, is_base ? base_weights : weights);
      if (!std::isfinite(distribution.sum)) refuse_logits(i);
      scores[i].surprise = surprise(own, distribution, next);
      if (is_base) {
        base = distribution;
        base_logits = own;
      } else if (has_base_) {
        scores[i].divergence = divergence(base_logits, base_weights, base, own, distribution);
        scores[i].same_top = distribution.top == base.top;
      }
    }
  }

  [[noreturn]] void refuse_logits(std::size_t engine) const {
    fail(ErrorCode::malformed, "[eval] model {} of {} ('{}') gives logits that are not finite; its weights are damaged", engine + 1,
         engines_.size(), engines_[engine]->model().config().name);
  }

  void add(std::span<const RowScore> scores) {
    for (std::size_t i = 0; i < scores.size(); ++i) {
      Tally& tally = tallies_[i];
      tally.surprise.add(scores[i].surprise);
      if (!has_base_ || i == 0) continue;
      tally.divergence.add(scores[i].divergence);
      tally.surprise_over_base.add(scores[i].surprise - scores[0].surprise);
      tally.divergences.push_back(static_cast<float>(scores[i].divergence));
      tally.same_top += scores[i].same_top;
    }
  }

  std::vector<engine::Engine*> engines_;
  bool has_base_;
  std::vector<Tokens> chunks_;
  std::uint64_t vocab_;
  Plan plan_;
  std::vector<Tally> tallies_;
  ThreadPool threads_;
  const Progress& progress_;
  std::int64_t start_token_ = -1;                         // -1: chunks start with their own first token
  std::vector<std::vector<engine::Sequence>> sequences_;  // [engines][group]
  std::uint64_t done_ = 0;                                // tokens fed, over all engines
};

void check_arguments(std::span<engine::Engine* const> engines, Tokens tokens, const EvalOptions& options) {
  const std::uint64_t least = options.convention == PerplexityConvention::second_half ? 3 : 2;
  if (engines.empty()) fail(ErrorCode::invalid_argument, "[eval] there is no model to measure; name at least one");
  if (options.context < least) {
    fail(ErrorCode::invalid_argument, "[eval] a context of {} leaves no token to predict; it must be at least {}", options.context, least);
  }
  if (tokens.size() < options.context) {
    fail(ErrorCode::invalid_argument, "[eval] the text has {} tokens, less than one chunk of {}; take a longer text or a smaller context",
         tokens.size(), options.context);
  }
  const std::uint64_t vocab = engines.front()->model().config().vocab;
  for (std::size_t i = 1; i < engines.size(); ++i) {
    const std::uint64_t other = engines[i]->model().config().vocab;
    if (other != vocab) {
      fail(ErrorCode::invalid_argument, "[eval] vocabularies differ: {} tokens in the first model, {} in model {}; measure them separately",
           vocab, other, i + 1);
    }
  }
  const text::TokenId largest = *std::ranges::max_element(tokens);
  if (largest >= vocab) {
    fail(ErrorCode::invalid_argument, "[eval] the text has token {}, beyond the vocabulary of {}; use the model's own tokenizer", largest,
         vocab);
  }
}

}  // namespace

std::vector<Measurement> compare(engine::Engine* base, std::span<engine::Engine* const> models, std::span<const text::TokenId> tokens,
                                 const EvalOptions& options, const Progress& progress) {
  std::vector<engine::Engine*> engines;
  if (base != nullptr) engines.push_back(base);
  engines.insert(engines.end(), models.begin(), models.end());
  check_arguments(engines, tokens, options);
  return Comparison(std::move(engines), base != nullptr, tokens, options, progress).run(options.context);
}

}  // namespace tightrope::eval
