// What values know about themselves.
#include "text/jinja/value.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "text/jinja/loop.h"

namespace tightrope::text::jinja {
namespace {

constexpr std::array kTypeNames = {"Undefined", "NoneType", "bool", "int",       "float",    "str",         "list",
                                   "dict",      "range",    "view", "generator", "function", "LoopContext", "Namespace"};
static_assert(kTypeNames.size() == std::variant_size_v<Value::Storage>);
constexpr std::array kViewNames = {"dict_keys", "dict_values", "dict_items"};

unsigned checked_depth(Budget& budget, unsigned depth) {
  if (depth > budget.limits().value_depth)
    fail(ErrorCode::malformed, "[template] values lie deeper in one another than the limit of {}", budget.limits().value_depth);
  return depth;
}

unsigned depth_over(const std::vector<Value>& items) {
  unsigned depth = 0;
  for (const Value& item : items) depth = std::max(depth, item.depth());
  return depth + 1;
}

unsigned depth_over(const std::vector<Dict::Entry>& entries) {
  unsigned depth = 0;
  for (const auto& [key, value] : entries) depth = std::max({depth, key.depth(), value.depth()});
  return depth + 1;
}

}  // namespace

std::uint64_t Range::size() const {
  if (step > 0 && start < stop)
    return (static_cast<std::uint64_t>(stop) - static_cast<std::uint64_t>(start) - 1) / static_cast<std::uint64_t>(step) + 1;
  if (step < 0 && start > stop)
    return (static_cast<std::uint64_t>(start) - static_cast<std::uint64_t>(stop) - 1) / (0 - static_cast<std::uint64_t>(step)) + 1;
  return 0;
}

const Text* Value::text() const {
  const auto* pointer = get_if<TextPointer>();
  return pointer == nullptr ? nullptr : pointer->get();
}

const List* Value::list() const {
  const auto* pointer = get_if<std::shared_ptr<const List>>();
  return pointer == nullptr ? nullptr : pointer->get();
}

const Dict* Value::dict() const {
  const auto* pointer = get_if<std::shared_ptr<const Dict>>();
  return pointer == nullptr ? nullptr : pointer->get();
}

std::string_view Value::type_name() const {
  if (const Text* string = text()) return string->safe ? "Markup" : "str";
  if (const List* sequence = list()) return sequence->tuple ? "tuple" : "list";
  if (const auto* view = get_if<View>()) return kViewNames[static_cast<std::size_t>(view->side)];
  if (const auto* iterator = get_if<std::shared_ptr<Iterator>>()) return (*iterator)->type;
  if (const auto* function = get_if<std::shared_ptr<const Function>>()) return (*function)->type;
  return kTypeNames[storage_.index()];
}

unsigned Value::depth() const {
  if (const List* sequence = list()) return sequence->depth;
  if (const Dict* mapping = dict()) return mapping->depth;
  if (const auto* view = get_if<View>()) return view->dict->depth + 1;
  if (const auto* iterator = get_if<std::shared_ptr<Iterator>>()) return (*iterator)->depth;
  if (const auto* function = get_if<std::shared_ptr<const Function>>()) return (*function)->depth;
  if (const auto* loop = get_if<std::shared_ptr<Loop>>()) return (*loop)->depth;
  return 0;
}

List::List(Budget& budget, std::vector<Value> values, bool is_tuple)
    : items(std::move(values)),
      tuple(is_tuple),
      depth(checked_depth(budget, depth_over(items))),
      charge(budget, items.size() * sizeof(Value) + 64) {}

Dict::Dict(Budget& budget, std::vector<Entry> list)
    : entries(std::move(list)), depth(checked_depth(budget, depth_over(entries))), charge(budget, entries.size() * sizeof(Entry) + 64) {}

const Value* Dict::find(std::string_view key) const {
  const auto found = std::ranges::find_if(entries, [&](const Entry& entry) {
    const Text* text = entry.first.text();
    return text != nullptr && text->bytes == key;
  });
  return found == entries.end() ? nullptr : &found->second;
}

}  // namespace tightrope::text::jinja
