// A made-up report with what a real one has: a base, four sizes, samples, speeds.
#pragma once

#include "eval/report.h"

namespace tightrope::test {

inline eval::ModelReport sample_model(std::string label, std::uint64_t bytes, double kld, double same_top, std::string sample) {
  eval::ModelReport model{
      .path = "models/" + label + ".gguf", .label = label, .bytes = bytes, .bits_per_weight = 5.25, .sample = std::move(sample)};
  model.measurement.perplexity = {.value = 67.5, .standard_error = 0.5, .mean_nll = 4.2, .context = 512, .chunks = 14, .tokens = 7154};
  if (kld >= 0) {
    model.measurement.divergence = eval::Divergence{.mean = kld,
                                                    .standard_error = kld / 25,
                                                    .median = kld / 2,
                                                    .p99 = kld * 8,
                                                    .max = kld * 40,
                                                    .same_top = same_top,
                                                    .same_top_error = 0.003,
                                                    .perplexity_ratio = 1.02,
                                                    .perplexity_ratio_error = 0.002};
  }
  return model;
}

inline eval::Report sample_report() {
  eval::Report report{.version = "0.1.0",
                      .date = "2025-01-02 03:04 UTC",
                      .machine = "a processor, 2 cores",
                      .command = "tightrope eval q8_0.gguf --against original",
                      .text_name = "text.txt",
                      .prompt = "Once upon"};
  report.models.push_back(sample_model("original", 16800000, -1, 0, " a time there was a city."));
  report.models.push_back(sample_model("q8_0", 8930000, 0.000312, 0.991, " a time there was a city."));
  report.models.push_back(sample_model("q4_k_m", 5280000, 0.0181, 0.918, " a time there was a cistern."));
  report.models.push_back(sample_model("q3_k_m", 4510000, 0.0752, 0.842, " a hill."));
  report.models.push_back(sample_model("q2_k", 3910000, 0.331, 0.694, ""));
  report.base = 0;
  eval::Latency latency{.model = "models/q8_0.gguf",
                        .isa = "avx2",
                        .threads = 2,
                        .load_seconds = 0.0213,
                        .peak_resident_bytes = 48211000,
                        .bandwidth_bytes_per_second = 1.93e10,
                        .foreign_cpu = 0.25};
  latency.prefill.push_back({.tokens = 512, .batch = 1, .tokens_per_second = {.median = 5210, .min = 5100, .max = 5302}});
  latency.decode.push_back(
      {.batch = 1, .tokens_per_second = {.median = 912, .min = 880, .max = 930}, .bytes_per_token = 9210000, .bandwidth_share = 0.44});
  report.latencies.push_back(latency);
  return report;
}

}  // namespace tightrope::test
