// An adapter's numbers added to weights, row by row as they are asked for.
#include <cmath>
#include <cstring>
#include <numeric>

#include "base/error.h"
#include "model/adapter.h"

namespace tightrope::model {
namespace {

// One row of W + b a. `row` holds W's on entry.
void add_row(const LowRank& addition, std::uint64_t index, std::vector<float>& row) {
  std::vector<double> sum(addition.in);
  for (std::uint64_t r = 0; r < addition.rank; ++r) {
    const double factor = addition.b[index * addition.rank + r];
    const float* a = addition.a.data() + r * addition.in;
    for (std::uint64_t i = 0; i < addition.in; ++i) sum[i] += factor * static_cast<double>(a[i]);
  }
  for (std::uint64_t i = 0; i < addition.in; ++i) row[i] = static_cast<float>(static_cast<double>(row[i]) + sum[i]);
}

float factor_of(const LowRank& addition, std::uint64_t index, const std::vector<float>& row) {
  const double squares = std::accumulate(row.begin(), row.end(), 0.0,
                                         [](double sum, float x) { return sum + static_cast<double>(x) * static_cast<double>(x); });
  if (!(squares > 0))
    fail(ErrorCode::malformed,
         "[adapter] row {} of '{}' is zero or not finite and has no length to change; the adapter is of another model", index,
         addition.name);
  return static_cast<float>(static_cast<double>(addition.magnitude[index]) / std::sqrt(squares));
}

// Row `index` of W + b a in `row`.
void make_sum(const LowRank& addition, const Weight& weight, std::uint64_t index, const formats::Codec& codec, std::vector<float>& row) {
  row.resize(addition.in);
  weight.read_rows_f32(index, 1, row, codec);
  add_row(addition, index, row);
}

void check_merging(const Model& model, const LowRank& addition, const Weight& weight, const formats::Format* format) {
  const HeadSpec* output = model.config().output;
  const bool gives_hidden = output != nullptr && output->kind == HeadSpec::Kind::hidden;
  if (addition.name == "embed" && model.find("head") == nullptr && !gives_hidden)
    fail(
        ErrorCode::unsupported,
        "[merge] the adapter changes the embedding, which is the head of this model as well and would change there, too; apply the adapter "
        "at run time (--adapter)");
  if (format == nullptr && weight.format().kind != formats::Kind::plain)
    fail(ErrorCode::unsupported,
         "[merge] '{}' is quantised ({}) and cannot take small changes up; merge into the model it was made from, or decode (--type bf16)",
         addition.name, weight.format().name);
}

}  // namespace

std::vector<float> row_factors(const LowRank& addition, const Weight& weight, const formats::Codec& codec) {
  std::vector<float> factors(addition.out), row;
  for (std::uint64_t index = 0; index < addition.out; ++index) {
    make_sum(addition, weight, index, codec, row);
    factors[index] = factor_of(addition, index, row);
  }
  return factors;
}

Weight merged_weight(const Weight& weight, std::shared_ptr<const Adapter> adapter, const LowRank& addition, const formats::Codec& codec) {
  const auto rows = [weight, adapter = std::move(adapter), &addition, codec](std::uint64_t first, std::uint64_t count,
                                                                             std::span<std::byte> out) {
    std::vector<float> row;
    for (std::uint64_t i = 0; i < count; ++i) {
      make_sum(addition, weight, first + i, codec, row);
      if (!addition.magnitude.empty()) {
        const float factor = factor_of(addition, first + i, row);
        for (float& value : row) value *= factor;
      }
      std::memcpy(out.data() + i * row.size() * sizeof(float), row.data(), row.size() * sizeof(float));
    }
  };
  return {formats::get("f32"), weight.shape(), rows, weight.source()};
}

Model merge_adapter(const Model& model, const formats::Format* format, const formats::Codec& codec) {
  const std::shared_ptr<const Adapter>& adapter = model.adapter();
  if (!adapter) fail(ErrorCode::invalid_argument, "[merge] the model has no adapter; load one for it first");
  const auto change = [&](const NamedWeight& tensor) {
    const LowRank* addition = adapter->find(tensor.name);
    if (addition == nullptr) return tensor.weight;
    check_merging(model, *addition, tensor.weight, format);
    return merged_weight(tensor.weight, adapter, *addition, codec).encoded_as(format != nullptr ? *format : tensor.weight.format(), codec);
  };
  return model.map(change).with_adapter(nullptr);
}

}  // namespace tightrope::model
