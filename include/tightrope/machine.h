// This machine and this build: what there is to run on, and what is built in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tightrope {

std::string_view version() noexcept;  // "0.1.0"

// What the vector units do at best, measured by a loop of that instruction alone: operations per second, a multiply-add is two.
struct MachinePeak {
  std::string arithmetic, instruction;  // "int8", "vpdpbusd, 512 bits"
  double one_thread = 0, all_threads = 0;
};

struct MachineInfo {
  std::string cpu;
  unsigned cores = 0;              // usable by this process
  std::vector<std::string> flags;  // vector extensions
  std::string isa;                 // that kernels will use: the best, or what TIGHTROPE_ISA asks for
  std::vector<std::string> isas;   // that this machine could use
  std::uint64_t memory_bytes = 0, cache_l2_bytes = 0, cache_l3_bytes = 0;  // caches: 0 when unknown
  double bandwidth_bytes_per_second = 0;                                   // of reading memory with `threads` threads; 0 when not measured
  double bandwidth_one_thread = 0;
  unsigned threads = 0;
  std::vector<MachinePeak> peaks;                   // empty when not measured
  std::vector<std::string> formats, architectures;  // built in
};

// Errors: invalid_argument or unsupported when TIGHTROPE_ISA names what does not exist here.
MachineInfo machine_info(bool measure, unsigned threads = 0);
std::string to_json(const MachineInfo& info);

// A line for reports: "AMD EPYC 9V74, 2 cores, 7.8 GiB".
std::string describe(const MachineInfo& info);

}  // namespace tightrope
