// Filters on sequences and mappings, as rows. Those that Python makes generators are walked as lazily here.
#include <algorithm>
#include <array>

#include "text/jinja/characters.h"
#include "text/jinja/format.h"
#include "text/jinja/native.h"
#include "text/jinja/operators.h"

namespace tightrope::text::jinja {
namespace {

Value without_case(Runtime& runtime, const Value& value) {
  return value.is_text() ? runtime.text(lower(runtime.budget(), *value.text())) : value;
}

Value none_or(const NativeCall& call, std::size_t index) { return call.find(index) == nullptr ? Value(None{}) : call.at(index); }

// What items are ordered by: an attribute of them or they themselves.
Value sort_key(const NativeCall& call, const Value& item, const Value& path, bool case_sensitive) {
  const Value key = attribute_path(call.runtime, item, path);
  return case_sensitive ? key : without_case(call.runtime, key);
}

// Several attributes, separated by commas.
Value sort_keys(const NativeCall& call, const Value& item, const Value& paths, bool case_sensitive) {
  const Text* text = paths.text();
  if (text == nullptr) return call.runtime.list({sort_key(call, item, paths, case_sensitive)});
  std::vector<Value> keys;
  for (std::string_view rest = text->bytes;;) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    keys.push_back(sort_key(call, item, call.runtime.text(rest.substr(0, end)), case_sensitive));
    if (end == rest.size()) return call.runtime.list(std::move(keys));
    rest.remove_prefix(end + 1);
  }
}

// Python's sort is stable, and stays so when reversed.
std::vector<Value> sorted_by(const NativeCall& call, const std::vector<Value>& items, const std::vector<Value>& keys, bool reverse) {
  std::vector<std::size_t> order(items.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    return reverse ? less(call.runtime, keys[b], keys[a]) : less(call.runtime, keys[a], keys[b]);
  });
  std::vector<Value> sorted;
  sorted.reserve(order.size());
  for (const std::size_t i : order) sorted.push_back(items[i]);
  return sorted;
}

Value sort(const NativeCall& call) {
  const std::vector<Value> items = call.runtime.items(call.subject);
  std::vector<Value> keys;
  keys.reserve(items.size());
  for (const Value& item : items) keys.push_back(sort_keys(call, item, none_or(call, 2), call.truth(1, false)));
  return call.runtime.list(sorted_by(call, items, keys, call.truth(0, false)));
}

Value dictsort(const NativeCall& call) {
  if (call.subject.is_undefined()) call.runtime.refuse_undefined(call.subject);
  const Dict* dict = call.subject.dict();
  if (dict == nullptr) call.runtime.refuse("dictsort() wants a dict, not {}", call.subject.type_name());
  const std::string by = call.find(1) == nullptr ? "key" : text_argument(call.runtime, call.at(1), call.name).bytes;
  if (by != "key" && by != "value") call.runtime.refuse("You can only sort by either \"key\" or \"value\"");
  std::vector<Value> items, keys;
  for (const auto& [key, value] : dict->entries) {
    items.push_back(call.runtime.tuple({key, value}));
    keys.push_back(sort_key(call, by == "key" ? key : value, None{}, call.truth(0, false)));
  }
  return call.runtime.list(sorted_by(call, items, keys, call.truth(2, false)));
}

// The least or greatest; the first of equals.
Value extreme(const NativeCall& call, bool greatest) {
  const std::vector<Value> items = call.runtime.items(call.subject);
  if (items.empty()) return call.runtime.undefined("No aggregated item, sequence was empty.");
  Value best = items.front(), best_key = sort_key(call, best, none_or(call, 1), call.truth(0, false));
  for (std::size_t i = 1; i < items.size(); ++i) {
    Value key = sort_key(call, items[i], none_or(call, 1), call.truth(0, false));
    if (greatest ? less(call.runtime, best_key, key) : less(call.runtime, key, best_key)) best = items[i], best_key = std::move(key);
  }
  return best;
}

Value first(const NativeCall& call) {
  const std::optional<Value> item = call.runtime.source(call.subject)();
  return item ? *item : call.runtime.undefined("No first item, sequence was empty.");
}

