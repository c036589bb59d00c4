// The safetensors reader: the header is checked as a whole (types, ranges, no hole, no overlap) before any tensor becomes visible.
#include <algorithm>
#include <array>
#include <deque>
#include <set>
#include <utility>

#include "base/checked.h"
#include "base/file.h"
#include "checkpoint/cursor.h"
#include "checkpoint/header_text.h"
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

// More tensors than any model has in one file, and more of names and metadata: limits on what a hostile header can cost.
constexpr std::uint64_t kMaxTensors = std::uint64_t{1} << 18, kMaxMetadataKeys = std::uint64_t{1} << 16;
constexpr std::uint64_t kMaxTextBytes = std::uint64_t{16} << 20;

// One tensor of the header, before its range is known to be good.
struct Row {
  std::string name;
  const formats::Format* format = nullptr;
  Shape shape;
  std::uint64_t begin = 0, end = 0;  // in the data
};

class Parser {
 public:
  Parser(const Bytes& file, std::string_view what) : file_(file), what_(what), cursor_(file.view(), "safetensors", what) {}
  Container parse();

 private:
  HeaderText header_text();
  void read_header(HeaderText text);
  void read_member(HeaderText& text);
  void read_metadata(HeaderText& text);
  Row read_row(std::string name, HeaderText& text) const;
  const formats::Format* read_format(const std::string& name, HeaderText& text) const;
  Shape read_shape(const std::string& name, HeaderText& text) const;
  void read_range(const std::string& name, HeaderText& text, Row& row) const;
  void check_names() const;
  void place();
  template <class... Arguments>
  [[noreturn]] void refuse(const std::string& name, fmt::format_string<Arguments...> rule, Arguments&&... arguments) const {
    fail(ErrorCode::malformed, "[safetensors] '{}': tensor {} {}; the file is damaged", what_, quote(name),
         fmt::format(rule, std::forward<Arguments>(arguments)...));
  }

  const Bytes& file_;
  std::string_view what_;
  Cursor cursor_;
  bool has_metadata_ = false;
  std::deque<Row> rows_;  // which never needs twice its memory to grow
  Container container_;
};

Container Parser::parse() {
  read_header(header_text());
  check_names();
  place();
  return std::move(container_);
}

HeaderText Parser::header_text() {
  refuse_other_kinds(file_.view(), "safetensors", what_);
  const auto length = cursor_.number<std::uint64_t>("the header's length");
  if (length > kMaxHeaderBytes)
    fail(ErrorCode::malformed, "[safetensors] '{}': the header is {} bytes long, the limit is {}; it is not a safetensors file or damaged",
         what_, length, kMaxHeaderBytes);
  const std::uint64_t begin = cursor_.position();
  const auto bytes = cursor_.take(length, "the header");
  if (bytes.empty() || static_cast<char>(bytes.front()) != '{')
    fail(ErrorCode::malformed, "[safetensors] '{}': the header is not one JSON object; it is not a safetensors file or damaged", what_);
  return HeaderText(file_.part(begin, length), what_, kMaxTextBytes);
}

void Parser::read_header(HeaderText text) {
  text.expect('{');
  if (!text.accept('}')) {
    do {
      read_member(text);
    } while (text.another('}'));
  }
  text.expect_end();
}

void Parser::read_member(HeaderText& text) {
  std::string name = text.string();
  text.expect(':');
  if (name == kMetadataKey) {
    if (std::exchange(has_metadata_, true)) text.refuse("it holds __metadata__ twice");
    return read_metadata(text);
  }
  if (rows_.size() == kMaxTensors) text.refuse(fmt::format("it holds more than {} tensors", kMaxTensors));
  rows_.push_back(read_row(std::move(name), text));
}

void Parser::read_metadata(HeaderText& text) {
  if (!text.accept('{')) fail(ErrorCode::malformed, "[safetensors] '{}': __metadata__ is not an object; the file is damaged", what_);
  if (text.accept('}')) return;
  do {
    std::string key = text.string();
    text.expect(':');
    if (text.peek() != '"')
      fail(ErrorCode::malformed, "[safetensors] '{}': the value of {} in __metadata__ is not a string; the file is damaged", what_,
           quote(key));
    if (container_.metadata.find(key)) text.refuse(fmt::format("__metadata__ holds the key {} twice", quote(key)));
    if (container_.metadata.entries().size() == kMaxMetadataKeys)
      text.refuse(fmt::format("__metadata__ holds more than {} keys", kMaxMetadataKeys));
    container_.metadata.set(std::move(key), {text.string()});
  } while (text.another('}'));
}

