// The list of architectures as a table, and the ways to look one up.
#include <algorithm>
#include <string>

#include "base/error.h"
#include "model/arch.h"

namespace tightrope::model {

#define ARCH(name) extern const Arch name;
#include "model/arch/list.inc"
#undef ARCH

namespace {

constexpr const Arch* kArchs[] = {
#define ARCH(name) &name,
#include "model/arch/list.inc"
#undef ARCH
};

template <class Name>
std::string listed(std::span<const Arch* const> archs, const Name& name) {
  std::string known;
  for (const Arch* arch : archs)
    if (const std::string_view each = name(*arch); !each.empty() && known.find(each) == std::string::npos)
      known += fmt::format("{}{}", known.empty() ? "" : ", ", each);
  return known;
}

bool has_experts(const Arch& arch) {
  return std::any_of(arch.tensors.begin(), arch.tensors.end(),
                     [](const TensorSpec& spec) { return spec.canonical == "blocks.*.ffn.router"; });
}

}  // namespace

std::span<const Arch* const> all_archs() { return kArchs; }

const Arch& arch_for_hf_model_type(std::string_view model_type) {
  for (const Arch* arch : kArchs)
    if (arch->hf_model_type == model_type) return *arch;
  fail(ErrorCode::unsupported, "[model] the architecture '{}' (model_type) is not supported; known are {}", model_type.substr(0, 64),
       listed(kArchs, [](const Arch& arch) { return arch.hf_model_type; }));
}

const Arch& arch_for_gguf(std::string_view gguf_arch, bool experts) {
  const Arch* found = nullptr;
  for (const Arch* arch : kArchs) {
    if (gguf_arch.empty() || arch->gguf_arch != gguf_arch || has_experts(*arch) != experts) continue;
    if (found == nullptr || arch->name == gguf_arch) found = arch;
  }
  if (found != nullptr) return *found;
  fail(ErrorCode::unsupported, "[model] the architecture '{}' (general.architecture){} is not supported; known are {}",
       gguf_arch.substr(0, 64), experts ? " with experts" : "", listed(kArchs, [](const Arch& arch) { return arch.gguf_arch; }));
}

const HeadSpec& head_for_class(const Arch& arch, std::string_view hf_class) {
  std::string known;
  for (const HeadSpec& head : arch.heads) {
    if (head.hf_class == hf_class) return head;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", head.hf_class);
  }
  fail(ErrorCode::unsupported, "[config] config.json: the model class '{}' is not supported; of {} known are {}", hf_class.substr(0, 64),
       arch.name, known);
}

}  // namespace tightrope::model
