// A LoRA adapter as PEFT would save it: random pairs on the queries of a LLaMA-like model.
#pragma once

#include <cstring>
#include <filesystem>
#include <vector>

#include "base/file.h"
#include "base/random.h"
#include "checkpoint/safetensors.h"
#include "model/model.h"

namespace tightrope::test {

inline void write_small_adapter(const std::filesystem::path& folder, const model::Config& base) {
  constexpr std::uint64_t kRank = 2;
  std::filesystem::create_directories(folder);
  write_text_file(folder / "adapter_config.json",
                  R"({"peft_type": "LORA", "r": 2, "lora_alpha": 16, "bias": "none", "target_modules": ["q_proj"]})");
  std::vector<checkpoint::PendingEntry> entries;
  const auto add = [&](const std::string& name, const Shape& shape) {
    const auto rows = [shape, seed = entries.size()](std::uint64_t first, std::uint64_t count, std::span<std::byte> out) {
      for (std::uint64_t row = 0; row < count; ++row) {
        Random random(seed * 1000 + first + row);  // rows come in any order
        for (std::uint64_t i = 0; i < shape.row_length(); ++i) {
          const auto value = static_cast<float>(0.1 * random.normal());
          std::memcpy(out.data() + (row * shape.row_length() + i) * sizeof value, &value, sizeof value);
        }
      }
    };
    entries.push_back({name, &formats::get("f32"), shape, rows});
  };
  for (std::uint64_t block = 0; block < base.blocks; ++block) {
    const std::string module = "base_model.model.model.layers." + std::to_string(block) + ".self_attn.q_proj";
    add(module + ".lora_A.weight", Shape{kRank, base.model});
    add(module + ".lora_B.weight", Shape{base.heads * base.head, kRank});
  }
  checkpoint::write_safetensors(folder / "adapter_model.safetensors", entries, {}, {});
}

}  // namespace tightrope::test
