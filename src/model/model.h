// A model: an architecture, its numbers, its tensors under canonical names, its tokenizer. A copy-on-write value.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/arch.h"
#include "model/config.h"
#include "model/weight.h"
#include "text/tokenizer.h"

namespace tightrope::model {

struct Adapter;

struct NamedWeight {
  std::string name;  // canonical, with ".weight" implied and ".bias" spelled: "blocks.0.attn.q", "blocks.0.attn.q.bias"
  Weight weight;
};

// Cheap to copy; every change makes a new value. Thread-safe to read.
class Model {
 public:
  Model(const Arch& arch, Config config, std::vector<NamedWeight> weights, std::shared_ptr<const text::Tokenizer> tokenizer);

  const Arch& arch() const { return *arch_; }
  const Config& config() const { return *config_; }
  // In the arch's order, block by block.
  std::span<const NamedWeight> weights() const { return *weights_; }
  // Null when absent.
  const Weight* find(std::string_view name) const;
  const Weight& get(std::string_view name) const;  // throws not_found
  // Null when the checkpoint came without one.
  const std::shared_ptr<const text::Tokenizer>& tokenizer() const { return tokenizer_; }
  const text::Tokenizer& require_tokenizer() const;  // throws unsupported, saying what to do
  // What is added to the weights as the model runs; null when nothing is. The weights are those of the base, and only they are counted.
  const std::shared_ptr<const Adapter>& adapter() const { return adapter_; }

  std::uint64_t parameters() const;
  std::uint64_t weight_bytes() const;
  double bits_per_weight() const;

  // The same model with one tensor (which must exist, of the same shape) replaced, or each tensor put through `change`.
  Model with(std::string_view name, Weight weight) const;
  Model map(const std::function<Weight(const NamedWeight&)>& change) const;
  Model with_config(Config config) const;
  Model with_adapter(std::shared_ptr<const Adapter> adapter) const;  // in place of one it had

 private:
  const Arch* arch_;
  std::shared_ptr<const Config> config_;
  std::shared_ptr<const std::vector<NamedWeight>> weights_;
  std::shared_ptr<const std::map<std::string, std::size_t, std::less<>>> places_;  // name -> index in weights_
  std::shared_ptr<const text::Tokenizer> tokenizer_;
  std::shared_ptr<const Adapter> adapter_;
};

// The canonical name's block number, or nullopt; its role without block and number ("attn.q", "ffn.down", "embed", "head").
std::optional<std::uint64_t> block_of(std::string_view canonical);
std::string_view role_of(std::string_view canonical);

}  // namespace tightrope::model
