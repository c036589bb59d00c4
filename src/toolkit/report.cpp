// Report and Benchmark: views of what was measured.
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "eval/roofline.h"
#include "eval/versus.h"
#include "toolkit/report_handle.h"

namespace tightrope {

Report Report::read(const std::filesystem::path& json_file) {
  const Json json = Json::parse(read_text_file(json_file), json_file.string());
  return Report(std::make_shared<const Implementation>(Implementation{eval::read_report(json)}));
}

std::vector<ReportRow> Report::rows() const {
  const eval::Report& report = implementation_->report;
  std::vector<ReportRow> rows;
  for (std::size_t i = 0; i < report.models.size(); ++i) {
    const eval::ModelReport& model = report.models[i];
    ReportRow row;
    row.path = model.path, row.label = model.label, row.bytes = model.bytes, row.bits_per_weight = model.bits_per_weight;
    row.perplexity = model.measurement.perplexity.value;
    row.perplexity_error = model.measurement.perplexity.standard_error;
    row.is_base = report.base == i;
    if (const auto& divergence = model.measurement.divergence)
      row.kld_mean = divergence->mean, row.kld_p99 = divergence->p99, row.same_top = divergence->same_top;
    rows.push_back(std::move(row));
  }
  return rows;
}

Report Report::with(const Benchmark& benchmark) const {
  eval::Report report = implementation_->report;
  report.latencies.push_back(benchmark.implementation().latency);
  return Report(std::make_shared<const Implementation>(Implementation{std::move(report)}));
}

std::string Report::to_json() const { return eval::to_json(implementation_->report).dump(2); }
std::string Report::to_table() const { return eval::to_table(implementation_->report); }
std::string Report::to_html() const { return eval::to_html(implementation_->report); }

std::string Benchmark::to_json() const { return eval::to_json(implementation_->latency).dump(2); }
std::string Benchmark::to_table() const { return eval::to_table(implementation_->latency); }

Benchmark benchmark(const std::filesystem::path& path, const BenchOptions& options, const Progress& progress) {
  return Benchmark(
      std::make_shared<const Benchmark::Implementation>(Benchmark::Implementation{eval::measure_latency(path, options, progress)}));
}

Findings benchmark_against(const std::filesystem::path& path, const std::string& program, const BenchOptions& options,
                           const Progress& progress) {
  const eval::Versus versus = eval::measure_versus(path, program, options, progress);
  return {.json = eval::to_json(versus).dump(2), .table = eval::to_table(versus)};
}

Findings benchmark_kernels(unsigned threads, const Progress& progress) {
  const eval::Roofline roofline = eval::measure_roofline(threads, progress);
  return {.json = eval::to_json(roofline).dump(2), .table = eval::to_table(roofline)};
}

}  // namespace tightrope
