// Runs a pass and checks that what came out is still the same model in shape.
#include "recipe/runner.h"

#include "base/error.h"

namespace tightrope::recipe {
namespace {

void verify_same_tensors(std::string_view pass, const model::Model& before, const model::Model& after) {
  if (before.weights().size() != after.weights().size())
    fail(ErrorCode::internal, "[{}] made {} tensors of {}; this is a bug in the pass", pass, after.weights().size(),
         before.weights().size());
  for (std::size_t i = 0; i < before.weights().size(); ++i) {
    const model::NamedWeight &old_one = before.weights()[i], &new_one = after.weights()[i];
    if (old_one.name != new_one.name || old_one.weight.shape() != new_one.weight.shape())
      fail(ErrorCode::internal, "[{}] turned tensor '{}' {} into '{}' {}; this is a bug in the pass", pass, old_one.name,
           old_one.weight.shape().text(), new_one.name, new_one.weight.shape().text());
  }
}

}  // namespace

StepResult run_pass(const PassEntry& pass, const Json& options, const model::Model& model, const formats::Codec& codec) {
  PassContext context{.codec = codec, .notices = {}};
  model::Model result = pass.run(options, model, context);
  verify_same_tensors(pass.name, model, result);
  Json record = Json::object();
  record["pass"] = Json(pass.name);
  record["options"] = options;
  record["bytes_before"] = Json(model.weight_bytes());
  record["bytes_after"] = Json(result.weight_bytes());
  if (context.gguf_file_type >= 0) record["gguf_file_type"] = Json(context.gguf_file_type);
  return {std::move(result), std::move(record), std::move(context.notices)};
}

}  // namespace tightrope::recipe
