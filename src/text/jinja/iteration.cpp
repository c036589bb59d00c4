// Walking, measuring and slicing values.
#include <algorithm>
#include <optional>

#include "text/jinja/loop.h"
#include "text/jinja/operators.h"
#include "text/jinja/runtime.h"
#include "text/utf8.h"

namespace tightrope::text::jinja {
namespace {

Source list_source(Runtime& runtime, std::shared_ptr<const List> list) {
  return [&runtime, list = std::move(list), at = std::size_t{0}]() mutable -> std::optional<Value> {
    runtime.budget().spend(1);
    return at < list->items.size() ? std::optional(list->items[at++]) : std::nullopt;
  };
}

Source range_source(Runtime& runtime, Range range) {
  return [&runtime, range, at = std::uint64_t{0}]() mutable -> std::optional<Value> {
    runtime.budget().spend(1);
    return at < range.size() ? std::optional<Value>(Integer{range.at(at++)}) : std::nullopt;
  };
}

Source text_source(Runtime& runtime, TextPointer text) {
  return [&runtime, text = std::move(text), at = std::size_t{0}]() mutable -> std::optional<Value> {
    if (at == text->bytes.size()) return std::nullopt;
    TextWriter writer(runtime.budget());
    const std::size_t begin = at;
    at += code_point_at(text->bytes, at).bytes;
    writer.append(*text, begin, at);
    runtime.budget().spend(1);
    return runtime.text(writer.take());
  };
}

Source view_source(Runtime& runtime, View view) {
  return [&runtime, view = std::move(view), at = std::size_t{0}]() mutable -> std::optional<Value> {
    runtime.budget().spend(1);
    if (at == view.dict->entries.size()) return std::nullopt;
    const auto& [key, value] = view.dict->entries[at++];
    if (view.side == View::Side::keys) return key;
    return view.side == View::Side::values ? value : runtime.tuple({key, value});
  };
}

// Pairs of an item and the loop, as Python's LoopContext yields them.
Source loop_source(Runtime& runtime, std::shared_ptr<Loop> loop) {
  return [&runtime, loop = std::move(loop)]() -> std::optional<Value> {
    if (!loop->advance()) return std::nullopt;
    return runtime.tuple({*loop->current, Value(loop)});
  };
}

// Where Python's slices start and stop for a sequence of `size` items.
struct Bounds {
  Integer start, stop, step;
};

Bounds bounds_of(const Runtime& runtime, const Value& start, const Value& stop, const Value& step, Integer size) {
  const auto given = [&](const Value& value, Integer standard) {
    if (value.is_none()) return standard;
    const std::optional<Number> number = number_of(value);
    if (!number || number->is_real) runtime.refuse("slice indices must be integers or None, not {}", value.type_name());
    return number->integer;
  };
  const Integer wanted = given(step, 1);
  if (wanted == 0) runtime.refuse("slice step cannot be zero");
  const Integer by = std::clamp<Integer>(wanted, -size - 1, size + 1);  // a longer step leaves the sequence as well
  const Integer lowest = by < 0 ? -1 : 0, highest = by < 0 ? size - 1 : size;
  const auto clamped = [&](const Value& value, Integer standard) {
    if (value.is_none()) return standard;
    const Integer index = given(value, 0);
    return std::clamp(index < 0 ? std::max<Integer>(index, -size - 1) + size : index, lowest, highest);
  };
  return {clamped(start, by < 0 ? highest : lowest), clamped(stop, by < 0 ? lowest : highest), by};
}

}  // namespace

Source Runtime::source(const Value& value) {
  if (const auto* list = value.get_if<std::shared_ptr<const List>>()) return list_source(*this, *list);
  if (const auto* text = value.get_if<TextPointer>()) return text_source(*this, *text);
  if (const auto* dict = value.get_if<std::shared_ptr<const Dict>>()) return view_source(*this, {*dict, View::Side::keys});
  if (const auto* range = value.get_if<Range>()) return range_source(*this, *range);
  if (const auto* view = value.get_if<View>()) return view_source(*this, *view);
  if (const auto* loop = value.get_if<std::shared_ptr<Loop>>()) return loop_source(*this, *loop);
  if (const auto* iterator = value.get_if<std::shared_ptr<Iterator>>()) return [shared = *iterator] { return shared->next(); };
  if (value.is_undefined()) return [] { return std::optional<Value>(); };
  refuse("'{}' object is not iterable", value.type_name());
}

bool Runtime::is_iterable(const Value& value) const {
  return value.list() != nullptr || value.is_text() || value.dict() != nullptr || value.is<Range>() || value.is<View>() ||
         value.is<std::shared_ptr<Loop>>() || value.is<std::shared_ptr<Iterator>>() || value.is_undefined();
}

std::vector<Value> Runtime::items(const Value& value) {
  std::vector<Value> all;
  const Source next = source(value);
  const std::uint64_t limit = budget_.limits().memory_bytes / sizeof(Value);
  while (std::optional<Value> item = next()) {
    if (all.size() == limit) refuse("a list has more than {} items", limit);
    all.push_back(std::move(*item));
  }
  return all;
}

std::optional<std::uint64_t> Runtime::length(const Value& value) const {
  if (const List* list = value.list()) return list->items.size();
  if (const Text* text = value.text()) return text->length();
  if (const Dict* dict = value.dict()) return dict->entries.size();
  if (const auto* range = value.get_if<Range>()) return range->size();
  if (const auto* view = value.get_if<View>()) return view->dict->entries.size();
  if (const auto* loop = value.get_if<std::shared_ptr<Loop>>()) return (*loop)->total_length();
  if (value.is_undefined()) return 0;
  return std::nullopt;
}

Value Runtime::slice(const Value& object, const Value& start, const Value& stop, const Value& step) {
  if (object.is_undefined()) refuse_undefined(object);
  const Text* text = object.text();
  const List* whole = object.list();
  if (object.is<Range>()) unsupported("slices of a range are not supported; make a list of it first");
  if (text == nullptr && whole == nullptr) return undefined(fmt::format("{} object has no slices", object.type_name()));
  if (text != nullptr) budget_.spend(text->bytes.size() / 64);
  const auto size = static_cast<Integer>(*length(object));
  const Bounds bounds = bounds_of(*this, start, stop, step, size);
  std::vector<std::size_t> chosen;
  for (Integer i = bounds.start; bounds.step > 0 ? i < bounds.stop : i > bounds.stop; i += bounds.step)
    chosen.push_back(static_cast<std::size_t>(i));
  budget_.spend(chosen.size() / 8 + 1);
  if (whole != nullptr) {
    std::vector<Value> items;
    items.reserve(chosen.size());
    for (const std::size_t index : chosen) items.push_back(whole->items[index]);
    return list(std::move(items), whole->tuple);
  }
  TextWriter writer(budget_);
  if (!chosen.empty() && bounds.step == 1) {
    writer.append(*text, text->offset(chosen.front()), text->offset(chosen.back() + 1));
  } else if (!chosen.empty()) {
    std::vector<std::size_t> starts;
    for (std::size_t at = 0; at < text->bytes.size(); at += code_point_at(text->bytes, at).bytes) starts.push_back(at);
    for (const std::size_t index : chosen)
      writer.append(*text, starts[index], starts[index] + code_point_at(text->bytes, starts[index]).bytes);
  }
  return this->text(writer.take(text->safe));
}

bool Loop::advance() {
  peek();
  if (!peeked) return false;
  previous = std::exchange(current, std::exchange(peeked, std::nullopt));
  ++index0;
  return true;
}

const std::optional<Value>& Loop::peek() {
  if (!peeked && !exhausted) {
    peeked = source();
    exhausted = !peeked.has_value();
  }
  return peeked;
}

// What is left has to be walked to be counted; it is kept for the loop itself.
std::uint64_t Loop::total_length() {
  if (length) return *length;
  std::vector<Value> rest;
  if (peek()) rest.push_back(*peeked);
  while (std::optional<Value> item = exhausted ? std::nullopt : source()) rest.push_back(std::move(*item));
  exhausted = rest.empty();
  length = static_cast<std::uint64_t>(index0 + 1) + rest.size();
  peeked.reset();
  source = [rest = std::move(rest), at = std::size_t{0}]() mutable -> std::optional<Value> {
    return at < rest.size() ? std::optional(std::move(rest[at++])) : std::nullopt;
  };
  return *length;
}

}  // namespace tightrope::text::jinja
