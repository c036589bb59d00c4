// The difference between a file's blocks and packed groups, for every weight that a token reads.
#include "eval/bytes_read.h"

#include "kernels/packed.h"

namespace tightrope::eval {
namespace {

std::uint64_t packed_bytes(const model::Weight& weight, kernels::Isa isa, bool exact) {
  const kernels::PackedFormat* packed = kernels::packed_format(isa, weight.format());
  const bool is_matrix = weight.shape().rank() > 1, rounds = weight.format().name != "f32";
  if (packed == nullptr || !is_matrix || (exact && rounds)) return weight.size_bytes();
  const std::uint64_t groups = (weight.shape().rows() + kernels::kGroupRows - 1) / kernels::kGroupRows;
  return groups * packed->group_bytes(weight.shape().row_length());
}

// Tables are not multiplied: one row is looked up, in the file's form.
bool is_table(const model::Model& model, const model::NamedWeight& named) {
  return named.name == "embed" ? model.find("head") != nullptr : named.name == "embed.positions" || named.name == "embed.types";
}

}  // namespace

std::uint64_t packed_bytes_per_token(const engine::Engine& engine, bool exact) {
  const model::Model& model = engine.model();
  const model::Config& config = model.config();
  std::uint64_t bytes = engine.bytes_per_token();
  for (const model::NamedWeight& named : model.weights()) {
    if (is_table(model, named)) continue;
    const bool expert = config.experts > 0 && named.name.find(".experts.") != std::string::npos;
    const std::uint64_t of = expert ? config.experts : 1, used = expert ? config.experts_used : 1;
    bytes += packed_bytes(named.weight, engine.isa(), exact) / of * used;
    bytes -= named.weight.size_bytes() / of * used;  // as bytes_per_token counted it
  }
  return bytes;
}

}  // namespace tightrope::eval
