// A temporary folder that looks like the project's, and the program run in it.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "support/process.h"
#include "support/temporary_folder.h"

namespace tightrope::test {

class ProgramTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kTextBytes = 6000;  // of demo/text.txt: three chunks of 512 tokens

  ProgramTest() {
    const std::filesystem::path source = TIGHTROPE_SOURCE;
    std::filesystem::create_directory_symlink(source / "models", folder_ / "models");
    folder_.write("demo/text.txt", content_of(source / "demo/text.txt").substr(0, kTextBytes));
  }

  static std::string program() { return std::string(TIGHTROPE_BINARY) + "/tightrope"; }

  Finished run(std::vector<std::string> arguments, const std::filesystem::path& input = {}) const {
    arguments.insert(arguments.begin(), program());
    return run_process(arguments, folder_.path(), input);
  }
  // Runs and expects success.
  std::string output_of(const std::vector<std::string>& arguments) const {
    const Finished done = run(arguments);
    EXPECT_EQ(done.code, 0) << ::testing::PrintToString(arguments) << "\n" << done.err;
    return done.out;
  }
  Json json_of(const std::vector<std::string>& arguments) const { return Json::parse(output_of(arguments), "output"); }

  // Expects exit code `code`, a message that holds `words`, nothing on standard output and nothing written.
  void expect_refusal(const std::vector<std::string>& arguments, const std::string& words, int code = 2) const {
    const std::set<std::string> before = files();
    const Finished done = run(arguments);
    EXPECT_EQ(done.code, code) << ::testing::PrintToString(arguments) << "\n" << done.err;
    EXPECT_NE(done.err.find(words), std::string::npos) << ::testing::PrintToString(arguments) << "\n" << done.err;
    EXPECT_EQ(done.out, "") << ::testing::PrintToString(arguments);
    EXPECT_EQ(files(), before) << ::testing::PrintToString(arguments);
  }

  // Every file below the folder (not behind links).
  std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) names.insert(entry.path().string());
    return names;
  }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  const std::string model_ = "models/wren-7m";
  TemporaryFolder folder_;
};

}  // namespace tightrope::test
