// Signal handlers: the only state of the program that is not handed around, because a handler is handed nothing.
#include "signals.h"

#include <fmt/format.h>
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

namespace tightrope::app {
namespace {

std::atomic<int> interrupting{0};
std::atomic<bool> bus_error_seen{false};
std::array<char, 4096> output_path{};  // NUL-terminated; empty: none

void remember_interruption(int signal) {
  if (interrupting.exchange(signal) != 0) ::_exit(128 + signal);
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

// Files under construction are named ".NAME.tmp-PID-…" and lie beside their final name.
void remove_unfinished_output() {
  if (output_path.front() == '\0') return;
  const std::filesystem::path output(output_path.data());
  const std::string prefix = fmt::format(".{}.tmp-{}-", output.filename().string(), ::getpid());
  std::error_code ignored;
  const std::filesystem::path folder = output.has_parent_path() ? output.parent_path() : std::filesystem::path(".");
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored))
    if (entry.path().filename().string().starts_with(prefix)) std::filesystem::remove_all(entry.path(), ignored);
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
  ::sigaction(SIGINT, &interruption, nullptr);
  ::sigaction(SIGTERM, &interruption, nullptr);
  struct sigaction bus_error {};
  bus_error.sa_sigaction = explain_bus_error;
  bus_error.sa_flags = SA_SIGINFO;
  ::sigaction(SIGBUS, &bus_error, nullptr);
}

void announce_output(const std::filesystem::path& output) {
  const std::string text = output.lexically_normal().string();
  output_path.fill('\0');
  if (text.size() < output_path.size()) std::memcpy(output_path.data(), text.data(), text.size());
}

void throw_if_interrupted() {
  if (interrupting.load() != 0) throw Error(ErrorCode::interrupted, "[interrupted] stopped as asked; unfinished output was removed");
}

bool take_interruption() { return interrupting.exchange(0) != 0; }

int interrupting_signal() { return interrupting.load(); }

}  // namespace tightrope::app
