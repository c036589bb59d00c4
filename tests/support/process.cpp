// fork, exec, wait.
#include "support/process.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <stdexcept>

#include "support/temporary_folder.h"

namespace tightrope::test {
namespace {

void redirect(const std::filesystem::path& file, int flags, int descriptor) {
  const int opened = ::open(file.c_str(), flags, 0600);
  if (opened < 0 || ::dup2(opened, descriptor) < 0) ::_exit(126);
}

std::filesystem::path unique_file(std::string_view kind) {
  static std::atomic<int> count{0};
  return std::filesystem::path(::testing::TempDir()) /
         ("tightrope_" + std::to_string(::getpid()) + "_" + std::to_string(count++) + "." + std::string(kind));
}

}  // namespace

Process::Process(const std::vector<std::string>& command, const std::filesystem::path& folder, const std::filesystem::path& input)
    : out_(unique_file("out")), err_(unique_file("err")) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  id_ = ::fork();
  if (id_ < 0) throw std::runtime_error("cannot fork");
  if (id_ > 0) return;
  if (::chdir(folder.c_str()) != 0) ::_exit(126);
  redirect(input.empty() ? "/dev/null" : input, O_RDONLY, STDIN_FILENO);
  redirect(out_, O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
  redirect(err_, O_WRONLY | O_CREAT | O_TRUNC, STDERR_FILENO);
  ::execv(arguments.front(), arguments.data());
  ::_exit(127);
}

Process::~Process() {
  if (id_ > 0) {
    ::kill(id_, SIGKILL);
    wait();
  }
  std::error_code ignored;
  std::filesystem::remove(out_, ignored);
  std::filesystem::remove(err_, ignored);
}

void Process::send(int signal) const { ::kill(id_, signal); }

Finished Process::wait() {
  int status = 0;
  ::waitpid(id_, &status, 0);
  id_ = -1;
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), content_of(out_), content_of(err_)};
}

Finished run_process(const std::vector<std::string>& command, const std::filesystem::path& folder, const std::filesystem::path& input) {
  return Process(command, folder, input).wait();
}

}  // namespace tightrope::test
