// This machine and this build as plain values.
#include "tightrope/machine.h"

#include "base/cpu.h"
#include "base/json.h"
#include "formats/format.h"
#include "kernels/ceilings.h"
#include "model/arch.h"

#include <fmt/format.h>

namespace tightrope {
namespace {

Json list(const std::vector<std::string>& items) {
  Json json = Json::array();
  for (const std::string& item : items) json.push_back(Json(item));
  return json;
}

void add_ceilings(MachineInfo& info, const kernels::Ceilings& ceilings) {
  info.threads = ceilings.threads;
  info.bandwidth_bytes_per_second = ceilings.read_all_threads;
  info.bandwidth_one_thread = ceilings.read_one_thread;
  for (const kernels::Peak& peak : ceilings.peaks)
    info.peaks.push_back({peak.arithmetic, peak.instruction, peak.one_thread, peak.all_threads});
}

}  // namespace

std::string_view version() noexcept { return TIGHTROPE_VERSION; }

MachineInfo machine_info(bool measure, unsigned threads) {
  const CpuFacts facts = cpu_facts();
  MachineInfo info;
  info.cpu = facts.name;
  info.cores = facts.cores;
  info.flags = facts.flags;
  info.isa = kernels::isa_name(kernels::isa_from_environment());
  for (const kernels::Isa isa : kernels::available_isas()) info.isas.emplace_back(kernels::isa_name(isa));
  info.memory_bytes = facts.memory_bytes;
  info.cache_l2_bytes = facts.cache_l2_bytes;
  info.cache_l3_bytes = facts.cache_l3_bytes;
  if (measure) add_ceilings(info, kernels::measure_ceilings(kernels::isa_from_environment(), threads));
  for (const formats::Format* format : formats::all())
    if (format->kind != formats::Kind::integer) info.formats.emplace_back(format->name);
  for (const model::Arch* arch : model::all_archs()) info.architectures.emplace_back(arch->name);
  return info;
}

std::string to_json(const MachineInfo& info) {
  Json json = Json::object();
  json["version"] = Json(version());
  json["cpu"] = Json(info.cpu);
  json["cores"] = Json(std::uint64_t{info.cores});
  json["flags"] = list(info.flags);
  json["isa"] = Json(info.isa);
  json["isas"] = list(info.isas);
  json["memory_bytes"] = Json(info.memory_bytes);
  json["cache_l2_bytes"] = Json(info.cache_l2_bytes);
  json["cache_l3_bytes"] = Json(info.cache_l3_bytes);
  json["bandwidth_bytes_per_second"] = info.bandwidth_bytes_per_second > 0 ? Json(info.bandwidth_bytes_per_second) : Json();
  json["bandwidth_one_thread"] = info.bandwidth_one_thread > 0 ? Json(info.bandwidth_one_thread) : Json();
  json["peaks"] = Json::array();
  for (const MachinePeak& peak : info.peaks) {
    Json row = Json::object();
    row["arithmetic"] = Json(peak.arithmetic);
    row["instruction"] = Json(peak.instruction);
    row["one_thread"] = Json(peak.one_thread);
    row["all_threads"] = Json(peak.all_threads);
    json["peaks"].push_back(std::move(row));
  }
  json["formats"] = list(info.formats);
  json["architectures"] = list(info.architectures);
  return json.dump(2);
}

std::string describe(const MachineInfo& info) {
  return fmt::format("{}, {} cores, {:.1f} GiB, {}", info.cpu, info.cores, static_cast<double>(info.memory_bytes) / 0x1p30, info.isa);
}

}  // namespace tightrope
