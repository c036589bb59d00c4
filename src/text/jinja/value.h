// A value of a template: Python's types as far as templates see them. Immutable but for namespaces and iterators.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "text/jinja/marked_text.h"

namespace tightrope::text::jinja {

class Runtime;
class Value;
struct Scope;

// Python's integers have no bounds; results beyond these are refused, never wrapped.
using Integer = __int128;

struct Undefined {
  std::shared_ptr<const std::string> why;  // for the error when it is used; null: no more is known
};
struct None {
  bool operator==(const None&) const = default;
};

struct Text : MarkedText {
  Text(Budget& budget, MarkedText text) : MarkedText(std::move(text)), charge(budget, bytes.size() + 16 * user.size() + 64) {}
  Charge charge;
};
using TextPointer = std::shared_ptr<const Text>;

struct List;
struct Dict;
struct Iterator;
struct Function;
struct Loop;
struct Namespace;

// Integers that are not stored.
struct Range {
  std::int64_t start = 0, stop = 0, step = 1;

  std::uint64_t size() const;
  std::int64_t at(std::uint64_t index) const { return start + static_cast<std::int64_t>(index) * step; }
  bool operator==(const Range&) const = default;
};

// What keys(), values() and items() return: a dictionary seen from one side.
struct View {
  enum class Side : std::uint8_t { keys, values, items };
  std::shared_ptr<const Dict> dict;
  Side side = Side::items;
};

template <class T, class Storage>
constexpr bool kIsAlternative = false;
template <class T, class... Types>
constexpr bool kIsAlternative<T, std::variant<Types...>> = (std::is_same_v<T, Types> || ...);

class Value {
 public:
  using Storage =
      std::variant<Undefined, None, bool, Integer, double, TextPointer, std::shared_ptr<const List>, std::shared_ptr<const Dict>, Range,
                   View, std::shared_ptr<Iterator>, std::shared_ptr<const Function>, std::shared_ptr<Loop>, std::shared_ptr<Namespace>>;

  Value() = default;
  template <class T>
    requires kIsAlternative<std::remove_cvref_t<T>, Storage>
  // NOLINTNEXTLINE(bugprone-forwarding-reference-overload): a Value is no alternative, so it hides neither copy nor move
  Value(T&& value) : storage_(std::in_place_type<std::remove_cvref_t<T>>, std::forward<T>(value)) {}

  // Null when it is of another type.
  template <class T>
  const T* get_if() const {
    return std::get_if<T>(&storage_);
  }
  template <class T>
  bool is() const {
    return std::holds_alternative<T>(storage_);
  }
  bool is_text() const { return is<TextPointer>(); }
  bool is_undefined() const { return is<Undefined>(); }
  bool is_none() const { return is<None>(); }

  // Null when it is of another type.
  const Text* text() const;
  const List* list() const;
  const Dict* dict() const;

  std::string_view type_name() const;  // Python's: "str", "NoneType"
  unsigned depth() const;              // how deep values lie inside one another; bounds every recursion over values
  const Storage& storage() const { return storage_; }

 private:
  Storage storage_;
};

struct List {
  List(Budget& budget, std::vector<Value> values, bool is_tuple);
  std::vector<Value> items;
  bool tuple = false;
  unsigned depth = 0;
  Charge charge;
};

// In the order of insertion; keys are unique and hashable.
struct Dict {
  using Entry = std::pair<Value, Value>;
  Dict(Budget& budget, std::vector<Entry> list);
  const Value* find(std::string_view key) const;
  std::vector<Entry> entries;
  unsigned depth = 0;
  Charge charge;
};

// Something that is consumed by walking it: generators of filters, reversed lists.
struct Iterator {
  std::string_view type;                       // "generator"
  std::function<std::optional<Value>()> next;  // empty at the end
  unsigned depth = 0;
};

struct NamedArgument {
  std::string name;
  Value value;
  bool from_user = false;  // the name: it was a key of the user's in a mapping behind **
};

struct Arguments {
  std::vector<Value> positional;
  std::vector<NamedArgument> named;
};

// Whatever can be called.
struct Function {
  std::string name;
  std::string_view type;  // "Macro", "builtin_function_or_method"
  std::function<Value(Runtime&, const Arguments&)> call;
  unsigned depth = 0;
};

// The only thing a template can change. Lives until the rendering ends, so that a circle of namespaces cannot outlive it.
struct Namespace {
  std::vector<std::pair<std::string, Value>> attributes;
  std::vector<Charge> charges;
};

}  // namespace tightrope::text::jinja
