// The attributes of `loop`, as rows.
#include "text/jinja/loop.h"

#include <algorithm>
#include <array>

#include "text/jinja/operators.h"
#include "text/jinja/runtime.h"

namespace tightrope::text::jinja {
namespace {

using LoopPointer = std::shared_ptr<Loop>;

Value cycled(Runtime& runtime, const LoopPointer& loop, const Arguments& arguments) {
  if (arguments.positional.empty()) runtime.refuse("no items for cycling given");
  return arguments.positional[static_cast<std::size_t>(loop->index0) % arguments.positional.size()];
}

Value changed(Runtime& runtime, const LoopPointer& loop, const Arguments& arguments) {
  const Value now = runtime.tuple(arguments.positional);
  if (loop->changed && equal(runtime, *loop->changed, now)) return false;
  if (!loop->changed) runtime.keep(loop);
  loop->changed = now;
  return true;
}

Value method(Runtime& runtime, const LoopPointer& loop, std::string name, Value (*call)(Runtime&, const LoopPointer&, const Arguments&)) {
  return runtime.function(std::move(name), "method", loop->depth + 1,
                          [loop, call](Runtime& with, const Arguments& arguments) { return call(with, loop, arguments); });
}

struct Row {
  std::string_view name;
  Value (*read)(Runtime& runtime, const LoopPointer& loop);
};

constexpr std::array kRows = {
    Row{"index", [](Runtime&, const LoopPointer& loop) -> Value { return Integer{loop->index0 + 1}; }},
    Row{"index0", [](Runtime&, const LoopPointer& loop) -> Value { return Integer{loop->index0}; }},
    Row{"first", [](Runtime&, const LoopPointer& loop) -> Value { return loop->index0 == 0; }},
    Row{"last", [](Runtime&, const LoopPointer& loop) -> Value { return !loop->peek().has_value(); }},
    Row{"length", [](Runtime&, const LoopPointer& loop) -> Value { return static_cast<Integer>(loop->total_length()); }},
    Row{"revindex", [](Runtime&, const LoopPointer& loop) -> Value { return static_cast<Integer>(loop->total_length()) - loop->index0; }},
    Row{"revindex0",
        [](Runtime&, const LoopPointer& loop) -> Value { return static_cast<Integer>(loop->total_length()) - loop->index0 - 1; }},
    Row{"depth", [](Runtime&, const LoopPointer& loop) -> Value { return Integer{loop->nesting} + 1; }},
    Row{"depth0", [](Runtime&, const LoopPointer& loop) -> Value { return Integer{loop->nesting}; }},
    Row{"previtem",
        [](Runtime& runtime, const LoopPointer& loop) -> Value {
          return loop->previous ? *loop->previous : runtime.undefined("there is no previous item");
        }},
    Row{"nextitem",
        [](Runtime& runtime, const LoopPointer& loop) -> Value {
          const std::optional<Value>& next = loop->peek();
          return next ? *next : runtime.undefined("there is no next item");
        }},
    Row{"cycle", [](Runtime& runtime, const LoopPointer& loop) { return method(runtime, loop, "cycle", cycled); }},
    Row{"changed", [](Runtime& runtime, const LoopPointer& loop) { return method(runtime, loop, "changed", changed); }},
};

}  // namespace

std::optional<Value> loop_attribute(Runtime& runtime, const LoopPointer& loop, std::string_view name) {
  const auto found = std::ranges::find(kRows, name, &Row::name);
  return found == kRows.end() ? std::nullopt : std::optional(found->read(runtime, loop));
}

}  // namespace tightrope::text::jinja