Value last(const NativeCall& call) {
  if (call.subject.is<std::shared_ptr<Iterator>>()) call.runtime.refuse("'{}' object is not reversible", call.subject.type_name());
  const std::vector<Value> items = call.runtime.items(call.subject);
  return items.empty() ? call.runtime.undefined("No last item, sequence was empty.") : items.back();
}

Value length(const NativeCall& call) {
  const std::optional<std::uint64_t> size = call.runtime.length(call.subject);
  if (!size) call.runtime.refuse("object of type '{}' has no len()", call.subject.type_name());
  return static_cast<Integer>(*size);
}

Value join(const NativeCall& call) {
  Runtime& runtime = call.runtime;
  const MarkedText separator = call.find(0) == nullptr ? MarkedText{} : str(runtime, call.at(0));
  TextWriter writer(runtime.budget());
  const Source next = runtime.source(call.subject);
  bool start = true;
  while (const std::optional<Value> item = next()) {
    if (!start) writer.append(separator);
    start = false;
    writer.append(str(runtime, attribute_path(runtime, *item, none_or(call, 1))));
  }
  return runtime.text(writer.take());
}

Value items(const NativeCall& call) {
  if (call.subject.is_undefined()) return call.runtime.iterator("generator", call.subject, [] { return std::optional<Value>(); });
  const auto* dict = call.subject.get_if<std::shared_ptr<const Dict>>();
  if (dict == nullptr) call.runtime.refuse("Can only get item pairs from a mapping.");
  return call.runtime.iterator("generator", call.subject, call.runtime.source(View{*dict, View::Side::items}));
}

Value reverse(const NativeCall& call) {
  if (call.subject.is_text()) return call.runtime.slice(call.subject, None{}, None{}, Integer{-1});
  std::vector<Value> all = call.runtime.items(call.subject);
  std::ranges::reverse(all);
  Value reversed = call.runtime.list(std::move(all));
  if (call.subject.is<std::shared_ptr<Iterator>>()) return reversed;
  return call.runtime.iterator("list_reverseiterator", reversed, call.runtime.source(reversed));
}

Value unique(const NativeCall& call) {
  std::vector<Value> seen, kept;
  for (const Value& item : call.runtime.items(call.subject)) {
    Value key = sort_key(call, item, none_or(call, 1), call.truth(0, false));
    if (std::ranges::any_of(seen, [&](const Value& other) { return equal(call.runtime, other, key); })) continue;
    seen.push_back(std::move(key));
    kept.push_back(item);
  }
  const Value list = call.runtime.list(std::move(kept));
  return call.runtime.iterator("generator", list, call.runtime.source(list));
}

Value sum(const NativeCall& call) {
  Value total = call.find(1) == nullptr ? Value(Integer{0}) : call.at(1);
  for (const Value& item : call.runtime.items(call.subject))
    total = find_binary_operator("+")->apply(call.runtime, total, attribute_path(call.runtime, item, none_or(call, 0)));
  return total;
}

// Lists of `size` items, the last one filled up when a filling is given.
Value batch(const NativeCall& call) {
  const Integer size = call.integer(0, 1);
  if (size < 1) call.runtime.refuse("batch() wants a positive number");
  std::vector<Value> rows, row;
  for (const Value& item : call.runtime.items(call.subject)) {
    row.push_back(item);
    if (static_cast<Integer>(row.size()) == size) rows.push_back(call.runtime.list(std::exchange(row, {})));
  }
  if (!row.empty()) {
    const Value filling = none_or(call, 1);
    if (!filling.is_none() && size > static_cast<Integer>(call.runtime.budget().limits().range_items))
      call.runtime.refuse("batch() is too large");
    while (!filling.is_none() && static_cast<Integer>(row.size()) < size) row.push_back(filling);
    rows.push_back(call.runtime.list(std::move(row)));
  }
  const Value list = call.runtime.list(std::move(rows));
  return call.runtime.iterator("generator", list, call.runtime.source(list));
}

Arguments without_first(const Arguments& arguments, std::size_t count) {
  Arguments rest{.positional = {}, .named = arguments.named};
  if (arguments.positional.size() > count)
    rest.positional.assign(arguments.positional.begin() + static_cast<std::ptrdiff_t>(count), arguments.positional.end());
  return rest;
}

