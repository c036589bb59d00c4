// A roofline as JSON and as a table.
#include <fmt/format.h>

#include "eval/aligned.h"
#include "eval/markup.h"
#include "eval/roofline.h"

namespace tightrope::eval {
namespace {

std::string giga(double value) { return significant(value / 1e9); }

Json kernel_json(const KernelSpeed& speed) {
  Json json = Json::object();
  json["kernel"] = speed.kernel;
  json["tokens"] = std::uint64_t{speed.tokens};
  json["operations_per_second"] = speed.operations;
  json["bytes_per_second"] = speed.bytes;
  json["ceiling"] = speed.ceiling.empty() ? Json() : Json(speed.ceiling);
  json["share"] = speed.ceiling.empty() ? Json() : Json(speed.share);
  return json;
}

}  // namespace

Json to_json(const Roofline& roofline) {
  Json json = Json::object();
  json["isa"] = roofline.isa;
  json["threads"] = std::uint64_t{roofline.ceilings.threads};
  json["foreign_cpu"] = roofline.foreign_cpu;
  json["read_bytes_per_second"] = roofline.ceilings.read_all_threads;
  json["read_bytes_per_second_one_thread"] = roofline.ceilings.read_one_thread;
  json["peaks"] = Json::array();
  for (const kernels::Peak& peak : roofline.ceilings.peaks) {
    Json row = Json::object();
    row["arithmetic"] = peak.arithmetic;
    row["instruction"] = peak.instruction;
    row["one_thread"] = peak.one_thread;
    row["all_threads"] = peak.all_threads;
    json["peaks"].push_back(std::move(row));
  }
  json["kernels"] = Json::array();
  for (const KernelSpeed& speed : roofline.kernels) json["kernels"].push_back(kernel_json(speed));
  return json;
}

std::string to_table(const Roofline& roofline) {
  const kernels::Ceilings& ceilings = roofline.ceilings;
  std::vector<Row> peaks{{"ceiling", "one thread", fmt::format("{} threads", ceilings.threads), ""}};
  peaks.push_back({"read", giga(ceilings.read_one_thread), giga(ceilings.read_all_threads), "GB/s"});
  for (const kernels::Peak& peak : ceilings.peaks)
    peaks.push_back({peak.arithmetic, giga(peak.one_thread), giga(peak.all_threads), "Gop/s  " + peak.instruction});
  std::vector<Row> rows{{"kernel", "tokens", "Gop/s", "GB/s", "ceiling", "share"}};
  for (const KernelSpeed& speed : roofline.kernels)
    rows.push_back({speed.kernel, std::to_string(speed.tokens), giga(speed.operations), speed.bytes > 0 ? giga(speed.bytes) : "–",
                    speed.ceiling.empty() ? "–" : speed.ceiling, speed.ceiling.empty() ? "–" : percent(speed.share, 0)});
  return fmt::format("kernels: {}, {} threads; other processes: {:.2f} cores busy\n\n", roofline.isa, ceilings.threads,
                     roofline.foreign_cpu) +
         aligned(peaks) + '\n' + aligned(rows);
}

}  // namespace tightrope::eval
