// Signal handlers: the only state of the program that is not handed around, because a handler is handed nothing.
#include "signals.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>

#include "tightrope/error.h"
#include "tightrope/model.h"

namespace tightrope::app {
namespace {

std::atomic<int> interrupting{0};
std::atomic<bool> bus_error_seen{false};
// Where the output is being made, and how the names of its unfinished files begin; NUL-terminated, empty when there is none.
std::array<char, 4096> output_folder{};
std::array<char, 256> unfinished_names{};

// Removes what is in an open folder and begins with `prefix`, and what is in folders among it. Only system calls: the handler may have
// interrupted malloc.
void remove_beginning_with(int folder, std::string_view prefix) {
  alignas(dirent64) std::array<char, 8192> entries;
  for (long got = 0; (got = ::syscall(SYS_getdents64, folder, entries.data(), entries.size())) > 0;) {
    for (long at = 0; at < got;) {
      const auto* entry = reinterpret_cast<const dirent64*>(entries.data() + at);
      at += entry->d_reclen;
      const std::string_view name = entry->d_name;
      if (!name.starts_with(prefix) || name == "." || name == "..") continue;
      if (::unlinkat(folder, entry->d_name, 0) == 0) continue;
      const int inner = ::openat(folder, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (inner < 0) continue;
      if (!prefix.empty()) remove_beginning_with(inner, "");  // one level: a model's folder holds files only
      ::close(inner);
      ::unlinkat(folder, entry->d_name, AT_REMOVEDIR);
    }
  }
}

void remove_unfinished_output() {
  if (unfinished_names.front() == '\0') return;
  const int folder = ::open(output_folder.data(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  remove_beginning_with(folder, unfinished_names.data());
  ::close(folder);
}

// The first time asks the work to stop, the second time does not wait for it.
void remember_interruption(int signal) {
  if (interrupting.exchange(signal) == 0) return;
  remove_unfinished_output();
  ::_exit(128 + signal);
}

// The file behind an address, from the kernel's list of this process's mappings; empty when unknown.
std::string mapped_file(std::uintptr_t address) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t begin = 0, end = 0;
    const char* const last = line.data() + line.size();
    const auto first = std::from_chars(line.data(), last, begin, 16);
    if (first.ptr == last || std::from_chars(first.ptr + 1, last, end, 16).ec != std::errc()) continue;
    const std::size_t path = line.find('/');
    if (address >= begin && address < end && path != std::string::npos) return line.substr(path);
  }
  return "";
}

// A bus error comes synchronously from a read of mapped bytes, never from inside malloc or the standard library's locks, which is why this
// handler may use them. Other threads that fault meanwhile wait for the end.
void explain_bus_error(int, siginfo_t* info, void*) {
  if (bus_error_seen.exchange(true))
    for (;;) ::pause();
  const std::string file = mapped_file(reinterpret_cast<std::uintptr_t>(info->si_addr));
  const std::string message = fmt::format("tightrope: [read] '{}' shrank or its disk failed while it was being read; nothing was written\n",
                                          file.empty() ? "a mapped file" : file);
  remove_unfinished_output();
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, message.data(), message.size());
  ::_exit(1);
}

}  // namespace

void install_signal_handlers() {
  struct sigaction interruption {};
  interruption.sa_handler = remember_interruption;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(signal, &interruption, nullptr);
  struct sigaction bus_error {};
  bus_error.sa_sigaction = explain_bus_error;
  bus_error.sa_flags = SA_SIGINFO;
  ::sigaction(SIGBUS, &bus_error, nullptr);
  ::signal(SIGXFSZ, SIG_IGN);  // a file grown beyond the shell's limit is then an error like a full disk
}

void announce_output(const std::filesystem::path& output) {
  unfinished_names.fill('\0');
  std::filesystem::path folder = (output.has_filename() ? output : output.parent_path()).parent_path();
  if (folder.empty()) folder = ".";
  const std::string prefix = unfinished_prefix(output);
  if (folder.native().size() >= output_folder.size() || prefix.size() >= unfinished_names.size()) return;
  output_folder.fill('\0');
  std::memcpy(output_folder.data(), folder.c_str(), folder.native().size());
  std::memcpy(unfinished_names.data(), prefix.data(), prefix.size());
}

void throw_if_interrupted() {
  if (interrupting.load() != 0) throw Error(ErrorCode::interrupted, "[interrupted] stopped as asked; unfinished output was removed");
}

bool take_interruption() { return interrupting.exchange(0) != 0; }

int interrupting_signal() { return interrupting.load(); }

}  // namespace tightrope::app
