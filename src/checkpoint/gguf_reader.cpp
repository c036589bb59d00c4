// The GGUF reader: header, metadata and tensor table are all checked before any tensor becomes visible.
#include <cstring>
#include <unordered_set>

#include "base/checked.h"
#include "base/file.h"
#include "checkpoint/cursor.h"
#include "checkpoint/gguf.h"
#include "checkpoint/gguf_layout.h"
#include "checkpoint/gguf_values.h"
#include "checkpoint/names.h"
#include "checkpoint/refuse.h"

namespace tightrope::checkpoint {
namespace {

using namespace gguf;

// The least a key (length, one character, type, one byte) and a tensor's row (length, one character, rank, type, offset) take.
constexpr std::uint64_t kLeastKeyBytes = 8 + 1 + 4 + 1, kLeastRowBytes = 8 + 1 + 4 + 4 + 8;

// One row of the tensor table, before its place in the file is known to be good.
struct Row {
  std::string_view name;
  const formats::Format* format = nullptr;
  Shape shape;
  std::uint64_t offset = 0;  // from the start of the data
  std::uint64_t bytes = 0;
};

class Parser {
 public:
  Parser(const Bytes& file, std::string_view what) : file_(file), what_(what), cursor_(file.view(), "gguf", what) {}
  Container parse();

 private:
  void read_header();
  void check_count(std::uint64_t count, std::uint64_t least_bytes, std::string_view things) const;
  void read_metadata();
  std::uint64_t alignment() const;
  Row read_row();
  Shape read_shape(std::string_view name);
  const formats::Format* read_format(std::string_view name);
  void place(const std::vector<Row>& rows);

