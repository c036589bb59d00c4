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

// Row 2i of a head of pairs is row i of a head of halves, row 2i + 1 is row i + head/2.
std::vector<RowRun> pair_runs(std::uint64_t rows, std::uint64_t head) {
  std::vector<RowRun> runs;
  for (std::uint64_t stored = 0; stored < rows; ++stored) {
    const std::uint64_t within = stored % head;
    runs.push_back({stored - within + within % 2 * (head / 2) + within / 2, stored, 1});
  }
  return runs;
}

// Heads of query, key and value take turns; this is number `turn` of the three.
std::vector<RowRun> head_runs(std::uint64_t rows, std::uint64_t head, std::uint64_t turn) {
  std::vector<RowRun> runs;
  for (std::uint64_t ours = 0; ours < rows; ours += head) runs.push_back({ours, ours * 3 + turn * head, head});
  return runs;
}

struct Rows {
  std::uint64_t stored;  // of the whole stored tensor
  std::vector<RowRun> runs;
};

Rows rows_of(Part part, std::uint64_t rows, const Config& config) {
  const Fused fused(config);
  const auto one_run = [&](std::uint64_t stored, std::uint64_t first) { return Rows{stored, {{0, first, rows}}}; };
  switch (part) {
    case Part::whole:
    case Part::transposed: return one_run(rows, 0);
    case Part::query:
    case Part::transposed_query: return one_run(fused.total(), 0);
    case Part::key:
    case Part::transposed_key: return one_run(fused.total(), fused.query);
    case Part::value:
    case Part::transposed_value: return one_run(fused.total(), fused.query + fused.key);
    case Part::head_query: return {rows * 3, head_runs(rows, config.head, 0)};
    case Part::head_key: return {rows * 3, head_runs(rows, config.head, 1)};
    case Part::head_value: return {rows * 3, head_runs(rows, config.head, 2)};
    case Part::first_half: return one_run(rows * 2, 0);
    case Part::second_half: return one_run(rows * 2, rows);
    case Part::query_pairs:
    case Part::key_pairs: return {rows, pair_runs(rows, config.head)};
    case Part::beyond_padding: {
      const std::uint64_t skipped = std::min(rows, static_cast<std::uint64_t>(config.padding + 1));
      return {rows - skipped, {{skipped, 0, rows - skipped}}};
    }
  }
  fail(ErrorCode::internal, "[model] a tensor is a part of another that nobody knows; this is a bug");
}

bool is_transposed(Part part) {
  return part == Part::transposed || part == Part::transposed_query || part == Part::transposed_key || part == Part::transposed_value;
}

}  // namespace

Location locate(const Place& place, std::vector<std::string> names, const Shape& shape, const Config& config) {
  Location location{
      .names = std::move(names), .stored_shape = shape, .runs = {}, .transposed = false, .plus_one = place.plus_one, .f32 = place.f32};
  if (!location.exists()) return location;
  const bool vector = shape.rank() == 1;
  const std::uint64_t all = vector ? shape[0] : shape.rows();
  Rows rows = rows_of(place.part, all / location.names.size(), config);
  location.runs = std::move(rows.runs);
  location.transposed = !vector && is_transposed(place.part);
  if (vector)
    location.stored_shape = Shape{rows.stored};
  else if (location.transposed)
    location.stored_shape = Shape{shape.row_length(), rows.stored};
  else if (place.part != Part::whole || location.names.size() > 1)
    location.stored_shape = Shape{rows.stored, shape.row_length()};
  return location;
}

}  // namespace tightrope::model
