// The `loop` variable: where a for loop is, with one item of foresight.
#pragma once

#include <functional>
#include <optional>

#include "text/jinja/value.h"

namespace tightrope::text::jinja {

struct Loop {
  std::function<std::optional<Value>()> source;
  std::optional<std::uint64_t> length;  // once known
  std::int64_t index0 = -1;
  std::optional<Value> peeked, current, previous, changed;
  bool exhausted = false;                               // source has ended
  unsigned nesting = 0;                                 // how many times the loop has called itself
  unsigned depth = 0;                                   // of the value
  std::function<Value(const Value& iterable)> recurse;  // empty unless the loop is marked recursive

  bool advance();  // to the next item; false at the end
  const std::optional<Value>& peek();
  std::uint64_t total_length();
};

// loop.index and the like; nothing when there is no such attribute.
std::optional<Value> loop_attribute(Runtime& runtime, const std::shared_ptr<Loop>& loop, std::string_view name);

}  // namespace tightrope::text::jinja
