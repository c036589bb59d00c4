// Rows of what templates can call: filters, tests, methods, functions.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "text/jinja/runtime.h"

namespace tightrope::text::jinja {

// `subject` is what stands before the bar, "is" or the dot; nothing (undefined) for a function.
struct NativeCall {
  Runtime& runtime;
  std::string_view name;
  const Value& subject;
  const Bound& bound;
  const Arguments& arguments;  // all of them, for those that take any number

  const Value* find(std::size_t index) const { return bound.find(index); }
  const Value& at(std::size_t index) const { return bound.at(index); }
  Integer integer(std::size_t index, Integer standard) const;
  bool truth(std::size_t index, bool standard) const;
};

struct Native {
  std::string_view name;
  std::string_view parameters;  // as Bound reads them
  Value (*call)(const NativeCall& call);
};

using Natives = std::span<const Native>;

Natives filters();
Natives text_filters();
Natives sequence_filters();
Natives tests();
Natives functions();
Natives text_methods();
Natives list_methods();
Natives dict_methods();

const Native* find_native(Natives rows, std::string_view name);
std::string names_of(Natives rows);
Value call_native(Runtime& runtime, const Native& row, const Value& subject, const Arguments& arguments);

// What a filter or test does with items when it looks at an attribute of them: "a.b.0". Nothing for none.
Value attribute_path(Runtime& runtime, const Value& item, const Value& path);

}  // namespace tightrope::text::jinja
