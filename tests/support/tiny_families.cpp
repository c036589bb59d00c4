// Lists the registry's families, heads and kinds of blocks.
#include "support/tiny_families.h"

#include "support/tiny_model.h"

namespace tightrope::test {
namespace {

bool differ(const model::Config& a, const model::Config& b) {
  for (std::size_t i = 0; i < a.variants.size(); ++i)
    if (a.variants[i].window != b.variants[i].window || a.variants[i].positions != b.variants[i].positions) return true;
  return false;
}

}  // namespace

model::Model TinyFamily::model() const { return tiny_model(*arch, config, 1, "f32"); }

std::vector<TinyFamily> tiny_families() {
  std::vector<TinyFamily> families;
  for (const model::Arch* arch : model::all_archs()) {
    for (std::size_t head = 0; head < arch->heads.size(); ++head)
      families.push_back(
          {std::string(arch->name) + "-" + std::string(arch->heads[head].hf_class), arch, tiny_config(*arch, head, TinyBlocks::usual)});
    const model::Config mixed = tiny_config(*arch, 0, TinyBlocks::mixed);
    if (differ(mixed, tiny_config(*arch))) families.push_back({std::string(arch->name) + "-mixed", arch, mixed});
  }
  return families;
}

}  // namespace tightrope::test
