// The library as README.md shows it.
#include <tightrope/tightrope.h>

#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>

#include "support/temporary_folder.h"

namespace tightrope::test {
namespace {

int make_smaller() {
  const auto base = tightrope::Model::load("models/wren-7m");
  const auto small = tightrope::optimize(base, tightrope::Quantize{.type = "q4_k_m"});  // `base` is untouched
  small.save("small.gguf");                                                             // how it was made travels inside the file

  const auto text = tightrope::Corpus::from("demo/text.txt");
  const auto report = tightrope::evaluate(std::vector{small}, base, text, {.eval = {.max_chunks = 2}});
  std::cout << report.to_table();

  tightrope::Engine engine(small);
  engine.generate("Once upon a time", {.max_tokens = 16, .sampling = {.seed = 1}}, [](std::string_view piece) {
    std::cout << piece << std::flush;
    return true;
  });
  return 0;
}

TEST(ReadmeExample, Runs) {
  const TemporaryFolder folder;
  const std::filesystem::path source = TIGHTROPE_SOURCE, here = std::filesystem::current_path();
  std::filesystem::create_directory_symlink(source / "models", folder / "models");
  std::filesystem::create_directory_symlink(source / "demo", folder / "demo");
  std::filesystem::current_path(folder.path());
  ::testing::internal::CaptureStdout();
  EXPECT_EQ(make_smaller(), 0);
  EXPECT_NE(::testing::internal::GetCapturedStdout().find("perplexity"), std::string::npos);
  EXPECT_GT(std::filesystem::file_size("small.gguf"), 4000000U);
  std::filesystem::current_path(here);
}

}  // namespace
}  // namespace tightrope::test
