// Other programs: what they say, how they end, that none outlives us.
#include "base/child.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "base/clock.h"
#include "support/temporary_folder.h"
#include "tightrope/error.h"

namespace tightrope {
namespace {

using End = ChildResult::End;

class ChildTest : public ::testing::Test {
 protected:
  std::filesystem::path script(const std::string& body) const {
    const std::filesystem::path file = folder_.write("script", "#!/bin/sh\n" + body);
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    return file;
  }
  // Waits for the script's "number" file and says whether that process is gone within two seconds.
  bool recorded_process_is_gone() const {
    const pid_t id = static_cast<pid_t>(std::stol(test::content_of(folder_ / "number")));
    for (int i = 0; i < 100; ++i) {
      if (::kill(id, 0) != 0) return true;
      // An orphan that nobody has waited for yet is a zombie: dead enough.
      if (test::content_of("/proc/" + std::to_string(id) + "/stat").find(") Z") != std::string::npos) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
  }
  std::string sleeper() const { return "sleep 100 & echo $! > '" + (folder_ / "number").string() + "'\n"; }

  test::TemporaryFolder folder_;
};

TEST_F(ChildTest, ArgumentsArriveUntouchedAndNothingIsRead) {
  const ChildResult result =
      run_child(script("read line || echo empty; printf '%s|' \"$@\"; echo loud >&2; exit 3"), {"a b", "$HOME", "*", "'; touch x"}, {}, {});
  EXPECT_EQ(result.end, End::exited);
  EXPECT_EQ(result.code, 3);
  EXPECT_FALSE(result.succeeded());
  EXPECT_EQ(result.output, "empty\na b|$HOME|*|'; touch x|");
  EXPECT_EQ(result.errors, "loud\n");
}

TEST_F(ChildTest, LongOutputArrivesWhole) {
  const ChildResult result = run_child(script("head -c 1000000 /dev/zero | tr '\\0' x"), {}, {}, {});
  EXPECT_TRUE(result.succeeded());
  EXPECT_EQ(result.output, std::string(1000000, 'x'));
}

TEST_F(ChildTest, ASignalIsNoExit) {
  const ChildResult result = run_child(script("kill -SEGV $$"), {}, {}, {});
  EXPECT_EQ(result.end, End::signalled);
  EXPECT_EQ(result.code, SIGSEGV);
}

TEST_F(ChildTest, OneThatHangsIsEndedWithAllThatItStarted) {
  const Stopwatch watch;
  EXPECT_EQ(run_child(script(sleeper() + "wait"), {}, {.seconds = 0.5}, {}).end, End::too_slow);
  EXPECT_LT(watch.seconds(), 30);
  EXPECT_TRUE(recorded_process_is_gone());
}

TEST_F(ChildTest, WhatItLeavesBehindIsEndedToo) {
  const Stopwatch watch;
  EXPECT_TRUE(run_child(script(sleeper() + "exit 0"), {}, {}, {}).succeeded());
  EXPECT_LT(watch.seconds(), 30);
  EXPECT_TRUE(recorded_process_is_gone());
}

TEST_F(ChildTest, OneThatNeverStopsWritingIsEnded) {
  const ChildResult result = run_child(script("while :; do echo more; done"), {}, {.output_bytes = 100000}, {});
  EXPECT_EQ(result.end, End::too_talkative);
}

TEST_F(ChildTest, TheWatcherStopsIt) {
  const auto file = script(sleeper() + "wait");
  const auto stop_when_started = [&] {
    if (std::filesystem::exists(folder_ / "number") && std::filesystem::file_size(folder_ / "number") > 1) throw std::runtime_error("stop");
  };
  EXPECT_THROW(run_child(file, {}, {}, stop_when_started), std::runtime_error);
  EXPECT_TRUE(recorded_process_is_gone());
}

TEST_F(ChildTest, WhatIsNoProgramIsRefused) {
  EXPECT_THROW(find_program("no-such-program-anywhere"), Error);
  EXPECT_THROW(find_program(""), Error);
  EXPECT_THROW(find_program("./no/such"), Error);
  EXPECT_THROW(find_program(folder_.path().string()), Error);
  EXPECT_THROW(find_program(folder_.write("plain", "text").string()), Error);
  const auto odd = folder_.write("odd", std::string("\x7f"
                                                    "ELF nothing"));
  std::filesystem::permissions(odd, std::filesystem::perms::owner_all);
  EXPECT_THROW(run_child(odd, {}, {}, {}), Error);
}

TEST_F(ChildTest, NamesAreLookedUpOnThePath) {
  EXPECT_EQ(find_program("sh").filename(), "sh");
  EXPECT_TRUE(run_child(find_program("true"), {}, {}, {}).succeeded());
}

}  // namespace
}  // namespace tightrope