  const Bytes& file_;
  std::string_view what_;
  Cursor cursor_;
  std::uint64_t tensor_count_ = 0, key_count_ = 0;
  Container container_;
};

Container Parser::parse() {
  read_header();
  read_metadata();
  check_count(tensor_count_, kLeastRowBytes, "tensors");
  if (tensor_count_ > kMaxTensors)
    fail(ErrorCode::unsupported, "[gguf] '{}' holds {} tensors, the limit is {}; split the model", what_, tensor_count_, kMaxTensors);
  std::vector<Row> rows;
  std::unordered_set<std::string_view> names;
  for (std::uint64_t i = 0; i < tensor_count_; ++i) {
    rows.push_back(read_row());
    if (!names.insert(rows.back().name).second)
      fail(ErrorCode::malformed, "[gguf] '{}' holds two tensors named {}; the file is damaged", what_, quote(rows.back().name));
  }
  place(rows);
  return std::move(container_);
}

void Parser::read_header() {
  refuse_other_kinds(file_.view(), "gguf", what_);
  const auto magic = cursor_.take(kMagic.size(), "the magic number");
  if (std::memcmp(magic.data(), kMagic.data(), kMagic.size()) != 0)
    fail(ErrorCode::malformed, "[gguf] '{}' does not begin with 'GGUF'; it is not a GGUF file", what_);
  const auto version = cursor_.number<std::uint32_t>("the version");
  if (version != 0 && (version & 0xffff) == 0)
    fail(ErrorCode::unsupported, "[gguf] '{}' is big-endian; download or convert the little-endian file", what_);
  if (version == 1) fail(ErrorCode::unsupported, "[gguf] '{}' is of version 1, last written in 2023; convert the model again", what_);
  if (version < 2 || version > kVersion)
    fail(ErrorCode::unsupported, "[gguf] '{}' is of version {}, versions 2 and 3 are supported; the file is damaged or too new", what_,
         version);
  tensor_count_ = cursor_.number<std::uint64_t>("the number of tensors");
  key_count_ = cursor_.number<std::uint64_t>("the number of keys");
  check_count(key_count_, kLeastKeyBytes, "keys");
  check_count(tensor_count_, kLeastRowBytes, "tensors");
}

void Parser::check_count(std::uint64_t count, std::uint64_t least_bytes, std::string_view things) const {
  if (count > cursor_.remaining() / least_bytes)
    fail(ErrorCode::malformed, "[gguf] '{}' announces {} {}, more than its {} bytes can hold; the download is probably incomplete", what_,
         count, things, file_.size());
}

void Parser::read_metadata() {
  ValueReader values(cursor_);
  for (std::uint64_t i = 0; i < key_count_; ++i) {
    const std::string_view key = cursor_.string(kMaxKeyBytes, "a metadata key");
    if (!is_clean_name(key)) fail(ErrorCode::malformed, "[gguf] '{}': the key {} is empty, not UTF-8 or holds a NUL", what_, quote(key));
    if (container_.metadata.find(key))
      fail(ErrorCode::malformed, "[gguf] '{}' holds the key {} twice; the file is damaged", what_, quote(key));
    container_.metadata.set(std::string(key), values.read(fmt::format("key {}", quote(key))));
  }
}

// The rules of the reference reader, and an upper bound.
std::uint64_t Parser::alignment() const {
  const Value* value = container_.metadata.find(kAlignmentKey);
  if (!value) return kDefaultAlignment;
  const auto* held = std::get_if<std::uint32_t>(&value->data);
  if (!held || !std::has_single_bit(*held) || *held > kMaxAlignment)
    fail(ErrorCode::malformed, "[gguf] '{}': general.alignment is not a u32 power of two up to {}; the file is damaged", what_,
         kMaxAlignment);
  return *held;
}

Row Parser::read_row() {
  Row row;
  row.name = cursor_.string(kMaxNameBytes, "a tensor name");
  if (!is_clean_name(row.name))
    fail(ErrorCode::malformed, "[gguf] '{}': the tensor name {} is empty, not UTF-8 or holds a NUL", what_, quote(row.name));
  row.shape = read_shape(row.name);
  row.format = read_format(row.name);
  row.offset = cursor_.number<std::uint64_t>("a tensor's offset");
  if (row.shape.row_length() % row.format->block_elements != 0)
    fail(ErrorCode::malformed, "[gguf] '{}': tensor {} has rows of {} elements, no whole number of {}'s blocks of {}; the file is damaged",
         what_, quote(row.name), row.shape.row_length(), row.format->name, row.format->block_elements);
  row.bytes = formats::bytes_of(*row.format, row.shape.elements());
  return row;
}

Shape Parser::read_shape(std::string_view name) {
  const auto rank = cursor_.number<std::uint32_t>("a tensor's rank");
  if (rank > Shape::kMaxRank)
    fail(ErrorCode::malformed, "[gguf] '{}': tensor {} has {} dimensions, at most {} are legal; the file is damaged", what_, quote(name),
         rank, Shape::kMaxRank);
  std::uint64_t extents[Shape::kMaxRank];
  for (std::uint32_t i = rank; i-- > 0;) {  // the file's order is innermost first
    extents[i] = cursor_.number<std::uint64_t>("a tensor's dimension");
    if (extents[i] == 0 || !std::in_range<std::int64_t>(extents[i]))
      fail(ErrorCode::malformed, "[gguf] '{}': tensor {} has a dimension of {}; the file is damaged", what_, quote(name),
           static_cast<std::int64_t>(extents[i]));
  }
  return Shape(std::span<const std::uint64_t>(extents, rank));
}

const formats::Format* Parser::read_format(std::string_view name) {
  const auto type = cursor_.number<std::uint32_t>("a tensor's type");
  if (const formats::Format* format = formats::find_gguf_type(type)) return format;
  fail(ErrorCode::unsupported, "[gguf] '{}': tensor {} is of type {}, which is not supported; start from the original checkpoint", what_,
       quote(name), type);
}

// Offsets must be dense and in order, as in the reference: then nothing overlaps, and no byte is reachable twice.
void Parser::place(const std::vector<Row>& rows) {
  const std::uint64_t align = alignment();
  const std::uint64_t start = checked_align(cursor_.position(), align, "the start of the data");
  std::uint64_t expected = 0;
  for (const Row& row : rows) {
    if (row.offset != expected)
      fail(ErrorCode::malformed, "[gguf] '{}': tensor {} is at offset {} where {} is due; the file is damaged", what_, quote(row.name),
           row.offset, expected);
    const std::uint64_t begin = checked_add(start, row.offset, "a tensor's begin");
    const std::uint64_t end = checked_add(begin, row.bytes, "a tensor's end");
    if (end > file_.size())
      fail(ErrorCode::malformed, "[gguf] tensor {} ends at byte {} of a {}-byte file; the download of '{}' is probably incomplete",
           quote(row.name), end, file_.size(), what_);
    container_.entries.push_back({std::string(row.name), row.format, row.shape, file_.part(begin, row.bytes)});
    expected = checked_align(checked_add(expected, row.bytes, "the sum of tensor sizes"), align, "the sum of tensor sizes");
  }
}

}  // namespace

Container parse_gguf(const Bytes& file, std::string_view what) { return Parser(file, what).parse(); }

}  // namespace tightrope::checkpoint
