// Token ids to the first hidden state: the embedding, its neighbours', positions, types, norm, projection.
#include <algorithm>
#include <cmath>

#include "engine/pass.h"

namespace tightrope::engine {
namespace {

void read_row(const Pass& pass, const model::Weight& table, std::uint64_t row, float* to) {
  table.read_rows_f32(row, 1, {to, table.shape().row_length()}, pass.kernels().codec);
}

// The embedding of token `index` of an item, or zeros where the text has none.
void read_token(const Pass& pass, const Item& item, std::size_t index, float* to) {
  if (index < item.tokens.size()) return read_row(pass, pass.network.embed, item.tokens[index], to);
  std::fill_n(to, pass.network.embed.shape().row_length(), 0.0f);
}

// [tokens, embedding]
float* look_up(Pass& pass, kernels::AlignedFloats& buffer) {
  const std::size_t width = pass.network.embed.shape().row_length();
  float* x = room(buffer, pass.tokens() * width);
  pass.for_each(pass.tokens(), [&](std::size_t row) {
    const Row& token = pass.batch.rows[row];
    read_token(pass, *token.item, token.position - token.item->first, x + row * width);
    if (pass.model.arch().embedding.scaled) pass.kernels().scale(x + row * width, std::sqrt(static_cast<float>(width)), width);
  });
  return x;
}

// [tokens, model] from the embeddings of the next token, the token and the one before it.
float* look_up_trigrams(Pass& pass) {
  const std::size_t width = pass.network.embed.shape().row_length();
  float* x = room(pass.work.looked_up, pass.tokens() * 3 * width);
  pass.for_each(pass.tokens(), [&](std::size_t row) {
    const Item& item = *pass.batch.rows[row].item;
    const std::size_t index = pass.batch.rows[row].position - item.first;
    float* to = x + row * 3 * width;
    read_token(pass, item, index + 1, to);
    read_token(pass, item, index, to + width);
    read_token(pass, item, index - 1, to + 2 * width);  // before the first: beyond every text
  });
  float* hidden = room(pass.work.hidden, pass.tokens() * pass.network.trigram.out);
  pass.project({pass.network.trigram, x, hidden, pass.tokens()});
  return hidden;
}

// Adds learned positions and token types to rows of their width.
void add_tables(Pass& pass, float* x) {
  const std::optional<model::Weight>&positions = pass.network.positions, &types = pass.network.types;
  if (!positions && !types) return;
  const std::size_t width = (positions ? *positions : *types).shape().row_length();
  const auto offset = pass.model.arch().embedding.positions_after_padding ? static_cast<std::size_t>(pass.config().padding + 1) : 0;
  pass.for_each(pass.tokens(), [&](std::size_t row) {
    const Row& token = pass.batch.rows[row];
    const Item& item = *token.item;
    const auto lease = pass.runtime.scratch.borrow();
    float* looked_up = room(*lease, width);
    if (types) {
      read_row(pass, *types, item.types.empty() ? 0 : item.types[token.position - item.first], looked_up);
      pass.kernels().add(x + row * width, looked_up, width);
    }
    if (positions) {
      read_row(pass, *positions, token.position + offset, looked_up);
      pass.kernels().add(x + row * width, looked_up, width);
    }
  });
}

}  // namespace

void embed(Pass& pass) {
  const Network& network = pass.network;
  const bool projected = network.project.present();
  float* x = network.trigram.present() ? look_up_trigrams(pass) : look_up(pass, projected ? pass.work.looked_up : pass.work.hidden);
  add_tables(pass, x);
  pass.normalise(network.embed_norm, x, x, pass.tokens());
  if (projected) pass.project({network.project, x, room(pass.work.hidden, pass.tokens() * network.project.out), pass.tokens()});
}

}  // namespace tightrope::engine
