// The table in docs/models.md is the registry's.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "model/arch.h"
#include "support/temporary_folder.h"

namespace tightrope::model {
namespace {

using Kind = HeadSpec::Kind;

constexpr std::pair<Kind, std::string_view> kWords[] = {{Kind::causal_lm, "next token"}, {Kind::hidden, "hidden states"},
                                                        {Kind::masked_lm, "masked LM"},  {Kind::sequence, "sequence"},
                                                        {Kind::tokens, "tokens"},        {Kind::span, "span"}};

bool fits_a_gguf(const Arch& arch, const HeadSpec& head) {
  return !arch.gguf_arch.empty() && std::none_of(head.tensors.begin(), head.tensors.end(), [](const TensorSpec& spec) {
    return spec.gguf.name.empty() && spec.presence != Presence::optional;
  });
}

template <class Wanted>
std::string heads_of(const Arch& arch, const Wanted& wanted) {
  std::string list;
  for (const auto& [kind, word] : kWords)
    if (std::any_of(arch.heads.begin(), arch.heads.end(),
                    [kind = kind, &wanted](const HeadSpec& head) { return head.kind == kind && wanted(head); }))
      list += fmt::format("{}{}", list.empty() ? "" : ", ", word);
  return list.empty() ? "none" : list;
}

TEST(ModelsDocument, ListsEveryFamilyAndWhatAGgufHoldsOfIt) {
  const std::string text = test::content_of(std::filesystem::path(TIGHTROPE_SOURCE) / "docs/models.md");
  for (const Arch* arch : all_archs()) {
    const std::string gguf = arch->gguf_arch.empty() ? "none" : fmt::format("`{}`", arch->gguf_arch);
    const std::string row =
        fmt::format("| `{}` | {} | {} | {} |", arch->hf_model_type, heads_of(*arch, [](const HeadSpec&) { return true; }), gguf,
                    heads_of(*arch, [&](const HeadSpec& head) { return fits_a_gguf(*arch, head); }));
    EXPECT_NE(text.find(row), std::string::npos) << "docs/models.md lacks\n" << row;
  }
}

}  // namespace
}  // namespace tightrope::model
