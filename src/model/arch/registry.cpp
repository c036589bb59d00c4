// The list of architectures as a table, and the ways to look one up.
#include <algorithm>
#include <string>
#include <vector>

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
  std::vector<std::string_view> known;
  for (const Arch* arch : archs)
    if (const std::string_view each = name(*arch); !each.empty() && std::find(known.begin(), known.end(), each) == known.end())
      known.push_back(each);
  return fmt::format("{}", fmt::join(known, ", "));
}

bool all_there(const Arch& arch, const HasTensor& has_tensor) {
  return std::all_of(arch.tensors.begin(), arch.tensors.end(),
                     [&](const TensorSpec& spec) { return spec.presence != Presence::required || has_tensor(spec); });
}

}  // namespace

std::span<const Arch* const> all_archs() { return kArchs; }

const Arch& arch_for_hf_model_type(std::string_view model_type) {
  for (const Arch* arch : kArchs)
    if (arch->hf_model_type == model_type) return *arch;
  fail(ErrorCode::unsupported, "[model] the architecture '{}' (model_type) is not supported; known are {}", model_type.substr(0, 64),
       listed(kArchs, [](const Arch& arch) { return arch.hf_model_type; }));
}

const Arch& arch_for_gguf(std::string_view gguf_arch, const HasTensor& has_tensor) {
  const Arch *fitting = nullptr, *named = nullptr;
  for (const Arch* arch : kArchs) {
    if (gguf_arch.empty() || arch->gguf_arch != gguf_arch) continue;
    const bool own = arch->name == gguf_arch;
    if (named == nullptr || own) named = arch;
    if ((fitting == nullptr || own) && all_there(*arch, has_tensor)) fitting = arch;
  }
  if (named != nullptr) return fitting != nullptr ? *fitting : *named;  // what is missing will be named
  fail(ErrorCode::unsupported, "[model] the architecture '{}' (general.architecture) is not supported; known are {}",
       gguf_arch.substr(0, 64), listed(kArchs, [](const Arch& arch) { return arch.gguf_arch; }));
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
