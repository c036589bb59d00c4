// The safetensors reader: the header is checked as a whole (types, ranges, no hole, no overlap) before any tensor becomes visible.
#include <algorithm>

#include "base/checked.h"
#include "base/file.h"
#include "base/json.h"
#include "checkpoint/cursor.h"
#include "checkpoint/names.h"
#include "checkpoint/refuse.h"
#include "checkpoint/safetensors.h"
#include "checkpoint/safetensors_layout.h"

namespace tightrope::checkpoint {
namespace {

using namespace safetensors;

// Types the format knows and nothing here can hold.
constexpr std::string_view kForeignTypes[] = {"U16",         "U32",     "U64",     "F8_E4M3", "F8_E5M2", "F8_E4M3FNUZ",
                                              "F8_E5M2FNUZ", "F8_E8M0", "F6_E2M3", "F6_E3M2", "F4",      "C64"};

// One tensor of the header, before its range is known to be good.
struct Row {
  const std::string* name = nullptr;
  const formats::Format* format = nullptr;
  Shape shape;
  std::uint64_t begin = 0, end = 0;  // in the data
};

class Parser {
 public:
  Parser(const Bytes& file, std::string_view what) : file_(file), what_(what), cursor_(file.view(), "safetensors", what) {}
  Container parse();

 private:
  Json read_header();
  void read_metadata(const Json& metadata);
  Row read_row(const std::string& name, const Json& value) const;
  const formats::Format* read_format(const std::string& name, const Json& value) const;
  std::vector<std::uint64_t> read_numbers(const std::string& name, std::string_view key, const Json& value, std::size_t limit) const;
  void place(std::vector<Row> rows);
  template <class... Arguments>
  [[noreturn]] void refuse(const std::string& name, fmt::format_string<Arguments...> rule, Arguments&&... arguments) const {
    fail(ErrorCode::malformed, "[safetensors] '{}': tensor {} {}; the file is damaged", what_, quote(name),
         fmt::format(rule, std::forward<Arguments>(arguments)...));
  }

