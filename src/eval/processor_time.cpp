// Processor time of the whole machine (the kernel's own counters) less that of this process and its children.
#include "eval/processor_time.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <string>

namespace tightrope::eval {
namespace {

// Seconds all cores were not idle since the machine started; 0 when unknown.
double machine_busy_seconds() {
  std::ifstream stream("/proc/stat");
  std::string word;
  std::array<double, 8> ticks{};  // user nice system idle iowait irq softirq steal; guest time is part of user
  stream >> word;
  for (double& value : ticks) stream >> value;
  if (!stream || word != "cpu") return 0;
  return (ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6] + ticks[7]) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

// Of this process and of those it started and waited for.
double own_seconds() {
  const auto seconds = [](const timeval& time) { return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec); };
  double total = 0;
  for (const auto who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage{};
    getrusage(who, &usage);
    total += seconds(usage.ru_utime) + seconds(usage.ru_stime);
  }
  return total;
}

}  // namespace

ForeignLoad::ForeignLoad() : machine_seconds_(machine_busy_seconds()), own_seconds_(own_seconds()) {}

double ForeignLoad::cores() const {
  const double elapsed = watch_.seconds();
  const double foreign = (machine_busy_seconds() - machine_seconds_) - (own_seconds() - own_seconds_);
  return elapsed > 0 && machine_seconds_ > 0 ? std::max(0.0, foreign / elapsed) : 0;  // ticks are coarse: tiny negatives are noise
}

}  // namespace tightrope::eval
