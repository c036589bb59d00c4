// What running templates share: making values within the budget, looking into values, calling things, saying what went wrong where.
#pragma once

#include <ctime>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "text/jinja/value.h"

namespace tightrope::text::jinja {

// Names and values of one block; a block inside sees those of the blocks around it.
struct Scope {
  std::shared_ptr<Scope> parent;
  std::vector<std::pair<std::string, Value>> variables;

  const Value* find(std::string_view name) const;
  std::size_t names() const;  // how many there are, those of the blocks around included
  void set(std::string_view name, Value value);
};

using Source = std::function<std::optional<Value>()>;

class Runtime {
 public:
  Runtime(Budget& budget, std::time_t now) : budget_(budget), now_(now) {}
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;
  ~Runtime();

  Budget& budget() { return budget_; }
  std::time_t now() const { return now_; }

  Value text(MarkedText text);
  Value text(std::string_view text);
  Value name_of(const NamedArgument& argument);
  Value list(std::vector<Value> items, bool tuple = false);
  Value tuple(std::vector<Value> items) { return list(std::move(items), true); }
  Value dict(std::vector<Dict::Entry> entries);
  Value iterator(std::string_view type, const Value& over, Source next);
  Value function(std::string name, std::string_view type, unsigned depth, std::function<Value(Runtime&, const Arguments&)> call);
  Value new_namespace();
  Value undefined(std::string why);
  // Adds or replaces an entry as Python's dict does. Errors: malformed for a key that cannot be one.
  void put(std::vector<Dict::Entry>& entries, const Value& key, const Value& value);

  // Keeps a scope that a function remembers, and empties it at the end: without that, the two would keep each other.
  void keep(std::shared_ptr<Scope> scope);
  void keep(std::shared_ptr<Loop> loop);  // the same for a loop that remembers what it was told: that may be the loop

  // object.name and object[key], with what the sandbox of transformers allows.
  Value attribute(const Value& object, std::string_view name);
  Value item(const Value& object, const Value& key);
  Value slice(const Value& object, const Value& start, const Value& stop, const Value& step);

  Value call(const Value& callee, const Arguments& arguments);
  Value filter(std::string_view name, const Value& input, const Arguments& arguments);
  bool test(std::string_view name, const Value& input, const Arguments& arguments);

  // What a for loop would walk. Errors: malformed for what cannot be walked.
  Source source(const Value& value);
  bool is_iterable(const Value& value) const;
  std::vector<Value> items(const Value& value);
  std::optional<std::uint64_t> length(const Value& value) const;  // nothing where Python has no len()

  void at_line(std::uint32_t line) { line_ = line; }
  std::uint32_t line() const { return line_; }
  template <class... Parts>
  [[noreturn]] void refuse(fmt::format_string<Parts...> text, Parts&&... arguments) const {
    fail(ErrorCode::malformed, "[template] line {}: {}", line_, fmt::format(text, std::forward<Parts>(arguments)...));
  }
  template <class... Parts>
  [[noreturn]] void unsupported(fmt::format_string<Parts...> text, Parts&&... arguments) const {
    fail(ErrorCode::unsupported, "[template] line {}: {}", line_, fmt::format(text, std::forward<Parts>(arguments)...));
  }
  [[noreturn]] void refuse_undefined(const Value& value) const;

 private:
  void check_depth(unsigned depth) const;
  Value sequence_item(const Value& object, Integer index);
  Value method(const Value& object, std::string_view name, bool& known);

  Budget& budget_;
  std::time_t now_;
  std::uint32_t line_ = 0;
  std::vector<std::shared_ptr<Scope>> kept_;
  std::vector<std::shared_ptr<Namespace>> namespaces_;
  std::vector<std::shared_ptr<Loop>> loops_;
};

// How a native function takes its arguments: "old new [count]": names in order, those in brackets may be absent; "/" at the end: by
// position only; "*": any number more, by position or name.
class Bound {
 public:
  Bound(const Runtime& runtime, std::string_view function, std::string_view parameters, const Arguments& arguments);

  const Value* find(std::size_t index) const { return values_[index]; }
  const Value& at(std::size_t index) const { return *values_[index]; }  // of one that must be there

 private:
  std::vector<const Value*> values_;
};

// Conversions of arguments. Errors: malformed, naming the function.
Integer integer_argument(const Runtime& runtime, const Value& value, std::string_view function);
const Text& text_argument(const Runtime& runtime, const Value& value, std::string_view function);

}  // namespace tightrope::text::jinja