Source mapped_attribute(const NativeCall& call) {
  Value path = None{}, standard;
  for (const auto& [name, value, from_user] : call.arguments.named) {
    if (name != "attribute" && name != "default") call.runtime.refuse("Unexpected keyword argument '{}'", name);
    (name == "attribute" ? path : standard) = value;
  }
  return [&runtime = call.runtime, next = call.runtime.source(call.subject), path, standard]() -> std::optional<Value> {
    const std::optional<Value> item = next();
    if (!item) return std::nullopt;
    const Value found = attribute_path(runtime, *item, path);
    return found.is_undefined() && !standard.is_undefined() && !standard.is_none() ? standard : found;
  };
}

Value map(const NativeCall& call) {
  if (!is_true(call.subject)) return call.runtime.iterator("generator", Value(), [] { return std::optional<Value>(); });
  const bool by_attribute = std::ranges::any_of(call.arguments.named, [](const auto& argument) { return argument.name == "attribute"; });
  if (call.arguments.positional.empty() && by_attribute) return call.runtime.iterator("generator", call.subject, mapped_attribute(call));
  if (call.arguments.positional.empty()) call.runtime.refuse("map requires a filter argument");
  const std::string name = text_argument(call.runtime, call.arguments.positional[0], call.name).bytes;
  const Source next = call.runtime.source(call.subject);
  return call.runtime.iterator("generator", call.subject,
                               [&runtime = call.runtime, next, name, rest = without_first(call.arguments, 1)]() -> std::optional<Value> {
                                 const std::optional<Value> item = next();
                                 return item ? std::optional(runtime.filter(name, *item, rest)) : std::nullopt;
                               });
}

// select, reject and the same by an attribute: keeps items whose test says `wanted`.
Value selected(const NativeCall& call, bool wanted, bool by_attribute) {
  if (!is_true(call.subject)) return call.runtime.iterator("generator", Value(), [] { return std::optional<Value>(); });
  const std::size_t skip = by_attribute ? 1 : 0;
  const std::vector<Value>& given = call.arguments.positional;
  if (given.size() < skip) call.runtime.refuse("Missing parameter for attribute name");
  const Value path = by_attribute ? given[0] : Value(None{});
  const std::string test = given.size() > skip ? text_argument(call.runtime, given[skip], call.name).bytes : "";
  const auto holds = [&runtime = call.runtime, path, test, rest = without_first(call.arguments, skip + 1)](const Value& item) {
    const Value value = attribute_path(runtime, item, path);
    return test.empty() ? is_true(value) : runtime.test(test, value, rest);
  };
  return call.runtime.iterator("generator", call.subject,
                               [holds, wanted, next = call.runtime.source(call.subject)]() -> std::optional<Value> {
                                 while (std::optional<Value> item = next())
                                   if (holds(*item) == wanted) return item;
                                 return std::nullopt;
                               });
}

constexpr std::array kRows = {
    Native{"batch", "linecount [fill_with]", batch},
    Native{"count", "", length},
    Native{"dictsort", "[case_sensitive] [by] [reverse]", dictsort},
    Native{"first", "", first},
    Native{"items", "", items},
    Native{"join", "[d] [attribute]", join},
    Native{"last", "", last},
    Native{"length", "", length},
    Native{"list", "", [](const NativeCall& call) { return call.runtime.list(call.runtime.items(call.subject)); }},
    Native{"map", "*", map},
    Native{"max", "[case_sensitive] [attribute]", [](const NativeCall& call) { return extreme(call, true); }},
    Native{"min", "[case_sensitive] [attribute]", [](const NativeCall& call) { return extreme(call, false); }},
    Native{"reject", "*", [](const NativeCall& call) { return selected(call, false, false); }},
    Native{"rejectattr", "*", [](const NativeCall& call) { return selected(call, false, true); }},
    Native{"reverse", "", reverse},
    Native{"select", "*", [](const NativeCall& call) { return selected(call, true, false); }},
    Native{"selectattr", "*", [](const NativeCall& call) { return selected(call, true, true); }},
    Native{"sort", "[reverse] [case_sensitive] [attribute]", sort},
    Native{"sum", "[attribute] [start]", sum},
    Native{"unique", "[case_sensitive] [attribute]", unique},
};

}  // namespace

Natives sequence_filters() { return kRows; }

}  // namespace tightrope::text::jinja