Row Parser::read_row(std::string name, HeaderText& text) const {
  if (!is_clean_name(name))
    fail(ErrorCode::malformed, "[safetensors] '{}': the tensor name {} is empty or holds a NUL; the file is damaged", what_, quote(name));
  if (!text.accept('{')) refuse(name, "is not described by an object");
  Row row;
  std::set<std::string> keys;
  do {
    const std::string key = text.string();
    text.expect(':');
    if (!keys.insert(key).second) refuse(name, "has the key {} twice", quote(key));
    if (key == "dtype")
      row.format = read_format(name, text);
    else if (key == "shape")
      row.shape = read_shape(name, text);
    else if (key == "data_offsets")
      read_range(name, text, row);
    else
      refuse(name, "has the unknown key {}", quote(key));
  } while (text.another('}'));
  if (keys.size() != 3) refuse(name, "does not have the keys dtype, shape and data_offsets");
  const std::uint64_t bytes = formats::bytes_of(*row.format, row.shape.elements());
  if (row.end - row.begin != bytes)
    refuse(name, "is {} {}, {} bytes, but its range holds {}", row.format->name, row.shape.text(), bytes, row.end - row.begin);
  row.name = std::move(name);
  return row;
}

const formats::Format* Parser::read_format(const std::string& name, HeaderText& text) const {
  if (text.peek() != '"') refuse(name, "has a dtype that is not a string");
  const std::string dtype = text.string();
  if (const formats::Format* format = formats::find_safetensors_dtype(dtype)) return format;
  if (std::find(std::begin(kForeignTypes), std::end(kForeignTypes), dtype) == std::end(kForeignTypes))
    refuse(name, "has the unknown dtype {}", quote(dtype));
  fail(ErrorCode::unsupported, "[safetensors] '{}': tensor {} is of dtype {}, which is not supported; start from the original checkpoint",
       what_, quote(name), dtype);
}

Shape Parser::read_shape(const std::string& name, HeaderText& text) const {
  std::array<std::uint64_t, Shape::kMaxRank> extents{};
  std::size_t rank = 0;
  if (!text.accept('[')) refuse(name, "has a shape that is no array");
  if (text.accept(']')) return Shape{};
  do {
    if (rank == extents.size())
      fail(ErrorCode::unsupported, "[safetensors] '{}': tensor {} has more than {} dimensions, which are not supported", what_, quote(name),
           Shape::kMaxRank);
    extents[rank++] = text.number();
  } while (text.another(']'));
  return Shape(std::span(extents).first(rank));
}

void Parser::read_range(const std::string& name, HeaderText& text, Row& row) const {
  text.expect('[');
  row.begin = text.number();
  text.expect(',');
  row.end = text.number();
  text.expect(']');
  if (row.begin > row.end) refuse(name, "begins at {} and ends before, at {}", row.begin, row.end);
}

void Parser::check_names() const {
  std::vector<std::string_view> names;
  names.reserve(rows_.size());
  for (const Row& row : rows_) names.push_back(row.name);
  std::sort(names.begin(), names.end());
  if (const auto twice = std::adjacent_find(names.begin(), names.end()); twice != names.end()) refuse(std::string(*twice), "appears twice");
}

// In the order of their ranges the tensors must cover the data without a hole or an overlap, to the last byte.
void Parser::place() {
  std::vector<const Row*> rows;
  rows.reserve(rows_.size());
  for (const Row& row : rows_) rows.push_back(&row);
  std::sort(rows.begin(), rows.end(),
            [](const Row* a, const Row* b) { return std::tie(a->begin, a->end, a->name) < std::tie(b->begin, b->end, b->name); });
  const std::uint64_t start = cursor_.position(), available = cursor_.remaining();
  std::uint64_t expected = 0;
  for (const Row* pointer : rows) {
    const Row& row = *pointer;
    if (row.begin != expected)
      refuse(row.name, "begins at {} where the one before ends at {}: a {}", row.begin, expected,
             row.begin > expected ? "hole" : "overlap");
    if (row.end > available)
      fail(ErrorCode::malformed, "[safetensors] tensor {} ends at byte {} of a {}-byte file; the download of '{}' is probably incomplete",
           quote(row.name), checked_add(start, row.end, "a tensor's end"), file_.size(), what_);
    container_.entries.push_back({row.name, row.format, row.shape, file_.part(start + row.begin, row.end - row.begin)});
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
