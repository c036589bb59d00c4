// The blocks: what each does follows from the norms, the bottleneck and the stacked networks it has.
#include "engine/pass.h"

namespace tightrope::engine {
namespace {

// x itself, or its norm in `to` where there is one.
const float* normed(const Pass& pass, const NormLayer& norm, const float* x, float* to) {
  if (!norm.present()) return x;
  pass.normalise(norm, x, to, pass.tokens());
  return to;
}

// Attention and feed-forward network of a block on the residual stream x, [tokens, width]. Queries and keys read `query_input`, values
// `value_input`; the norm before attention has been applied to both.
void run_residual(Pass& pass, const Block& block, std::size_t index, float* x, std::size_t width, const float* query_input,
                  const float* value_input) {
  const std::size_t tokens = pass.tokens();
  const bool parallel = pass.config().parallel;
  Workspace& work = pass.work;
  attend(pass, block, index, query_input, value_input);
  pass.normalise(block.attn_post_norm, work.branch.data(), work.branch.data(), tokens);
  // In parallel the feed-forward network reads x from before attention: through a norm of its own, or through attention's.
  const float* input = query_input;
  if (parallel && block.ffn_norm.present()) input = normed(pass, block.ffn_norm, x, work.normed.data());
  pass.add(x, work.branch.data(), block.attn_out_norm, tokens, width);
  if (!parallel) {
    for (const StackedFeedForward& stacked : block.stacked) {
      feed_forward(pass, stacked.ffn, x);
      pass.add(x, work.branch.data(), stacked.out_norm, tokens, width);
    }
    input = normed(pass, block.ffn_norm, x, work.normed.data());
  }
  block.experts ? mix_experts(pass, *block.experts, input) : feed_forward(pass, block.ffn, input);
  pass.normalise(block.ffn_post_norm, work.branch.data(), work.branch.data(), tokens);
  pass.add(x, work.branch.data(), block.ffn_out_norm, tokens, width);
}

// The block's own narrower stream: in through one projection, queries and keys through another, out to the hidden state.
void run_bottleneck(Pass& pass, const Block& block, std::size_t index) {
  const Bottleneck& bottleneck = *block.bottleneck;
  Workspace& work = pass.work;
  const std::size_t tokens = pass.tokens(), width = bottleneck.in.out;
  float* narrow = room(work.narrow, tokens * width);
  const float *query_input = narrow, *value_input = narrow;
  pass.project({bottleneck.in, work.hidden.data(), narrow, tokens});
  pass.normalise(bottleneck.in_norm, narrow, narrow, tokens);
  if (bottleneck.attn.present()) {
    float* shared = room(work.shared, tokens * bottleneck.attn.out);
    pass.project({bottleneck.attn, work.hidden.data(), shared, tokens});
    pass.normalise(bottleneck.attn_norm, shared, shared, tokens);
    query_input = shared;
    value_input = work.hidden.data();
  }
  run_residual(pass, block, index, narrow, width, query_input, value_input);
  pass.project({bottleneck.out, narrow, room(work.branch, tokens * bottleneck.out.out), tokens});
  pass.add(work.hidden.data(), work.branch.data(), bottleneck.out_norm, tokens, pass.config().model);
}

}  // namespace

const float* run_trunk(Pass& pass) {
  const model::Config& config = pass.config();
  const std::size_t groups = pass.network.blocks.size();
  embed(pass);
  float *hidden = pass.work.hidden.data(), *scratch = room(pass.work.normed, pass.tokens() * config.model);
  for (std::size_t index = 0; index < config.blocks; ++index) {
    const Block& block = pass.network.blocks[index * groups / config.blocks];
    pass.show_hidden(index, hidden);
    if (block.bottleneck) {
      run_bottleneck(pass, block, index);
    } else {
      const float* input = normed(pass, block.attn_norm, hidden, scratch);
      run_residual(pass, block, index, hidden, config.model, input, input);
    }
  }
  pass.normalise(pass.network.norm, hidden, hidden, pass.tokens());
  pass.show_hidden(config.blocks, hidden);
  return hidden;
}

}  // namespace tightrope::engine
