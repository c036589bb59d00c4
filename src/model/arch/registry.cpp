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

// `key` is the field of Arch that is looked for.
const Arch& find_by(std::string_view Arch::*key, std::string_view value, std::string_view key_name) {
  const auto found = std::find_if(std::begin(kArchs), std::end(kArchs), [&](const Arch* arch) { return arch->*key == value; });
  if (found != std::end(kArchs)) return **found;
  std::string known;
  for (const Arch* arch : kArchs) known += fmt::format("{}{}", known.empty() ? "" : ", ", arch->*key);
  fail(ErrorCode::unsupported, "[model] the architecture '{}' ({}) is not supported; known are {}", value.substr(0, 64), key_name, known);
}

}  // namespace

std::span<const Arch* const> all_archs() { return kArchs; }

const Arch& arch_for_hf_model_type(std::string_view model_type) { return find_by(&Arch::hf_model_type, model_type, "model_type"); }
const Arch& arch_for_gguf(std::string_view gguf_arch) { return find_by(&Arch::gguf_arch, gguf_arch, "general.architecture"); }

}  // namespace tightrope::model
