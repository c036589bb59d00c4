// What every checkpoint file is to the rest of the house: named, typed, validated tensors over mapped bytes, and metadata.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "formats/format.h"
#include "tensor/shape.h"
#include "tightrope/progress.h"

namespace tightrope::checkpoint {

// One tensor. Invariant, established by the readers before anyone sees it: bytes.size() == formats::bytes_of(*format, shape.elements()),
// the bytes lie inside the file, and the row length is a whole number of blocks.
struct Entry {
  std::string name;  // as the file spells it
  const formats::Format* format = nullptr;
  Shape shape;  // row-major, slowest first, whatever order the file uses
  Bytes bytes;
};

// GGUF's metadata values. Arrays hold one kind of element.
struct Value;
using ValueArray = std::vector<Value>;
struct Value {
  std::variant<bool, std::uint8_t, std::int8_t, std::uint16_t, std::int16_t, std::uint32_t, std::int32_t, std::uint64_t, std::int64_t,
               float, double, std::string, std::vector<std::string>, std::vector<std::int32_t>, std::vector<std::uint32_t>,
               std::vector<float>, ValueArray>
      data;
  std::uint32_t array_type = 0;  // GGUF element type of a ValueArray (other arrays know theirs)
};

// Ordered key-value pairs; keys unique. Typed getters return `fallback`/null when the key is absent and throw malformed, naming the key,
// when it is of another kind.
class Metadata {
 public:
  void set(std::string key, Value value);  // a new key goes to the end, a known one keeps its place
  void erase(std::string_view key);        // no effect when absent
  const Value* find(std::string_view key) const;
  std::uint64_t unsigned_or(std::string_view key, std::uint64_t fallback) const;  // any integer kind, non-negative
  double number_or(std::string_view key, double fallback) const;                  // any number kind
  bool bool_or(std::string_view key, bool fallback) const;
  std::string string_or(std::string_view key, std::string_view fallback) const;
  const std::vector<std::string>* strings(std::string_view key) const;
  std::vector<std::int64_t> integers(std::string_view key) const;  // empty when absent
  std::vector<float> floats(std::string_view key) const;           // empty when absent
  std::span<const std::pair<std::string, Value>> entries() const { return entries_; }

 private:
  std::vector<std::pair<std::string, Value>> entries_;
  std::map<std::string, std::size_t, std::less<>> places_;  // key -> index in entries_: a hostile file may hold 100,000 keys
};

// An opened checkpoint. A value; the mapping lives as long as any of its tensors' bytes.
struct Container {
  std::vector<Entry> entries;  // names unique
  Metadata metadata;           // GGUF keys; safetensors' __metadata__ as strings
  const Entry* find(std::string_view name) const;
};

// A tensor that is yet to be written: its rows are made on demand, so that memory is bounded by a few chunks of rows.
struct PendingEntry {
  std::string name;
  const formats::Format* format = nullptr;
  Shape shape;
  // Writes `count` rows from `first` in `format` into `out` (exactly their bytes). Called from several threads at once.
  std::function<void(std::uint64_t first, std::uint64_t count, std::span<std::byte> out)> rows;
  // Mapped bytes the rows are made from, in the same order; may be empty. What has been used leaves the resident memory.
  Bytes source = {};
};

struct WriteOptions {
  unsigned threads = 0;  // 0: every available core
  bool overwrite = false;
  std::vector<std::filesystem::path> inputs;           // what is being read: the output may be none of these
  Progress progress;                                   // counted in bytes written
  std::uint64_t shard_bytes = std::uint64_t{5} << 30;  // safetensors folders only
};

}  // namespace tightrope::checkpoint
