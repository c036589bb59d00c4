// A low-rank adapter (LoRA, rsLoRA, DoRA): what it adds to a model's matrices, by canonical name.
// Sources: LoRA, Hu et al. 2021 (arXiv:2106.09685); rsLoRA, Kalajdzievski 2023 (arXiv:2312.03732); DoRA, Liu et al. 2024
// (arXiv:2402.09353) as PEFT computes it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/model.h"

namespace tightrope::model {

// W becomes W + b a; where there are magnitudes, each row of the sum is then stretched to its magnitude's length.
struct LowRank {
  std::string name;  // canonical, of a matrix: "blocks.0.attn.q"
  std::uint64_t rank = 0, out = 0, in = 0;
  std::vector<float> a;          // [rank, in]
  std::vector<float> b;          // [out, rank], the adapter's scale applied
  std::vector<float> magnitude;  // [out], or empty
};

struct Adapter {
  std::string name;                // for people
  std::vector<LowRank> additions;  // one a matrix

  const LowRank* find(std::string_view canonical) const;  // null when the adapter leaves it alone
};

// A folder with adapter_config.json and adapter_model.safetensors, as PEFT writes it, for this base. Errors: not_found, io; malformed
// (shapes that are not the base's, half a pair, modules the base has not, numbers that are not finite); unsupported, naming what is.
std::shared_ptr<const Adapter> read_adapter(const std::filesystem::path& folder, const Model& base);

// What each row of W + b a is multiplied by, [out]; only where there are magnitudes. Errors: malformed (a row of zeros).
std::vector<float> row_factors(const LowRank& addition, const Weight& weight, const formats::Codec& codec);

// The sum as float32, its rows made on demand. `adapter` keeps `addition` alive.
Weight merged_weight(const Weight& weight, std::shared_ptr<const Adapter> adapter, const LowRank& addition, const formats::Codec& codec);

// The model with its adapter's numbers in its weights, and without the adapter. Changed matrices are encoded in `format`, or each in its
// own when that is null. Errors: unsupported (a quantised matrix without `format`; an embedding that is also the head), invalid_argument
// (no adapter).
Model merge_adapter(const Model& model, const formats::Format* format, const formats::Codec& codec);

}  // namespace tightrope::model
