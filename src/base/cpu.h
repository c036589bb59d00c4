// Facts about the processor and memory of this machine.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tightrope {

struct CpuFacts {
  std::string name;                                      // as the system prints it
  unsigned cores = 0;                                    // usable by this process
  std::vector<std::string> flags;                        // the vector extensions that matter here, e.g. "avx2", "avx512_vnni"
  std::uint64_t memory_bytes = 0;                        // physical
  std::uint64_t cache_l2_bytes = 0, cache_l3_bytes = 0;  // 0 when unknown
};

CpuFacts cpu_facts();
std::uint64_t peak_resident_bytes();  // high-water mark of this process
std::uint64_t current_resident_bytes();

}  // namespace tightrope
