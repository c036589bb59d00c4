// Facts about the machine, read from the kernel's text files: they say what the system lets us use, on every architecture alike.
#include "base/cpu.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <sstream>
#include <string_view>

#include "base/threads.h"

namespace tightrope {
namespace {

// Names as /proc/cpuinfo spells them: x86-64 first, then AArch64.
constexpr std::array<std::string_view, 23> kInterestingFlags{
    "sse4_2",   "avx",         "f16c",        "fma",         "avx2",     "avx_vnni", "avx512f",  "avx512bw",
    "avx512vl", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_tile", "amx_int8", "amx_bf16", "asimd",
    "fphp",     "asimdhp",     "asimddp",     "i8mm",        "bf16",     "sve",      "sve2"};

std::string trimmed(std::string_view text) {
  const auto space = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  while (!text.empty() && space(text.front())) text.remove_prefix(1);
  while (!text.empty() && space(text.back())) text.remove_suffix(1);
  return std::string(text);
}

// The value of the first "key : value" line; empty when there is none.
std::string field(const char* file, std::string_view key) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    const std::size_t colon = line.find(':');
    if (colon != std::string::npos && trimmed(std::string_view(line).substr(0, colon)) == key) {
      return trimmed(std::string_view(line).substr(colon + 1));
    }
  }
  return {};
}

std::string first_of(std::string first, std::string second) { return first.empty() ? std::move(second) : std::move(first); }

std::vector<std::string> vector_flags() {
  std::istringstream words(first_of(field("/proc/cpuinfo", "flags"), field("/proc/cpuinfo", "Features")));
  std::vector<std::string> flags;
  for (std::string word; words >> word;) {
    if (std::ranges::find(kInterestingFlags, word) != kInterestingFlags.end()) flags.push_back(word);
  }
  return flags;
}

std::string processor_name() {
  std::string name = first_of(field("/proc/cpuinfo", "model name"), field("/proc/cpuinfo", "Model"));
  if (!name.empty()) return name;
  const std::string part = field("/proc/cpuinfo", "CPU part");
  return part.empty() ? "unknown processor" : "implementer " + field("/proc/cpuinfo", "CPU implementer") + " part " + part;
}

std::uint64_t system_value(int name) { return static_cast<std::uint64_t>(std::max(0L, sysconf(name))); }

std::uint64_t status_kibibytes(std::string_view key) {
  std::uint64_t kibibytes = 0;
  std::istringstream(field("/proc/self/status", key)) >> kibibytes;
  return kibibytes << 10;
}

// Of the unified cache of a level that the first core uses; 0 when the system does not say. The C library's figure is what the processor
// says of its whole package, which a virtual machine does not own.
std::uint64_t cache_bytes(int level) {
  for (int index = 0; index < 8; ++index) {
    const std::string folder = "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(index) + "/";
    int its_level = 0;
    std::uint64_t kibibytes = 0;
    std::string type;
    std::ifstream(folder + "level") >> its_level;
    std::ifstream(folder + "type") >> type;
    std::ifstream(folder + "size") >> kibibytes;  // "1024K"
    if (its_level == level && type != "Instruction") return kibibytes << 10;
  }
  return 0;
}

}  // namespace

CpuFacts cpu_facts() {
  CpuFacts facts{.name = processor_name(), .cores = available_cores(), .flags = vector_flags()};
  facts.memory_bytes = system_value(_SC_PHYS_PAGES) * system_value(_SC_PAGESIZE);
  facts.cache_l2_bytes = cache_bytes(2);
  facts.cache_l3_bytes = cache_bytes(3);
  return facts;
}

std::uint64_t peak_resident_bytes() {
  // ru_maxrss survives exec, so a small program started by a large one would report the large one's peak: only the second choice.
  if (const std::uint64_t peak = status_kibibytes("VmHWM")) return peak;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) << 10;
}

std::uint64_t current_resident_bytes() { return status_kibibytes("VmRSS"); }

}  // namespace tightrope
