// GGUF metadata values: reading with limits, writing.
#include "checkpoint/gguf_values.h"

#include "base/checked.h"
#include "checkpoint/names.h"

namespace tightrope::checkpoint::gguf {
namespace {

// A Value costs some 50 bytes whatever it holds, so arrays of bytes and the like may not have unlimited elements. The largest in use (a
// SentencePiece character map) has a quarter of a million.
constexpr std::uint64_t kMaxGenericElements = std::uint64_t{1} << 20;

// The least a value of the type takes in a file; 0 for an unknown type.
std::uint64_t minimum_bytes(std::uint32_t type) {
  constexpr std::uint8_t kBytes[] = {1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8};
  return type < std::size(kBytes) ? kBytes[type] : 0;
}

bool to_bool(std::uint8_t byte, std::string_view field) {
  if (byte > 1)
    fail(ErrorCode::malformed, "[gguf] {} is a boolean with the value {}; only 0 and 1 are legal, the file is damaged", field, byte);
  return byte != 0;
}

}  // namespace

void ValueReader::charge(std::uint64_t bytes, std::string_view field) {
  charged_bytes_ = checked_add(charged_bytes_, bytes, "the memory that metadata take");
  if (charged_bytes_ > kMaxMetadataBytes)
    fail(ErrorCode::unsupported, "[gguf] {} brings the memory that metadata take above the limit of {} bytes; remove the key", field,
         kMaxMetadataBytes);
}

std::string ValueReader::read_string(std::string_view field) {
  const std::string_view text = cursor_.string(kMaxStringBytes, field);
  charge(text.size(), field);
  return std::string(text);
}

Value ValueReader::read(std::string_view field) {
  constexpr std::uint64_t kKeyBytes = 256;  // what a key with a small value costs
  charge(kKeyBytes, field);
  const auto type = cursor_.number<std::uint32_t>(field);
  return type == kArray ? read_array(1, field) : read_scalar(type, field);
}

Value ValueReader::read_scalar(std::uint32_t type, std::string_view field) {
  switch (type) {
    case kU8: return {cursor_.number<std::uint8_t>(field)};
    case kI8: return {cursor_.number<std::int8_t>(field)};
    case kU16: return {cursor_.number<std::uint16_t>(field)};
    case kI16: return {cursor_.number<std::int16_t>(field)};
    case kU32: return {cursor_.number<std::uint32_t>(field)};
    case kI32: return {cursor_.number<std::int32_t>(field)};
    case kF32: return {cursor_.number<float>(field)};
    case kBool: return {to_bool(cursor_.number<std::uint8_t>(field), field)};
    case kString: return {read_string(field)};
    case kU64: return {cursor_.number<std::uint64_t>(field)};
    case kI64: return {cursor_.number<std::int64_t>(field)};
    case kF64: return {cursor_.number<double>(field)};
    default:
      fail(ErrorCode::malformed, "[gguf] {} has the unknown value type {}; the file is damaged or newer than version 3", field, type);
  }
}

template <class Element>
Value ValueReader::read_numbers(std::uint64_t count, std::string_view field) {
  const auto bytes = cursor_.take(checked_multiply(count, sizeof(Element), "an array"), field);
  charge(bytes.size(), field);
  std::vector<Element> elements(count);
  if (count != 0) std::memcpy(elements.data(), bytes.data(), bytes.size());
  return {std::move(elements)};
}

Value ValueReader::read_array(unsigned depth, std::string_view field) {
  const auto type = cursor_.number<std::uint32_t>(field);
  const auto count = cursor_.number<std::uint64_t>(field);
  const std::uint64_t least = minimum_bytes(type);
  if (least == 0) fail(ErrorCode::malformed, "[gguf] {} is an array of the unknown value type {}; the file is damaged", field, type);
  if (count > kMaxArrayElements || count > cursor_.remaining() / least)
    fail(ErrorCode::malformed,
         "[gguf] {} is an array of {} elements, more than the rest of the file can hold; the download is probably incomplete", field,
         count);
  if (type == kI32) return read_numbers<std::int32_t>(count, field);
  if (type == kU32) return read_numbers<std::uint32_t>(count, field);
  if (type == kF32) return read_numbers<float>(count, field);
  if (type == kString) {
    charge(count * sizeof(std::string), field);  // count is at most 2^30
    std::vector<std::string> strings;
    strings.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i) strings.push_back(read_string(field));
    return {std::move(strings)};
  }
  if (type == kArray && depth == kMaxArrayDepth)
    fail(ErrorCode::malformed, "[gguf] {} nests arrays more than {} deep; the file is damaged", field, kMaxArrayDepth);
  generic_elements_ += count;  // count is below 2^30
  if (generic_elements_ > kMaxGenericElements)
    fail(ErrorCode::unsupported, "[gguf] {} brings the small and nested array elements to {}, the limit is {}; remove the key", field,
         generic_elements_, kMaxGenericElements);
  ValueArray elements;
  for (std::uint64_t i = 0; i < count; ++i) elements.push_back(type == kArray ? read_array(depth + 1, field) : read_scalar(type, field));
  return {.data = std::move(elements), .array_type = type};
}

namespace {

void write_payload(const Value& value, std::string_view key, ByteSink& sink);

// The payload of an array: element type, count, elements.
template <class Elements>
void write_array(const Elements& elements, std::uint32_t array_type, std::string_view key, ByteSink& sink) {
  using Element = typename Elements::value_type;
  constexpr bool kGeneric = std::is_same_v<Element, Value>;
  sink.number<std::uint32_t>(kGeneric ? array_type : kTypeOf<Element>);
  sink.number<std::uint64_t>(elements.size());
  for (const Element& element : elements) {
    if constexpr (kGeneric) {
      const auto type = std::visit([]<class T>(const T&) { return static_cast<std::uint32_t>(kTypeOf<T>); }, element.data);
      if (type != array_type)
        fail(ErrorCode::invalid_argument, "[gguf] the array of key {} announces type {} but holds type {}", quote(key), array_type, type);
      write_payload(element, key, sink);
    } else if constexpr (std::is_same_v<Element, std::string>) {
      sink.string(element);
    } else {
      sink.number(element);
    }
  }
}

void write_payload(const Value& value, std::string_view key, ByteSink& sink) {
  std::visit(
      [&]<class T>(const T& held) {
        if constexpr (std::is_same_v<T, std::string>)
          sink.string(held);
        else if constexpr (std::is_same_v<T, bool>)
          sink.number<std::uint8_t>(held ? 1 : 0);
        else if constexpr (std::is_arithmetic_v<T>)
          sink.number(held);
        else
          write_array(held, value.array_type, key, sink);
      },
      value.data);
}

}  // namespace

void write_value(const Value& value, std::string_view key, ByteSink& sink) {
  sink.number<std::uint32_t>(std::visit([]<class T>(const T&) { return static_cast<std::uint32_t>(kTypeOf<T>); }, value.data));
  write_payload(value, key, sink);
}

}  // namespace tightrope::checkpoint::gguf