  const Bytes& file_;
  std::string_view what_;
  Cursor cursor_;
  Container container_;
};

Container Parser::parse() {
  const Json header = read_header();
  std::vector<Row> rows;
  for (const auto& [name, value] : header.as_object("a safetensors header")) {
    if (name == kMetadataKey)
      read_metadata(value);
    else
      rows.push_back(read_row(name, value));
  }
  place(std::move(rows));
  return std::move(container_);
}

Json Parser::read_header() {
  refuse_other_kinds(file_.view(), "safetensors", what_);
  const auto length = cursor_.number<std::uint64_t>("the header's length");
  if (length > kMaxHeaderBytes)
    fail(ErrorCode::malformed, "[safetensors] '{}': the header is {} bytes long, the limit is {}; it is not a safetensors file or damaged",
         what_, length, kMaxHeaderBytes);
  const auto bytes = cursor_.take(length, "the header");
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  text = text.substr(0, text.find_last_not_of(' ') + 1);  // padding
  if (!text.starts_with('{') || !text.ends_with('}'))
    fail(ErrorCode::malformed, "[safetensors] '{}': the header is not one JSON object; it is not a safetensors file or damaged", what_);
  return Json::parse(text, fmt::format("the header of '{}'", what_));
}

void Parser::read_metadata(const Json& metadata) {
  if (!metadata.is_object()) fail(ErrorCode::malformed, "[safetensors] '{}': __metadata__ is not an object; the file is damaged", what_);
  for (const auto& [key, value] : metadata.as_object(kMetadataKey)) {
    if (!value.is_string())
      fail(ErrorCode::malformed, "[safetensors] '{}': the value of {} in __metadata__ is not a string; the file is damaged", what_,
           quote(key));
    container_.metadata.set(key, {value.as_string(kMetadataKey)});
  }
}

Row Parser::read_row(const std::string& name, const Json& value) const {
  if (!is_clean_name(name))
    fail(ErrorCode::malformed, "[safetensors] '{}': the tensor name {} is empty or holds a NUL; the file is damaged", what_, quote(name));
  const Json *dtype = value.find("dtype"), *shape = value.find("shape"), *offsets = value.find("data_offsets");
  if (!dtype || !shape || !offsets || value.as_object("a tensor").size() != 3)
    refuse(name, "does not have exactly the keys dtype, shape and data_offsets");
  Row row;
  row.name = &name;
  row.format = read_format(name, *dtype);
  const auto extents = read_numbers(name, "shape", *shape, 64);
  if (extents.size() > Shape::kMaxRank)
    fail(ErrorCode::unsupported, "[safetensors] '{}': tensor {} has {} dimensions, at most {} are supported", what_, quote(name),
         extents.size(), Shape::kMaxRank);
  row.shape = Shape(extents);
  const auto range = read_numbers(name, "data_offsets", *offsets, 2);
  if (range.size() != 2) refuse(name, "does not have two data_offsets");
  row.begin = range[0];
  row.end = range[1];
  if (row.begin > row.end) refuse(name, "begins at {} and ends before, at {}", row.begin, row.end);
  const std::uint64_t bytes = formats::bytes_of(*row.format, row.shape.elements());
  if (row.end - row.begin != bytes)
    refuse(name, "is {} {}, {} bytes, but its range holds {}", row.format->name, row.shape.text(), bytes, row.end - row.begin);
  return row;
}

const formats::Format* Parser::read_format(const std::string& name, const Json& value) const {
  if (!value.is_string()) refuse(name, "has a dtype that is not a string");
  const std::string& dtype = value.as_string("dtype");
  if (const formats::Format* format = formats::find_safetensors_dtype(dtype)) return format;
  if (std::find(std::begin(kForeignTypes), std::end(kForeignTypes), dtype) == std::end(kForeignTypes))
    refuse(name, "has the unknown dtype {}", quote(dtype));
  fail(ErrorCode::unsupported, "[safetensors] '{}': tensor {} is of dtype {}, which is not supported; start from the original checkpoint",
       what_, quote(name), dtype);
}

std::vector<std::uint64_t> Parser::read_numbers(const std::string& name, std::string_view key, const Json& value, std::size_t limit) const {
  if (!value.is_array() || value.as_array(key).size() > limit)
    refuse(name, "has a {} that is not an array of at most {} numbers", key, limit);
  std::vector<std::uint64_t> numbers;
  for (const Json& number : value.as_array(key)) {
    if (!number.is_integer()) refuse(name, "has a {} with something else than integers in it", key);
    numbers.push_back(number.as_uint(fmt::format("{} of tensor {}", key, quote(name))));
  }
  return numbers;
}

// In the order of their ranges the tensors must cover the data without a hole or an overlap, to the last byte.
void Parser::place(std::vector<Row> rows) {
  std::sort(rows.begin(), rows.end(),
            [](const Row& a, const Row& b) { return std::tie(a.begin, a.end, *a.name) < std::tie(b.begin, b.end, *b.name); });
  const std::uint64_t start = cursor_.position(), available = cursor_.remaining();
  std::uint64_t expected = 0;
  for (const Row& row : rows) {
    if (row.begin != expected)
      refuse(*row.name, "begins at {} where the one before ends at {}: a {}", row.begin, expected,
             row.begin > expected ? "hole" : "overlap");
    if (row.end > available)
      fail(ErrorCode::malformed, "[safetensors] tensor {} ends at byte {} of a {}-byte file; the download of '{}' is probably incomplete",
           quote(*row.name), checked_add(start, row.end, "a tensor's end"), file_.size(), what_);
    container_.entries.push_back({*row.name, row.format, row.shape, file_.part(start + row.begin, row.end - row.begin)});
    expected = row.end;
  }
  if (expected != available)
    fail(ErrorCode::malformed, "[safetensors] '{}' goes on for {} bytes after its last tensor; the file is damaged", what_,
         available - expected);
}

}  // namespace

Container parse_safetensors(const Bytes& file, std::string_view what) { return Parser(file, what).parse(); }

Container read_safetensors(const std::filesystem::path& file) { return parse_safetensors(map_file(file), file.string()); }

}  // namespace tightrope::checkpoint
