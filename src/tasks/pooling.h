// From the hidden states of a text's tokens to one vector: the ways there are, each a row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tightrope::tasks {

struct Pooling {
  enum class From : std::uint8_t {
    hidden,  // the hidden states are pooled
    tokens,  // they are given as they are: one vector a token
    head,    // the head's output is the vector
  };
  std::string_view name = {};
  std::string_view sentence_key = {};  // in a 1_Pooling/config.json; empty: none
  std::int64_t gguf_type = -1;         // llama.cpp's pooling_type; -1: none
  From from = From::hidden;
  // `hidden` is [tokens, width]; writes [width].
  void (*pool)(std::span<const float> hidden, std::span<float> vector) = nullptr;
};

// In the order in which sentence-transformers joins the vectors of several.
std::span<const Pooling> all_poolings();
// Errors: invalid_argument, listing those there are.
const Pooling& pooling_named(std::string_view name);

// To length 1; a vector of zeros stays as it is.
void normalize(std::span<float> vector);

}  // namespace tightrope::tasks
