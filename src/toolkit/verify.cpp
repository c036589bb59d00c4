// Model::non_finite: reads every weight and counts what is no number.
#include <algorithm>
#include <cmath>
#include <mutex>

#include "base/threads.h"
#include "toolkit/model_handle.h"

namespace tightrope {
namespace {

constexpr std::uint64_t kChunkElements = std::uint64_t{1} << 18;  // decoded at a time by one thread: 1 MiB

// What one range of rows holds.
NonFinite scan_rows(const model::Weight& weight, std::uint64_t begin, std::uint64_t end) {
  const std::uint64_t length = weight.shape().row_length();
  std::vector<float> values((end - begin) * length);
  weight.read_rows_f32(begin, end - begin, values, toolkit::machine_codec());
  NonFinite found;
  for (std::uint64_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i])) continue;
    if (found.count++ == 0) found.first = begin * length + i;
  }
  return found;
}

NonFinite scan(const model::NamedWeight& tensor, ThreadPool& pool) {
  NonFinite total{tensor.name, 0, 0};
  const std::uint64_t length = std::max<std::uint64_t>(tensor.weight.shape().row_length(), 1);
  std::mutex mutex;
  pool.parallel_for(tensor.weight.shape().rows(), std::max<std::uint64_t>(kChunkElements / length, 1),
                    [&](std::uint64_t begin, std::uint64_t end) {
                      const NonFinite part = scan_rows(tensor.weight, begin, end);
                      if (part.count == 0) return;
                      const std::lock_guard lock(mutex);
                      total.first = total.count == 0 ? part.first : std::min(total.first, part.first);
                      total.count += part.count;
                    });
  return total;
}

}  // namespace

std::vector<NonFinite> Model::non_finite(unsigned threads, const Progress& progress) const {
  const model::Model& model = implementation_->model;
  ThreadPool pool(threads);
  std::vector<NonFinite> found;
  std::uint64_t done = 0;
  for (const model::NamedWeight& tensor : model.weights()) {
    if (tensor.weight.format().kind == formats::Kind::integer) continue;
    if (NonFinite bad = scan(tensor, pool); bad.count > 0) found.push_back(std::move(bad));
    done += tensor.weight.size_bytes();
    if (progress) progress({"verify", done, model.weight_bytes(), "bytes"});
  }
  return found;
}

}  // namespace tightrope
