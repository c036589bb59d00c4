// Rows of a tensor: copied from bytes, or decoded, encoded and reordered on demand in pieces of bounded memory.
#include "model/weight.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "base/checked.h"

namespace tightrope::model {
namespace {

constexpr std::uint64_t kPieceElements = 1 << 16;  // decoded at a time: 256 KiB, within a core's cache

void check_range(const Weight& weight, std::uint64_t first, std::uint64_t count, std::uint64_t out_size, std::uint64_t row_size) {
  const std::uint64_t rows = weight.shape().rows();
  if (first > rows || count > rows - first || out_size != count * row_size)
    fail(ErrorCode::internal, "[weight] rows {} to {} into {} places do not fit a tensor of {} rows of {}; this is a bug", first,
         first + count, out_size, rows, row_size);
}

// Calls piece(first row, rows) over `count` rows from `first`, each of at most kPieceElements elements or one row.
template <class Piece>
void for_pieces(std::uint64_t first, std::uint64_t count, std::uint64_t row_length, Piece piece) {
  const std::uint64_t step = std::max<std::uint64_t>(1, kPieceElements / std::max<std::uint64_t>(1, row_length));
  for (std::uint64_t done = 0; done < count; done += step) piece(first + done, std::min(step, count - done));
}

void check_finite(std::span<const float> values, std::uint64_t first_row, std::uint64_t row_length) {
  const auto bad = std::find_if(values.begin(), values.end(), [](float value) { return !std::isfinite(value); });
  if (bad == values.end()) return;
  const auto index = static_cast<std::uint64_t>(bad - values.begin());
  fail(ErrorCode::malformed, "[weight] row {}, column {} is {}, not a number that can be encoded; the checkpoint is damaged or diverged",
       first_row + index / row_length, index % row_length, *bad);
}

}  // namespace

Weight::Weight(const formats::Format& format, Shape shape, Bytes bytes) : format_(&format), shape_(shape), bytes_(std::move(bytes)) {
  if (bytes_.size() != size_bytes())
    fail(ErrorCode::internal, "[weight] {} bytes for a {} tensor {} of {}; this is a bug", bytes_.size(), format.name, shape.text(),
         size_bytes());
}

Weight::Weight(const formats::Format& format, Shape shape, Rows rows, Bytes source)
    : format_(&format), shape_(shape), bytes_(std::move(source)), rows_(std::make_shared<const Rows>(std::move(rows))) {}

std::uint64_t Weight::size_bytes() const { return formats::bytes_of(*format_, shape_.elements()); }
std::uint64_t Weight::row_bytes() const { return formats::bytes_of(*format_, shape_.row_length()); }

void Weight::read_rows(std::uint64_t first, std::uint64_t count, std::span<std::byte> out) const {
  const std::uint64_t row = row_bytes();
  check_range(*this, first, count, out.size(), row);
  if (rows_)
    (*rows_)(first, count, out);
  else if (!out.empty())
    std::memcpy(out.data(), bytes_.data() + first * row, out.size());
}

void Weight::read_rows_f32(std::uint64_t first, std::uint64_t count, std::span<float> out, const formats::Codec& codec) const {
  const std::uint64_t length = shape_.row_length(), row = row_bytes();
  check_range(*this, first, count, out.size(), length);
  if (!format_->decode) fail(ErrorCode::unsupported, "[weight] a tensor of {} holds no weights; take it out of the model", format_->name);
  if (!rows_) return codec.decode(*format_, bytes_.data() + first * row, out.data(), out.size());
  std::vector<std::byte> encoded;
  for_pieces(first, count, length, [&](std::uint64_t begin, std::uint64_t rows) {
    encoded.resize(rows * row);
    (*rows_)(begin, rows, encoded);
    codec.decode(*format_, encoded.data(), out.data() + (begin - first) * length, rows * length);
  });
}

Weight Weight::encoded_as(const formats::Format& target, const formats::Codec& codec,
                          std::shared_ptr<const std::vector<float>> importance) const {
  if (&target == format_) return *this;
  const std::uint64_t length = shape_.row_length();
  if (!target.encode) fail(ErrorCode::invalid_argument, "[weight] nothing can be encoded as {}; choose a weight format", target.name);
  if (length % target.block_elements != 0)
    fail(ErrorCode::invalid_argument, "[weight] rows of {} weights are no whole number of {}'s blocks of {}; choose another format", length,
         target.name, target.block_elements);
  if (importance && importance->size() != length)
    fail(ErrorCode::internal, "[weight] {} importances for rows of {} weights; this is a bug", importance->size(), length);
  const std::uint64_t target_row = formats::bytes_of(target, length);
  const auto rows = [source = *this, &target, codec, importance = std::move(importance), length, target_row](
                        std::uint64_t first, std::uint64_t count, std::span<std::byte> out) {
    std::vector<float> values;
    for_pieces(first, count, length, [&](std::uint64_t begin, std::uint64_t piece) {
      values.resize(piece * length);
      source.read_rows_f32(begin, piece, values, codec);
      check_finite(values, begin, length);
      std::byte* place = out.data() + (begin - first) * target_row;
      if (!importance) return codec.encode(target, values.data(), nullptr, place, values.size());
      for (std::uint64_t row = 0; row < piece; ++row)
        codec.encode(target, values.data() + row * length, importance->data(), place + row * target_row, length);
    });
  };
  return Weight(target, shape_, rows, bytes_);
}

Weight Weight::with_rows_from(std::function<std::uint64_t(std::uint64_t)> source_row) const {
  const auto rows = [source = *this, source_row = std::move(source_row), row_size = row_bytes()](std::uint64_t first, std::uint64_t count,
                                                                                                 std::span<std::byte> out) {
    for (std::uint64_t i = 0; i < count; ++i) source.read_rows(source_row(first + i), 1, out.subspan(i * row_size, row_size));
  };
  return Weight(*format_, shape_, rows, bytes_);
}

Weight Weight::made_resident() const {
  if (resident()) return *this;
  std::vector<std::byte> bytes(size_bytes());
  read_rows(0, shape_.rows(), bytes);
  return Weight(*format_, shape_, Bytes(std::move(bytes)));
}

}  // namespace tightrope::model
