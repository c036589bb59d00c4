// What turns one word into tokens: each kind is one file and one row of a list.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "text/definition.h"

namespace tightrope::text {

// Where tokens go.
struct TokenSink {
  std::vector<TokenId>& ids;
  std::vector<std::uint32_t>* ends = nullptr;  // per id, when somebody wants to know: where in the word its bytes end

  void put(TokenId id, std::size_t end) {
    ids.push_back(id);
    if (ends != nullptr) ends->push_back(static_cast<std::uint32_t>(end));
  }
};

// Immutable and thread-safe.
class Model {
 public:
  virtual ~Model() = default;
  // Requires a word of valid UTF-8 (or of bytes, if so compiled), not empty. Linear in its length up to a logarithm.
  virtual void encode(std::string_view word, TokenSink& sink) const = 0;
};

struct ModelRow {
  std::string_view name;  // as tokenizer.json calls it
  bool (*holds)(const ModelOptions& options);
  // Adds the model's tokens and options. `added`: how many added tokens the file has beside them.
  void (*read)(const Json& description, std::size_t added, TokenizerDefinition& definition);
  // `members`, per id: does the token go into the model's vocabulary?
  Json (*write)(const TokenizerDefinition& definition, const std::vector<bool>& members);
  // `bytes`: words come as raw bytes, and the vocabulary is spelt in the byte-level alphabet.
  std::unique_ptr<const Model> (*compile)(const TokenizerDefinition& definition, bool bytes);
};

const ModelRow& model_row(const ModelOptions& options);
const ModelRow* find_model_row(std::string_view name);  // null when unknown
std::string known_models();

}  // namespace tightrope::text
