// Runs another program without a shell: its output caught, its time limited, all that it started ended with it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tightrope {

// The file that a name means: itself when it has a '/', else the first executable of that name on the PATH. Errors: not_found, naming
// what was looked for and where.
std::filesystem::path find_program(std::string_view name);

struct ChildLimits {
  double seconds = 600;                             // then it is ended
  std::size_t output_bytes = std::size_t{8} << 20;  // of standard output; more ends it. Of standard error the last 64 KiB are kept.
};

struct ChildResult {
  enum class End { exited, signalled, too_slow, too_talkative };
  End end = End::exited;
  int code = 0;  // the exit status, or the signal
  std::string output, errors;
  double seconds = 0;  // from start to end

  bool succeeded() const { return end == End::exited && code == 0; }
};

// Runs the program with the given arguments (its name is added), nothing to read, and a process group of its own, which is killed when this
// function is left, however that happens. `watch` (may be empty) is called several times a second and stops it all by throwing.
// Errors: io when the program cannot be started.
ChildResult run_child(const std::filesystem::path& program, const std::vector<std::string>& arguments, const ChildLimits& limits,
                      const std::function<void()>& watch);

}  // namespace tightrope
