// Row by row from where they are; a tensor that is one run of rows is a view.
#include "model/assemble.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "base/checked.h"

namespace tightrope::model {
namespace {

// `count` rows from `at` on are those of `source` from `from` on.
struct Segment {
  std::uint64_t at;
  Weight source;
  std::uint64_t from, count;
};

// A vector as a column, so that its elements are rows; and back.
Weight as_column(const Weight& weight) {
  if (weight.shape().rank() != 1) return weight;
  const Weight resident = weight.made_resident();
  return {resident.format(), Shape{weight.shape()[0], 1}, resident.source()};
}

Weight reshaped(const Weight& weight, const Shape& shape) {
  if (weight.shape() == shape) return weight;
  if (weight.resident() || shape.rank() == 1) return {weight.format(), shape, weight.made_resident().source()};
  return {weight.format(), shape,
          [weight](std::uint64_t first, std::uint64_t count, std::span<std::byte> out) { weight.read_rows(first, count, out); },
          weight.source()};
}

// Segments are sorted and leave no gap.
Weight joined(std::vector<Segment> segments, std::uint64_t rows) {
  const Weight& front = segments.front().source;
  const Shape shape{rows, front.shape().row_length()};
  const std::uint64_t row = front.row_bytes();
  if (segments.size() == 1 && front.resident())
    return {front.format(), shape, front.source().part(segments.front().from * row, rows * row)};
  const Bytes source = front.source();
  const formats::Format& format = front.format();
  auto shared = std::make_shared<const std::vector<Segment>>(std::move(segments));
  const auto make = [shared, row](std::uint64_t first, std::uint64_t count, std::span<std::byte> out) {
    auto segment =
        std::upper_bound(shared->begin(), shared->end(), first, [](std::uint64_t at, const Segment& s) { return at < s.at; }) - 1;
    for (std::uint64_t done = 0; done < count; ++segment) {
      const std::uint64_t skipped = first + done - segment->at, taken = std::min(segment->count - skipped, count - done);
      segment->source.read_rows(segment->from + skipped, taken, out.subspan(done * row, taken * row));
      done += taken;
    }
  };
  return {format, shape, make, source};
}

// Columns become rows. Only single numbers can be told apart.
Weight transposed(const Weight& weight) {
  if (weight.format().block_elements != 1)
    fail(ErrorCode::unsupported, "[model] a tensor {} of {} cannot be transposed; start from a model that is not quantised",
         weight.shape().text(), weight.format().name);
  const Weight source = weight.made_resident();
  const std::uint64_t in = weight.shape().rows(), out_extent = weight.shape().row_length(), size = weight.format().block_bytes;
  const auto make = [source, in, out_extent, size](std::uint64_t first, std::uint64_t count, std::span<std::byte> out) {
    const std::byte* from = source.bytes().data();
    for (std::uint64_t column = 0; column < in; ++column)
      for (std::uint64_t row = 0; row < count; ++row)
        std::memcpy(out.data() + (row * in + column) * size, from + (column * out_extent + first + row) * size, size);
  };
  return {weight.format(), Shape{out_extent, in}, make, source.source()};
}

Weight shifted(const Weight& weight, float shift) {
  std::vector<float> values(weight.shape().elements());
  weight.read_rows_f32(0, weight.shape().rows(), values, formats::kScalarCodec);
  for (float& value : values) value += shift;
  const auto bytes = std::as_bytes(std::span(values));
  return {formats::get("f32"), weight.shape(), Bytes(std::vector<std::byte>(bytes.begin(), bytes.end()))};
}

std::uint64_t rows_of(const Weight& column_or_matrix) { return column_or_matrix.shape().rows(); }

// Rows that a container leaves out because no text reads them.
Segment zeros(const Weight& like, std::uint64_t count) {
  const Bytes bytes(std::vector<std::byte>(checked_multiply(count, like.row_bytes(), "the size of rows that are not stored")));
  return {0, Weight(like.format(), Shape{count, like.shape().row_length()}, bytes), 0, count};
}

std::vector<Segment> sorted(std::vector<Segment> segments) {
  std::sort(segments.begin(), segments.end(), [](const Segment& a, const Segment& b) { return a.at < b.at; });
  return segments;
}

void same_formats(const std::vector<Segment>& segments, std::string_view name) {
  const formats::Format& first = segments.front().source.format();
  for (const Segment& segment : segments)
    if (&segment.source.format() != &first)
      fail(ErrorCode::unsupported, "[model] the parts of tensor '{}' are {} and {}; a fused tensor has one format: give its parts the same",
           name, first.name, segment.source.format().name);
}

// What of the plan one stored tensor is made from.
struct Recipe {
  std::vector<Segment> segments;
  Shape shape;
  bool transposed = false, plus_one = false;
};

void add_parts(const Location& location, const Weight& weight, std::map<std::string, Recipe>& recipes, std::vector<std::string>& order) {
  const Weight column = as_column(weight);
  const std::uint64_t rows = rows_of(column) / location.names.size();
  const std::vector<RowRun> runs = location.runs();
  for (std::size_t i = 0; i < location.names.size(); ++i) {
    auto [found, fresh] = recipes.try_emplace(location.names[i]);
    if (fresh) order.push_back(location.names[i]);
    Recipe& recipe = found->second;
    recipe.shape = location.stored_shape;
    recipe.transposed = location.transposed;
    recipe.plus_one = location.plus_one;
    for (const RowRun& run : runs) recipe.segments.push_back({run.stored, column, i * rows + run.ours, run.count});
  }
}

Weight made(Recipe recipe, std::string_view name) {
  std::vector<Segment> segments = sorted(std::move(recipe.segments));
  same_formats(segments, name);
  const bool vector = recipe.shape.rank() == 1;
  const std::uint64_t rows = vector ? recipe.shape[0] : recipe.transposed ? recipe.shape.row_length() : recipe.shape.rows();
  Weight weight = joined(std::move(segments), rows);
  if (recipe.transposed) weight = transposed(weight);
  weight = reshaped(weight, recipe.shape);
  return recipe.plus_one ? shifted(weight, 1) : weight;
}

}  // namespace

Weight gathered(const std::vector<Weight>& stored, const Location& location, const Shape& shape) {
  const std::uint64_t all = shape.rank() == 1 ? shape[0] : shape.rows(), each = all / stored.size();
  std::vector<Segment> segments;
  const std::vector<RowRun> runs = location.runs();
  for (std::size_t i = 0; i < stored.size(); ++i) {
    const Weight column = as_column(location.transposed ? transposed(stored[i]) : stored[i]);
    for (const RowRun& run : runs) segments.push_back({i * each + run.ours, column, run.stored, run.count});
  }
  segments = sorted(std::move(segments));
  if (const std::uint64_t absent = segments.front().at; absent != 0)
    segments.insert(segments.begin(), zeros(segments.front().source, absent));
  same_formats(segments, location.names.front());
  const Weight weight = reshaped(joined(std::move(segments), all), shape);
  return location.plus_one ? shifted(weight, -1) : weight;
}

std::vector<StoredTensor> scattered(const std::vector<PlannedTensor>& plan, Location PlannedTensor::*container, std::string_view what,
                                    const std::function<const Weight*(const PlannedTensor&)>& weight_of) {
  std::map<std::string, Recipe> recipes;
  std::vector<std::string> order;
  for (const PlannedTensor& planned : plan) {
    const Weight* weight = weight_of(planned);
    if (weight == nullptr) continue;
    const Location& location = planned.*container;
    if (!location.exists())
      fail(ErrorCode::unsupported, "[save] {} has no place for tensor '{}' of this model; keep it a Hugging Face folder", what,
           planned.canonical);
    add_parts(location, *weight, recipes, order);
  }
  std::vector<StoredTensor> tensors;
  tensors.reserve(order.size());
  for (const std::string& name : order) tensors.push_back({name, made(std::move(recipes[name]), name)});
  return tensors;
}

}  // namespace tightrope::model
