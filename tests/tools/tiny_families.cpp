// Writes the tests' tiny model of every family and head as a Hugging Face folder; tools/make_golden_families.py drives it.
// Usage: tiny_families FOLDER        makes FOLDER/<family>-<class>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "model/checkpoint_io.h"
#include "support/tiny_model.h"
#include "tightrope/error.h"

namespace {

void write_all(const std::filesystem::path& folder) {
  using namespace tightrope;
  for (const model::Arch* arch : model::all_archs())
    for (std::size_t head = 0; head < arch->heads.size(); ++head) {
      const model::Model model = test::tiny_model(*arch, test::tiny_config(*arch, head), 1, "f32");
      model::save_huggingface(model, folder / (std::string(arch->name) + "-" + std::string(arch->heads[head].hf_class)), {});
    }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: tiny_families FOLDER\n";
    return EXIT_FAILURE;
  }
  try {
    write_all(argv[1]);
  } catch (const tightrope::Error& error) {
    std::cerr << error.what() << "\n";
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
