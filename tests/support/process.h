// Runs another program and keeps what it said.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace tightrope::test {

struct Finished {
  int code = 0;  // exit status, or 128 + the signal that ended it
  std::string out, err;
};

// A program that is running; its output goes to files in `folder`.
class Process {
 public:
  // `input`: a file to read as standard input; empty: nothing.
  Process(const std::vector<std::string>& command, const std::filesystem::path& folder, const std::filesystem::path& input = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void send(int signal) const;
  Finished wait();

 private:
  std::filesystem::path out_, err_;
  pid_t id_ = -1;
};

// `folder` is the working directory.
Finished run_process(const std::vector<std::string>& command, const std::filesystem::path& folder, const std::filesystem::path& input = {});

}  // namespace tightrope::test
