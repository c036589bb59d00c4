// tightrope doctor: what this machine offers and what this build holds.
#include <fmt/format.h>

#include "options.h"
#include "terminal.h"
#include "tightrope/machine.h"
#include "verbs.h"

namespace tightrope::app {
namespace {

struct Options {
  bool json = false, quick = false;
  unsigned threads = 0;
};

std::string bandwidth_text(const MachineInfo& info) {
  if (info.bandwidth_bytes_per_second <= 0) return "not measured";
  return fmt::format("{:.1f} GB/s read by one thread, {:.1f} by {}, measured", info.bandwidth_one_thread / 1e9,
                     info.bandwidth_bytes_per_second / 1e9, info.threads);
}

std::string cache_text(const MachineInfo& info) {
  const auto size = [](std::uint64_t bytes) {
    return bytes == 0 ? std::string("unknown") : fmt::format("{:.1f} MiB", static_cast<double>(bytes) / 0x1p20);
  };
  return fmt::format("L2 {}, L3 {}", size(info.cache_l2_bytes), size(info.cache_l3_bytes));
}

void print_table(const MachineInfo& info) {
  const auto row = [](std::string_view name, std::string_view value) { print_line(fmt::format("{:<15}{}", name, value)); };
  row("tightrope", version());
  row("processor", info.cpu);
  row("cores", fmt::format("{} usable", info.cores));
  row("extensions", fmt::format("{}", fmt::join(info.flags, " ")));
  row("kernels", fmt::format("{} (of {}; TIGHTROPE_ISA picks another)", info.isa, fmt::join(info.isas, ", ")));
  row("memory", fmt::format("{:.1f} GiB, {}", static_cast<double>(info.memory_bytes) / 0x1p30, bandwidth_text(info)));
  row("caches", cache_text(info));
  for (const MachinePeak& peak : info.peaks)
    row("peak " + peak.arithmetic, fmt::format("{:.0f} Gop/s by one thread, {:.0f} by {}, measured ({})", peak.one_thread / 1e9,
                                               peak.all_threads / 1e9, info.threads, peak.instruction));
  row("formats", fmt::format("{}", fmt::join(info.formats, " ")));
  row("architectures", fmt::format("{}", fmt::join(info.architectures, " ")));
}

void run(const Options& options) {
  const MachineInfo info = machine_info(!options.quick, options.threads);
  if (options.json)
    print_line(to_json(info));
  else
    print_table(info);
}

}  // namespace

void add_doctor(Program& program) {
  auto options = std::make_shared<Options>();
  Verb verb = program.add_verb("doctor", "Show processor, memory bandwidth and what is built in",
                               {"tightrope doctor", "tightrope doctor --quick --json"}, [options] { run(*options); });
  verb.flag("--quick", options->quick, "Measure nothing");
  add_threads(verb, options->threads);
  add_json(verb, options->json);
}

}  // namespace tightrope::app
