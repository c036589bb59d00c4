// Running encoders: texts in; embeddings, classes, entities, answers and scores out.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tightrope/model.h"
#include "tightrope/progress.h"
#include "tightrope/tasks.h"

namespace tightrope {

// Makes embeddings as sentence-transformers would: pooling, normalisation, prompts and length limit come from the model's folder
// (modules.json and what it names), from a GGUF (which carries the same, or a pooling type alone), or from the options. Not thread-safe:
// one call at a time. Results do not depend on the number of threads, nor on which texts are embedded together.
class Embedder {
 public:
  // Errors: unsupported (a module that is not known, by name; no tokenizer), invalid_argument (an unknown pooling or prompt, with those
  // there are), malformed.
  explicit Embedder(const Model& model, const EmbedOptions& options = {});
  ~Embedder();
  Embedder(Embedder&&) noexcept;

  // One for each text, in their order. Errors: invalid_argument (a text longer than the context, with both numbers), malformed.
  std::vector<Embedding> embed(std::span<const std::string> texts, const Progress& progress = {});

  std::uint64_t width() const;               // of a vector
  std::uint64_t context() const;             // tokens a text may have
  std::string pooling() const;               // its name
  bool normalizes() const;                   // vectors to length 1
  std::vector<std::string> notices() const;  // what was assumed, for people

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

// Does what a model's head is for: sequence classification, reranking (a single score), token classification, question answering or
// filling masks. Not thread-safe: one call at a time.
class Classifier {
 public:
  // Errors: unsupported (a model without such a head; no tokenizer).
  explicit Classifier(const Model& model, const ClassifyOptions& options = {});
  ~Classifier();
  Classifier(Classifier&&) noexcept;

  // One for each input, in their order. Errors: invalid_argument (an input longer than the context, with both numbers; a pair missing or
  // not expected; no mask to fill), malformed.
  std::vector<Classification> classify(std::span<const TextInput> inputs, const Progress& progress = {});

  std::string_view task() const;  // "sequence classification", "reranking", "token classification", "question answering", "mask filling"
  // One line of JSON for what classify() gave for input `index`; docs/encoders.md describes it.
  std::string to_json(const Classification& classification, std::uint64_t index) const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

// One line of JSON: index, tokens, and embedding (or embeddings, where there is one for each token).
std::string to_json(const Embedding& embedding, std::uint64_t index);

// One line of JSON Lines as an input: {"text": …}, perhaps with "pair". `number` names the line in errors. Errors: malformed.
TextInput parse_text_input(std::string_view line, std::uint64_t number);

}  // namespace tightrope
