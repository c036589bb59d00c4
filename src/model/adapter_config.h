// adapter_config.json: rank and scale of each module, and that it asks for nothing which would be ignored.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

namespace tightrope::model {

struct AdapterConfig {
  std::uint64_t rank = 0;
  double alpha = 0;
  bool rank_stabilised = false;                               // rsLoRA: alpha / sqrt(rank) in place of alpha / rank
  bool magnitudes = false;                                    // DoRA
  std::vector<std::pair<std::string, double>> ranks, alphas;  // of modules whose path is or ends in the pattern; the first counts

  std::uint64_t rank_of(std::string_view module) const;
  double scale_of(std::string_view module) const;
};

// Errors: malformed (a key missing or of another kind), unsupported (naming the key, its value and what is supported).
AdapterConfig read_adapter_config(const Json& json);

}  // namespace tightrope::model
