// One tensor of a model as a value: bytes that lie somewhere, or rows that are made on demand.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "formats/codec.h"
#include "formats/format.h"
#include "tensor/shape.h"

namespace tightrope::model {

// Cheap to copy, immutable, thread-safe to read. Rows are in Hugging Face's order whatever the file's.
class Weight {
 public:
  // Writes `count` rows from `first`, in the weight's format, into `out` (exactly their bytes); called from several threads at once.
  using Rows = std::function<void(std::uint64_t first, std::uint64_t count, std::span<std::byte> out)>;

  Weight() = default;
  Weight(const formats::Format& format, Shape shape, Bytes bytes);
  Weight(const formats::Format& format, Shape shape, Rows rows, Bytes source = {});  // made on demand

  const formats::Format& format() const { return *format_; }
  const Shape& shape() const { return shape_; }
  std::uint64_t size_bytes() const;  // in its format
  std::uint64_t row_bytes() const;
  bool resident() const { return rows_ == nullptr; }
  // Only when resident().
  std::span<const std::byte> bytes() const { return bytes_.view(); }
  // What the rows are made from, in about the same order; empty when unknown. For whoever reads them once and wants the memory back.
  const Bytes& source() const { return bytes_; }

  void read_rows(std::uint64_t first, std::uint64_t count, std::span<std::byte> out) const;
  // Decoded. `out` holds count * shape().row_length() floats.
  void read_rows_f32(std::uint64_t first, std::uint64_t count, std::span<float> out, const formats::Codec& codec) const;

  // The same numbers in another format, encoded on demand. Non-finite values are an error (malformed) when rows are made.
  // `importance` (null, or one weight a column) steers block formats.
  Weight encoded_as(const formats::Format& target, const formats::Codec& codec,
                    std::shared_ptr<const std::vector<float>> importance = nullptr) const;
  // Row i of the result is row source_row(i) of this.
  Weight with_rows_from(std::function<std::uint64_t(std::uint64_t)> source_row) const;
  // The same with its bytes in memory.
  Weight made_resident() const;

 private:
  const formats::Format* format_ = nullptr;
  Shape shape_;
  Bytes bytes_;  // the rows themselves when rows_ is null, else what they are made from
  std::shared_ptr<const Rows> rows_;
};

}  // namespace tightrope::model
