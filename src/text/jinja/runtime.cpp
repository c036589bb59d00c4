// Making values, and the sandbox: what attributes and items there are.
#include "text/jinja/runtime.h"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "text/jinja/format.h"
#include "text/jinja/loop.h"
#include "text/jinja/native.h"
#include "text/jinja/operators.h"
#include "text/utf8.h"

namespace tightrope::text::jinja {
namespace {

// Methods that change what they belong to. The sandbox hides them; using what is hidden is an error.
constexpr std::array<std::string_view, 14> kChanging = {"append",  "clear",      "extend", "insert", "pop", "popitem", "remove",
                                                        "reverse", "setdefault", "sort",   "update", "add", "discard", "difference_update"};
// Python's other public attributes of these types: refused by name instead of being undefined.
constexpr std::array<std::string_view, 9> kOtherText = {"casefold",  "encode",    "expandtabs",  "format_map", "isidentifier",
                                                        "maketrans", "translate", "isprintable", "unescape"};
constexpr std::array<std::string_view, 13> kOtherNumber = {"as_integer_ratio", "bit_count", "bit_length", "conjugate", "denominator",
                                                           "from_bytes",       "fromhex",   "hex",        "imag",      "is_integer",
                                                           "numerator",        "real",      "to_bytes"};

constexpr std::array<std::string_view, 5> kOtherMacro = {"arguments", "caller", "catch_kwargs", "catch_varargs", "explicit_caller"};

template <class Names>
bool listed(const Names& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

Value text_at(Runtime& runtime, const Text& text, std::size_t begin, std::size_t end) {
  TextWriter writer(runtime.budget());
  writer.append(text, begin, end);
  return runtime.text(writer.take(text.safe));
}

std::optional<Value> namespace_attribute(const Namespace& space, std::string_view name) {
  const auto found = std::ranges::find(space.attributes, name, &std::pair<std::string, Value>::first);
  return found == space.attributes.end() ? std::nullopt : std::optional(found->second);
}

Natives methods_of(const Value& object) {
  if (object.is_text()) return text_methods();
  if (object.list() != nullptr) return list_methods();
  if (object.dict() != nullptr) return dict_methods();
  return {};
}

}  // namespace

const Value* Scope::find(std::string_view name) const {
  for (const Scope* scope = this; scope != nullptr; scope = scope->parent.get()) {
    const auto found = std::ranges::find(scope->variables, name, &std::pair<std::string, Value>::first);
    if (found != scope->variables.end()) return &found->second;
  }
  return nullptr;
}

std::size_t Scope::names() const {
  std::size_t count = 0;
  for (const Scope* scope = this; scope != nullptr; scope = scope->parent.get()) count += scope->variables.size();
  return count;
}

void Scope::set(std::string_view name, Value value) {
  const auto found = std::ranges::find(variables, name, &std::pair<std::string, Value>::first);
  if (found != variables.end())
    found->second = std::move(value);
  else
    variables.emplace_back(name, std::move(value));
}

Runtime::~Runtime() {
  for (const auto& scope : kept_) scope->variables.clear();
  for (const auto& space : namespaces_) space->attributes.clear();
  for (const auto& loop : loops_) loop->changed.reset();
}

Value Runtime::text(MarkedText text) {
  budget_.check_text(text.bytes.size());
  return TextPointer(std::make_shared<const Text>(budget_, std::move(text)));
}

Value Runtime::text(std::string_view text) { return this->text(MarkedText{.bytes = std::string(text), .user = {}}); }

Value Runtime::name_of(const NamedArgument& argument) {
  TextWriter writer(budget_);
  writer.append(argument.name, argument.from_user);
  return text(writer.take());
}

Value Runtime::list(std::vector<Value> items, bool tuple) {
  budget_.spend(items.size() / 8);
  return std::make_shared<const List>(budget_, std::move(items), tuple);
}

Value Runtime::dict(std::vector<Dict::Entry> entries) { return std::make_shared<const Dict>(budget_, std::move(entries)); }

void Runtime::check_depth(unsigned depth) const {
  if (depth > budget_.limits().value_depth) refuse("values lie deeper in one another than the limit of {}", budget_.limits().value_depth);
}

Value Runtime::iterator(std::string_view type, const Value& over, Source next) {
  const unsigned depth = over.depth() + 1;
  check_depth(depth);
  return std::make_shared<Iterator>(Iterator{.type = type, .next = std::move(next), .depth = depth});
}

Value Runtime::function(std::string name, std::string_view type, unsigned depth, std::function<Value(Runtime&, const Arguments&)> call) {
  check_depth(depth);
  return std::make_shared<const Function>(Function{.name = std::move(name), .type = type, .call = std::move(call), .depth = depth});
}

Value Runtime::new_namespace() {
  auto space = std::make_shared<Namespace>();
  space->charges.emplace_back(budget_, sizeof(Namespace) + 64);
  namespaces_.push_back(space);
  return space;
}

Value Runtime::undefined(std::string why) { return Undefined{std::make_shared<const std::string>(std::move(why))}; }

void Runtime::put(std::vector<Dict::Entry>& entries, const Value& key, const Value& value) {
  const List* list = key.list();
  if (key.dict() != nullptr || (list != nullptr && !list->tuple)) refuse("unhashable type: '{}'", key.type_name());
  budget_.spend(1 + entries.size() / 8);
  const auto found = std::ranges::find_if(entries, [&](const Dict::Entry& entry) { return equal(*this, entry.first, key); });
  if (found != entries.end())
    found->second = value;
  else
    entries.emplace_back(key, value);
}

void Runtime::keep(std::shared_ptr<Scope> scope) {
  constexpr std::uint64_t kScopeBytes = 256;  // with a loop and a few names in it
  constexpr std::size_t kLookedAt = 64;       // a scope that is kept again was mostly kept just before
  const auto recent = kept_.size() > kLookedAt ? kept_.end() - kLookedAt : kept_.begin();
  if (std::find(recent, kept_.end(), scope) != kept_.end()) return;
  budget_.hold(kScopeBytes);  // until the end
  kept_.push_back(std::move(scope));
}

void Runtime::keep(std::shared_ptr<Loop> loop) {
  budget_.hold(sizeof(Loop));  // until the end
  loops_.push_back(std::move(loop));
}

void Runtime::refuse_undefined(const Value& value) const {
  const auto& why = value.get_if<Undefined>()->why;
  refuse("{}", why == nullptr ? "a value is undefined" : *why);
}

// Underscores lead into Python's internals; here there are none to lead to, and names like these are simply not looked for.
Value Runtime::method(const Value& object, std::string_view name, bool& known) {
  known = true;
  const Native* row = find_native(methods_of(object), name);
  if (row != nullptr)
    return function(std::string(name), "builtin_function_or_method", object.depth() + 1,
                    [object, row](Runtime& runtime, const Arguments& arguments) { return call_native(runtime, *row, object, arguments); });
  const bool changes = object.list() != nullptr || object.dict() != nullptr;
  if (changes && listed(kChanging, name))
    return undefined(fmt::format("access to attribute '{}' of '{}' object is unsafe.", name, object.type_name()));
  const bool number = number_of(object).has_value();
  if ((object.is_text() && listed(kOtherText, name)) || (number && listed(kOtherNumber, name)))
    unsupported("'{}' of a {} is not supported; supported are {}", name, object.type_name(),
                number ? "the operators and filters" : names_of(methods_of(object)));
  known = false;
  return {};
}

Value Runtime::attribute(const Value& object, std::string_view name) {
  budget_.spend(1);
  if (object.is_undefined()) refuse_undefined(object);
  if (const auto* loop = object.get_if<std::shared_ptr<Loop>>()) {
    if (std::optional<Value> value = loop_attribute(*this, *loop, name)) return *value;
  }
  if (const auto* space = object.get_if<std::shared_ptr<Namespace>>()) {
    budget_.spend((*space)->attributes.size() / 16);
    if (std::optional<Value> value = namespace_attribute(**space, name)) return *value;
  }
  if (const auto* function = object.get_if<std::shared_ptr<const Function>>(); function != nullptr && (*function)->type == "Macro") {
    if (name == "name") return text((*function)->name);
    if (listed(kOtherMacro, name)) unsupported("'{}' of a macro is not supported; supported is name", name);
  }
  bool known = false;
  Value value = method(object, name, known);
  if (known) return value;
  if (const Dict* mapping = object.dict()) {
    budget_.spend(mapping->entries.size() / 16);
    if (const Value* found = mapping->find(name)) return *found;
  }
  return undefined(fmt::format("'{} object' has no attribute '{}'", object.type_name(), name));
}

Value Runtime::sequence_item(const Value& object, Integer index) {
  const auto size = length(object);
  if (index < 0) index += static_cast<Integer>(*size);
  if (index < 0 || index >= static_cast<Integer>(*size))
    return undefined(fmt::format("{} object has no element {}", object.type_name(), integer_text(index)));
  const auto at = static_cast<std::size_t>(index);
  if (const List* list = object.list()) return list->items[at];
  if (const auto* range = object.get_if<Range>()) return Integer{range->at(at)};
  const Text& text = *object.text();
  budget_.spend(text.bytes.size() / 64);
  const std::size_t begin = text.offset(at);
  return text_at(*this, text, begin, begin + code_point_at(text.bytes, begin).bytes);
}

Value Runtime::item(const Value& object, const Value& key) {
  budget_.spend(1);
  if (object.is_undefined()) refuse_undefined(object);
  const bool sequence = object.is_text() || object.list() != nullptr || object.is<Range>();
  const std::optional<Number> number = number_of(key);
  if (sequence && number && !number->is_real) return sequence_item(object, number->integer);
  if (const Dict* mapping = object.dict()) {
    budget_.spend(mapping->entries.size() / 16);
    if (const Text* name = key.text()) {
      if (const Value* found = mapping->find(name->bytes)) return *found;
    } else {
      const auto found = std::ranges::find_if(mapping->entries, [&](const auto& entry) { return equal(*this, entry.first, key); });
      if (found != mapping->entries.end()) return found->second;
    }
  }
  if (const Text* name = key.text()) {
    const auto* loop = object.get_if<std::shared_ptr<Loop>>();
    if (loop != nullptr || object.is<std::shared_ptr<Namespace>>()) return attribute(object, name->bytes);
    bool known = false;
    Value value = method(object, name->bytes, known);
    if (known) return value;
    return undefined(fmt::format("'{} object' has no attribute '{}'", object.type_name(), name->bytes.substr(0, 100)));
  }
  return undefined(fmt::format("{} object has no such element", object.type_name()));
}

Value Runtime::call(const Value& callee, const Arguments& arguments) {
  budget_.spend(1);
  if (callee.is_undefined()) refuse_undefined(callee);
  if (const auto* function = callee.get_if<std::shared_ptr<const Function>>()) return (*function)->call(*this, arguments);
  if (const auto* loop = callee.get_if<std::shared_ptr<Loop>>()) {
    if (!(*loop)->recurse) refuse("the loop is called, but it is not marked recursive");
    const Bound bound(*this, "loop", "iterable /", arguments);
    return (*loop)->recurse(bound.at(0));
  }
  refuse("'{}' object is not callable", callee.type_name());
}

Value Runtime::filter(std::string_view name, const Value& input, const Arguments& arguments) {
  for (const Natives& rows : {text_filters(), sequence_filters(), filters()}) {
    if (const Native* row = find_native(rows, name)) return call_native(*this, *row, input, arguments);
  }
  unsupported("the filter '{}' is not supported; supported are {}, {}, {}", name.substr(0, 64), names_of(text_filters()),
              names_of(sequence_filters()), names_of(filters()));
}

bool Runtime::test(std::string_view name, const Value& input, const Arguments& arguments) {
  const Native* row = find_native(tests(), name);
  if (row == nullptr) unsupported("the test '{}' is not supported; supported are {}", name.substr(0, 64), names_of(tests()));
  return is_true(call_native(*this, *row, input, arguments));
}

}  // namespace tightrope::text::jinja
