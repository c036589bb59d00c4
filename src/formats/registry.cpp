// The list of formats as a table, and the ways to look one up.
#include <algorithm>
#include <array>

#include "base/checked.h"
#include "formats/format.h"

namespace tightrope::formats {

#define FORMAT(name) extern const Format name;
#include "formats/list.inc"
#undef FORMAT

namespace {

constexpr const Format* kFormats[] = {
#define FORMAT(name) &name,
#include "formats/list.inc"
#undef FORMAT
};

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

template <class Predicate>
const Format* find_if(Predicate predicate) {
  const auto found = std::find_if(std::begin(kFormats), std::end(kFormats), [&](const Format* format) { return predicate(*format); });
  return found == std::end(kFormats) ? nullptr : *found;
}

}  // namespace

std::span<const Format* const> all() { return kFormats; }

const Format* find(std::string_view name) {
  return find_if([&](const Format& format) { return same_name(format.name, name); });
}

const Format* find_gguf_type(std::uint32_t type) {
  return find_if([&](const Format& format) { return format.gguf_type >= 0 && static_cast<std::uint32_t>(format.gguf_type) == type; });
}

const Format* find_safetensors_dtype(std::string_view dtype) {
  return find_if([&](const Format& format) { return !format.safetensors_dtype.empty() && format.safetensors_dtype == dtype; });
}

const Format& get(std::string_view name) {
  if (const Format* format = find(name)) return *format;
  std::string known;
  for (const Format* format : all())
    if (format->kind != Kind::integer) known += fmt::format("{}{}", known.empty() ? "" : ", ", format->name);
  fail(ErrorCode::not_found, "[formats] there is no weight format '{}'; known are {}", name, known);
}

std::uint64_t bytes_of(const Format& format, std::uint64_t elements) {
  if (elements % format.block_elements != 0)
    fail(ErrorCode::malformed, "[formats] {} elements are no whole number of {}'s blocks of {}", elements, format.name,
         format.block_elements);
  return checked_multiply(elements / format.block_elements, format.block_bytes, "the size of a tensor");
}

}  // namespace tightrope::formats
