// Loops that do nothing but multiply or read: the ceilings that a kernel's speed is a share of. No kernel runs here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "kernels/isa.h"

namespace tightrope::kernels {

// Independent chains of one instruction (or of the shortest sequence that does its work), all in registers.
struct PeakLoop {
  std::string_view arithmetic;   // "int8", "fp32", "bf16"
  std::string_view instruction;  // "vpdpbusd, 512 bits"
  double operations;             // of one round; a multiply-add is two
  std::size_t instructions;      // of one round
  void (*run)(std::size_t rounds) noexcept;
  bool (*available)() noexcept;  // null: wherever the instruction set is
};

struct ProbeTable {
  std::span<const PeakLoop> peaks;
  // Reads every cache line and gives something that depends on all of them. `from` is cache-line aligned, `bytes` a multiple of 1024.
  std::uint64_t (*read)(const std::byte* from, std::size_t bytes) noexcept;
};

const ProbeTable& probe_table(Isa isa) noexcept;

// How far ahead lines are asked for: beyond what the processor fetches by itself, and not across a chunk.
inline constexpr std::size_t kProbeAhead = 4096;  // bytes

}  // namespace tightrope::kernels
