// Writes the tests' tiny models of every family as Hugging Face folders; tools/make_golden_families.py drives it.
// Usage: tiny_families FOLDER        makes FOLDER/<family>-<class> and FOLDER/<family>-mixed
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "model/checkpoint_io.h"
#include "support/tiny_families.h"
#include "tightrope/error.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: tiny_families FOLDER\n";
    return EXIT_FAILURE;
  }
  try {
    for (const tightrope::test::TinyFamily& family : tightrope::test::tiny_families())
      tightrope::model::save_huggingface(family.model(), std::filesystem::path(argv[1]) / family.name, {});
  } catch (const tightrope::Error& error) {
    std::cerr << error.what() << "\n";
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
