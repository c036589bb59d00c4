// The list of models.
#include "text/models/model.h"

#include <algorithm>
#include <iterator>

#include "base/error.h"

namespace tightrope::text {

#define MODEL(name) extern const ModelRow name##_model;
#include "text/models/list.inc"
#undef MODEL

namespace {

#define MODEL(name) &name##_model,
const ModelRow* const kModels[] = {
#include "text/models/list.inc"
};
#undef MODEL

}  // namespace

const ModelRow& model_row(const ModelOptions& options) {
  const auto found = std::ranges::find_if(kModels, [&](const ModelRow* row) { return row->holds(options); });
  if (found == std::end(kModels)) fail(ErrorCode::internal, "[tokenizer] a model is not in the list of models; this is a bug");
  return **found;
}

const ModelRow* find_model_row(std::string_view name) {
  const auto found = std::ranges::find(kModels, name, [](const ModelRow* row) { return row->name; });
  return found == std::end(kModels) ? nullptr : *found;
}

std::string known_models() {
  std::string names;
  for (const ModelRow* row : kModels) names.append(names.empty() ? "" : ", ").append(row->name);
  return names;
}

}  // namespace tightrope::text
