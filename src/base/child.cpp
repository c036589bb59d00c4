// posix_spawn, two pipes and a process group. Nothing of ours runs between fork and exec.
#include "base/child.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "base/clock.h"
#include "base/error.h"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX leaves the declaration to its users

namespace tightrope {
namespace {

constexpr int kTick = 50;  // milliseconds between looks at the clock and the watcher
constexpr std::size_t kKeptErrors = std::size_t{64} << 10;

class Pipe {
 public:
  Pipe() {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) fail(ErrorCode::io, "[program] no pipe could be made: {}", std::strerror(errno));
    ::fcntl(ends_[0], F_SETFL, O_NONBLOCK);
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int reader() const { return ends_[0]; }  // -1 after its end was seen
  int writer() const { return ends_[1]; }
  void close_writer() { close_end(1); }
  // Appends what there is to read, a pipe's fill at most: a child that never stops writing must not keep us here.
  void drain(std::string& to) {
    if (ends_[0] < 0) return;
    std::array<char, 65536> buffer;
    const ssize_t got = ::read(ends_[0], buffer.data(), buffer.size());
    if (got > 0) to.append(buffer.data(), static_cast<std::size_t>(got));
    if (got == 0) close_end(0);
  }

 private:
  void close_end(std::size_t end) {
    if (ends_[end] >= 0) ::close(ends_[end]);
    ends_[end] = -1;
  }
  std::array<int, 2> ends_{-1, -1};
};

// How the program starts: nothing to read, its output into the pipes, the signals as if we had changed none.
class SpawnPlan {
 public:
  SpawnPlan(int output, int errors) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, errors, STDERR_FILENO);
    sigset_t signals;
    ::sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes_, &signals);
    for (const int signal : {SIGXFSZ, SIGPIPE, SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&signals, signal);
    ::posix_spawnattr_setsigdefault(&attributes_, &signals);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  ~SpawnPlan() {
    ::posix_spawnattr_destroy(&attributes_);
    ::posix_spawn_file_actions_destroy(&actions_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  pid_t start(const std::filesystem::path& program, const std::vector<std::string>& arguments) const {
    std::vector<std::string> words{program.string()};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> pointers;
    pointers.reserve(words.size() + 1);
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    pid_t id = -1;
    const int error = ::posix_spawn(&id, program.c_str(), &actions_, &attributes_, pointers.data(), environ);
    if (error != 0)
      fail(ErrorCode::io, "[program] '{}' cannot be started: {}; is it a program for this machine?", program.string(),
           std::strerror(error));
    return id;
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

// A running process group. The leader is not waited for before the group is killed: until then nobody else can get its number.
class Group {
 public:
  explicit Group(pid_t leader) : leader_(leader) {}
  ~Group() { end(); }
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  bool leader_is_done() const {
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(leader_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == leader_;
  }
  // Kills what is left of the group; the leader's status.
  int end() {
    if (leader_ < 0) return status_;
    ::kill(-leader_, SIGKILL);
    while (::waitpid(leader_, &status_, 0) < 0 && errno == EINTR) continue;
    leader_ = -1;
    return status_;
  }

 private:
  pid_t leader_;
  int status_ = 0;
};

bool is_program(const std::filesystem::path& file) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(file, ignored) && ::access(file.c_str(), X_OK) == 0;
}

}  // namespace

std::filesystem::path find_program(std::string_view name) {
  if (name.find('/') != std::string_view::npos) {
    if (is_program(name)) return name;
    fail(ErrorCode::not_found, "[program] '{}' is no executable file; name one that is", name);
  }
  const char* variable = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
  std::string_view folders = variable == nullptr ? "" : variable;
  while (!name.empty() && !folders.empty()) {
    const std::size_t colon = std::min(folders.find(':'), folders.size());
    const std::filesystem::path file = std::filesystem::path(colon == 0 ? "." : folders.substr(0, colon)) / name;
    if (is_program(file)) return file;
    folders.remove_prefix(std::min(colon + 1, folders.size()));
  }
  fail(ErrorCode::not_found, "[program] there is no '{}' on the PATH; give its path, with a '/' in it", name);
}

ChildResult run_child(const std::filesystem::path& program, const std::vector<std::string>& arguments, const ChildLimits& limits,
                      const std::function<void()>& watch) {
  using End = ChildResult::End;
  ChildResult result;
  Pipe output, errors;
  const Stopwatch clock;
  Group group(SpawnPlan(output.writer(), errors.writer()).start(program, arguments));
  output.close_writer();
  errors.close_writer();
  for (bool done = false; !done && result.end == End::exited;) {
    std::array<pollfd, 2> waiting{pollfd{output.reader(), POLLIN, 0}, pollfd{errors.reader(), POLLIN, 0}};  // poll skips what is -1
    ::poll(waiting.data(), waiting.size(), kTick);
    done = group.leader_is_done();  // before the last reading, so that nothing it wrote is missed
    output.drain(result.output);
    errors.drain(result.errors);
    if (result.errors.size() > kKeptErrors) result.errors.erase(0, result.errors.size() - kKeptErrors);
    if (result.output.size() > limits.output_bytes) result.end = End::too_talkative;
    if (!done && clock.seconds() > limits.seconds) result.end = End::too_slow;
    if (watch) watch();
  }
  result.seconds = clock.seconds();
  const int status = group.end();
  if (result.end != End::exited) return result;
  if (WIFSIGNALED(status)) result.end = End::signalled;
  result.code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
  return result;
}

}  // namespace tightrope
