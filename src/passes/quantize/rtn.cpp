// Round-to-nearest: every matrix goes to the format its mix names, each block rounded on its own; no calibration.
#include "passes/quantize/rtn.h"
#include "base/error.h"
#include "base/glob.h"
#include "passes/quantize/mix.h"
#include "recipe/pass.h"
#include "tightrope/passes.h"

namespace tightrope::passes {
namespace {

constexpr auto kSchema = recipe::fields(
    recipe::field("type", &Quantize::type, "the mix of weight formats: q8_0, q6_k, q5_k_m, q4_k_m, q3_k_m, q2_k, …"),
    recipe::field("pure", &Quantize::pure, "every matrix in the type's base format, none kept at more bits"),
    recipe::field("targets", &Quantize::targets, "glob over canonical tensor names; matrices that do not match keep their format"),
    recipe::field("requantize", &Quantize::requantize, "allow a source that is quantised already, whose error adds to the new one"));

void refuse_quantised_source(const model::NamedWeight& tensor) {
  if (tensor.weight.format().kind == formats::Kind::block)
    fail(ErrorCode::invalid_argument,
         "[quantize] tensor '{}' is {} already and would lose twice; start from the original, or allow it (--requantize)", tensor.name,
         tensor.weight.format().name);
}

model::Weight quantized(const model::NamedWeight& tensor, const formats::Format& wanted, recipe::PassContext& context) {
  const std::uint64_t length = tensor.weight.shape().row_length();
  const formats::Format& target = fitting_format(wanted, length);
  if (&target != &wanted)
    context.notices.push_back(fmt::format("{} has rows of {}; {} needs a multiple of {}, so it becomes {}", tensor.name, length,
                                          wanted.name, wanted.block_elements, target.name));
  return tensor.weight.encoded_as(target, context.codec);
}

model::Model run(const Quantize& options, const model::Model& model, recipe::PassContext& context) {
  const Mix mix = get_mix(options.type);
  std::uint64_t matched = 0;
  model::Model result = model.map([&](const model::NamedWeight& tensor) {
    const bool matrix = tensor.weight.shape().rank() > 1 && !stays_unquantised(tensor.name);
    if (!matrix || !glob_match(options.targets, tensor.name)) return tensor.weight;
    if (!options.requantize) refuse_quantised_source(tensor);
    ++matched;
    return quantized(tensor, format_in_mix(mix, model, tensor.name, options.pure), context);
  });
  if (matched == 0)
    fail(ErrorCode::invalid_argument, "[quantize] no matrix matches '{}'; see the names with 'tightrope inspect --tensors'",
         options.targets);
  if (options.targets == "*") context.gguf_file_type = options.pure ? formats::get(mix.base).gguf_file_type : mix.gguf_file_type;
  return result;
}

}  // namespace

Json to_json(const Quantize& options) { return recipe::write_options(options, kSchema); }

extern const recipe::PassEntry rtn;
constinit const recipe::PassEntry rtn =
    recipe::make_pass<Quantize, kSchema, run>("rtn", "round every weight to its nearest code", "round to nearest");

}  // namespace tightrope::passes
