// From a part's name to runs of rows.
#include "model/location.h"

#include "base/checked.h"

namespace tightrope::model {
namespace {

// A fused tensor holds queries, keys and values; `rows` of each.
struct Fused {
  std::uint64_t query, key, value;
  explicit Fused(const Config& config)
      : query(checked_multiply(config.heads, config.head, "the rows of the queries")),
        key(checked_multiply(config.kv_heads, config.head, "the rows of the keys")),
        value(key) {}
  std::uint64_t total() const { return query + key + value; }
};

// Row 2i of a head of pairs is row i of a head of halves, row 2i + 1 is row i + head/2; the last of an odd head stays.
std::vector<RowRun> pair_runs(std::uint64_t rows, std::uint64_t head) {
  std::vector<RowRun> runs;
  runs.reserve(rows);
  const std::uint64_t half = head / 2;
  for (std::uint64_t stored = 0; stored < rows; ++stored) {
    const std::uint64_t within = stored % head;
    const std::uint64_t ours = within == 2 * half ? within : within % 2 * half + within / 2;
    runs.push_back({stored - within + ours, stored, 1});
  }
  return runs;
}

// Heads of query, key and value take turns; `first` is where this one's begin.
std::vector<RowRun> head_runs(std::uint64_t rows, std::uint64_t head, std::uint64_t first) {
  std::vector<RowRun> runs;
  runs.reserve(rows / head);
  for (std::uint64_t ours = 0; ours < rows; ours += head) runs.push_back({ours, ours * 3 + first, head});
  return runs;
}

struct Extent {
  std::uint64_t stored;  // rows of the whole stored tensor
  std::uint64_t first = 0, unstored = 0;
};

Extent extent_of(Part part, std::uint64_t rows, const Config& config) {
  const Fused fused(config);
  switch (part) {
    case Part::whole:
    case Part::transposed:
    case Part::query_pairs:
    case Part::key_pairs: return {rows};
    case Part::query:
    case Part::transposed_query: return {fused.total()};
    case Part::key:
    case Part::transposed_key: return {fused.total(), fused.query};
    case Part::value:
    case Part::transposed_value: return {fused.total(), fused.query + fused.key};
    case Part::head_query: return {rows * 3};
    case Part::head_key: return {rows * 3, config.head};
    case Part::head_value: return {rows * 3, 2 * config.head};
    case Part::first_half: return {rows * 2};
    case Part::second_half: return {rows * 2, rows};
    case Part::beyond_padding: {
      const std::uint64_t unstored = std::min(rows, static_cast<std::uint64_t>(config.padding + 1));
      return {rows - unstored, 0, unstored};
    }
  }
  fail(ErrorCode::internal, "[model] a tensor is a part of another that nobody knows; this is a bug");
}

bool is_transposed(Part part) {
  return part == Part::transposed || part == Part::transposed_query || part == Part::transposed_key || part == Part::transposed_value;
}

}  // namespace

std::vector<RowRun> Location::runs() const {
  if (part == Part::query_pairs || part == Part::key_pairs) return pair_runs(rows, head);
  if (part == Part::head_query || part == Part::head_key || part == Part::head_value) return head_runs(rows, head, first);
  return {{unstored, first, rows - unstored}};
}

Location locate(const Place& place, std::vector<std::string> names, const Shape& shape, const Config& config) {
  Location location{.names = std::move(names), .stored_shape = shape, .part = place.part, .plus_one = place.plus_one, .f32 = place.f32};
  if (!location.exists()) return location;
  const bool vector = shape.rank() == 1;
  const std::uint64_t all = vector ? shape[0] : shape.rows();
  location.rows = all / location.names.size();
  location.head = config.head;
  const Extent extent = extent_of(place.part, location.rows, config);
  location.first = extent.first;
  location.unstored = extent.unstored;
  location.transposed = !vector && is_transposed(place.part);
  if (vector)
    location.stored_shape = Shape{extent.stored};
  else if (location.transposed)
    location.stored_shape = Shape{shape.row_length(), extent.stored};
  else if (place.part != Part::whole || location.names.size() > 1)
    location.stored_shape = Shape{extent.stored, shape.row_length()};
  return location;
}

}  // namespace tightrope::model
