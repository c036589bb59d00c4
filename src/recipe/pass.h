// What a pass is: a function from a model and options to a model, described by one row.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "formats/codec.h"
#include "model/model.h"
#include "recipe/schema.h"
#include "tightrope/progress.h"

namespace tightrope::recipe {

// What a pass may use besides the model. Lives as long as one run.
struct PassContext {
  const formats::Codec& codec;       // must outlive the resulting model, whose rows may be encoded with it on demand
  std::vector<std::string> notices;  // for the user: "blocks.0.attn.q has rows of 576; q4_k needs a multiple of 256, using q5_0"
  int gguf_file_type = -1;           // general.file_type a GGUF of the result should declare; -1: by what most weights are
};

// A row of the registry. Static storage.
struct PassEntry {
  std::string_view name;
  std::string_view summary;
  std::string_view source;  // paper or reference
  std::vector<FieldDescription> (*options)();
  // `options` is an object of fields; unknown keys are invalid_argument.
  model::Model (*run)(const Json& options, const model::Model& model, PassContext& context);
};

// make_pass<Options, kSchema, run>("name", "what it does", "source").
template <class Options, const auto& kSchema, model::Model (*run_typed)(const Options&, const model::Model&, PassContext&)>
constexpr PassEntry make_pass(std::string_view name, std::string_view summary, std::string_view source) {
  return {.name = name,
          .summary = summary,
          .source = source,
          .options = [] { return describe<Options>(kSchema); },
          .run = [](const Json& json, const model::Model& model,
                    PassContext& context) { return run_typed(read_options<Options>(json, kSchema, "pass"), model, context); }};
}

}  // namespace tightrope::recipe
