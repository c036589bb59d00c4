// report.json: written in full, read back strictly.
#include <limits>

#include "base/error.h"
#include "eval/report.h"

namespace tightrope::eval {
namespace {

Json perplexity_json(const Perplexity& perplexity) {
  Json json = Json::object();
  json["value"] = perplexity.value;
  json["stderr"] = perplexity.standard_error;
  json["context"] = perplexity.context;
  json["tokens"] = perplexity.tokens;
  json["chunks"] = perplexity.chunks;
  json["mean_nll"] = perplexity.mean_nll;
  return json;
}

Json divergence_json(const Divergence& divergence) {
  Json json = Json::object();
  json["mean"] = divergence.mean;
  json["median"] = divergence.median;
  json["p99"] = divergence.p99;
  json["max"] = divergence.max;
  json["stderr"] = divergence.standard_error;
  return json;
}

Json ratio_json(const Divergence& divergence) {
  Json json = Json::object();
  json["value"] = divergence.perplexity_ratio;
  json["stderr"] = divergence.perplexity_ratio_error;
  return json;
}

Json model_json(const ModelReport& model) {
  const std::optional<Divergence>& divergence = model.measurement.divergence;
  Json json = Json::object();
  json["path"] = model.path;
  json["label"] = model.label;
  json["bytes"] = model.bytes;
  json["bits_per_weight"] = model.bits_per_weight;
  json["perplexity"] = perplexity_json(model.measurement.perplexity);
  json["kld"] = divergence ? divergence_json(*divergence) : Json();
  json["same_top"] = divergence ? Json(divergence->same_top) : Json();
  if (divergence) {
    json["same_top_stderr"] = divergence->same_top_error;
    json["perplexity_ratio"] = ratio_json(*divergence);
  }
  if (!model.sample.empty()) json["sample"] = model.sample;
  return json;
}

Json prefill_json(const PrefillSpeed& prefill) {
  Json json = Json::object();
  json["tokens"] = prefill.tokens;
  json["depth"] = prefill.depth;
  json["batch"] = prefill.batch;
  json["tokens_per_second"] = to_json(prefill.tokens_per_second);
  return json;
}

Json decode_json(const DecodeSpeed& decode) {
  Json json = Json::object();
  json["depth"] = decode.depth;
  json["batch"] = decode.batch;
  json["tokens_per_second"] = to_json(decode.tokens_per_second);
  json["bytes_per_token"] = decode.bytes_per_token;
  json["bandwidth_share"] = decode.bandwidth_share;
  return json;
}

double read_double(const Json& json, std::string_view key) {
  const Json& value = json.at(key, "report");
  if (value.is_null()) return std::numeric_limits<double>::quiet_NaN();  // how JSON writes a number that is not finite
  return value.as_double(key);
}

std::uint64_t read_uint(const Json& json, std::string_view key) { return json.at(key, "report").as_uint(key); }

std::string read_string(const Json& json, std::string_view key) {
  const Json* value = json.find(key);
  return value == nullptr ? std::string() : value->as_string(key);
}

double read_optional_double(const Json& json, std::string_view key) { return json.find(key) == nullptr ? 0 : read_double(json, key); }

std::uint64_t read_optional_uint(const Json& json, std::string_view key) { return json.find(key) == nullptr ? 0 : read_uint(json, key); }

Perplexity read_perplexity(const Json& json) {
  return {.value = read_double(json, "value"),
          .standard_error = read_double(json, "stderr"),
          .mean_nll = read_optional_double(json, "mean_nll"),
          .context = read_uint(json, "context"),
          .chunks = read_optional_uint(json, "chunks"),
          .tokens = read_uint(json, "tokens")};
}

Divergence read_divergence(const Json& model, const Json& kld) {
  Divergence divergence{.mean = read_double(kld, "mean"),
                        .standard_error = read_optional_double(kld, "stderr"),
                        .median = read_double(kld, "median"),
                        .p99 = read_double(kld, "p99"),
                        .max = read_double(kld, "max"),
                        .same_top = read_double(model, "same_top"),
                        .same_top_error = read_optional_double(model, "same_top_stderr")};
  if (const Json* ratio = model.find("perplexity_ratio")) {
    divergence.perplexity_ratio = read_double(*ratio, "value");
    divergence.perplexity_ratio_error = read_double(*ratio, "stderr");
  }
  return divergence;
}

ModelReport read_model(const Json& json) {
  ModelReport model{.path = json.at("path", "report").as_string("path"),
                    .label = read_string(json, "label"),
                    .bytes = read_uint(json, "bytes"),
                    .bits_per_weight = read_double(json, "bits_per_weight"),
                    .measurement = {.perplexity = read_perplexity(json.at("perplexity", "report"))},
                    .sample = read_string(json, "sample")};
  if (model.label.empty()) model.label = model.path;
  const Json* kld = json.find("kld");
  if (kld != nullptr && !kld->is_null()) model.measurement.divergence = read_divergence(json, *kld);
  return model;
}

Spread read_spread(const Json& json) {
  const Json& spread = json.at("tokens_per_second", "report");
  return {.median = read_double(spread, "median"), .min = read_double(spread, "min"), .max = read_double(spread, "max")};
}

Latency read_latency(const Json& json) {
  Latency latency{.model = read_string(json, "model"),
                  .isa = read_string(json, "isa"),
                  .threads = static_cast<unsigned>(read_uint(json, "threads")),
                  .load_seconds = read_double(json, "load_seconds"),
                  .peak_resident_bytes = read_uint(json, "peak_rss_bytes"),
                  .bandwidth_bytes_per_second = read_optional_double(json, "bandwidth_bytes_per_second"),
                  .foreign_cpu = read_optional_double(json, "foreign_cpu")};
  for (const Json& prefill : json.at("prefill", "report").as_array("prefill")) {
    latency.prefill.push_back({.tokens = read_uint(prefill, "tokens"),
                               .depth = read_optional_uint(prefill, "depth"),
                               .batch = read_uint(prefill, "batch"),
                               .tokens_per_second = read_spread(prefill)});
  }
  for (const Json& decode : json.at("decode", "report").as_array("decode")) {
    latency.decode.push_back({.depth = read_optional_uint(decode, "depth"),
                              .batch = read_uint(decode, "batch"),
                              .tokens_per_second = read_spread(decode),
                              .bytes_per_token = read_uint(decode, "bytes_per_token"),
                              .bandwidth_share = read_double(decode, "bandwidth_share")});
  }
  return latency;
}

}  // namespace

Json to_json(const Spread& spread) {
  Json json = Json::object();
  json["median"] = spread.median;
  json["min"] = spread.min;
  json["max"] = spread.max;
  return json;
}

Json to_json(const Report& report) {
  Json json = Json::object();
  json["version"] = report.version;
  json["date"] = report.date;
  json["machine"] = report.machine;
  json["command"] = report.command;
  json["text"] = report.text_name;
  if (!report.prompt.empty()) json["prompt"] = report.prompt;
  json["base"] = report.base ? Json(std::uint64_t{*report.base}) : Json();
  json["models"] = Json::array();
  for (const ModelReport& model : report.models) json["models"].push_back(model_json(model));
  if (!report.latencies.empty()) json["latencies"] = Json::array();
  for (const Latency& latency : report.latencies) json["latencies"].push_back(to_json(latency));
  return json;
}

Json to_json(const Latency& latency) {
  Json json = Json::object();
  json["model"] = latency.model;
  json["isa"] = latency.isa;
  json["threads"] = std::uint64_t{latency.threads};
  json["load_seconds"] = latency.load_seconds;
  json["peak_rss_bytes"] = latency.peak_resident_bytes;
  json["prefill"] = Json::array();
  for (const PrefillSpeed& prefill : latency.prefill) json["prefill"].push_back(prefill_json(prefill));
  json["decode"] = Json::array();
  for (const DecodeSpeed& decode : latency.decode) json["decode"].push_back(decode_json(decode));
  json["bandwidth_bytes_per_second"] = latency.bandwidth_bytes_per_second;
  json["foreign_cpu"] = latency.foreign_cpu;
  return json;
}

Report read_report(const Json& json) {
  Report report{.version = read_string(json, "version"),
                .date = read_string(json, "date"),
                .machine = read_string(json, "machine"),
                .command = read_string(json, "command"),
                .text_name = read_string(json, "text"),
                .prompt = read_string(json, "prompt")};
  for (const Json& model : json.at("models", "report").as_array("models")) report.models.push_back(read_model(model));
  const Json* base = json.find("base");
  if (base != nullptr && !base->is_null()) {
    report.base = base->as_uint("base");
    if (*report.base >= report.models.size()) {
      fail(ErrorCode::malformed, "[report] base is model {} of {}; the file is damaged", *report.base, report.models.size());
    }
  }
  if (const Json* latencies = json.find("latencies")) {
    for (const Json& latency : latencies->as_array("latencies")) report.latencies.push_back(read_latency(latency));
  }
  return report;
}

}  // namespace tightrope::eval
