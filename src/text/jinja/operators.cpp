// Arithmetic, comparison and truth as Python has them.
#include "text/jinja/operators.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "text/jinja/format.h"
#include "text/jinja/loop.h"
#include "text/jinja/runtime.h"
#include "text/searching.h"

namespace tightrope::text::jinja {
namespace {

[[noreturn]] void refuse_types(Runtime& runtime, std::string_view symbol, const Value& left, const Value& right) {
  if (left.is_undefined()) runtime.refuse_undefined(left);
  if (right.is_undefined()) runtime.refuse_undefined(right);
  runtime.refuse("unsupported operand types for {}: '{}' and '{}'", symbol, left.type_name(), right.type_name());
}

[[noreturn]] void refuse_size(Runtime& runtime) {
  runtime.unsupported("an integer needs more than 128 bits; nothing this large is supported");
}

struct Pair {
  Number left, right;
  bool real() const { return left.is_real || right.is_real; }
};

Pair numbers(Runtime& runtime, std::string_view symbol, const Value& left, const Value& right) {
  const std::optional<Number> a = number_of(left), b = number_of(right);
  if (!a || !b) refuse_types(runtime, symbol, left, right);
  return {*a, *b};
}

MarkedText joined_text(Runtime& runtime, const Value& left, const Value& right) {
  const bool safe = left.text()->safe || right.text()->safe;
  TextWriter writer(runtime.budget());
  writer.append(joining(runtime, safe, left));
  writer.append(joining(runtime, safe, right));
  return writer.take(safe);
}

Value add(Runtime& runtime, const Value& left, const Value& right) {
  if (left.text() != nullptr && right.text() != nullptr) return runtime.text(joined_text(runtime, left, right));
  const List *a = left.list(), *b = right.list();
  if (a != nullptr && b != nullptr && a->tuple == b->tuple) {
    std::vector<Value> items = a->items;
    items.insert(items.end(), b->items.begin(), b->items.end());
    return runtime.list(std::move(items), a->tuple);
  }
  const Pair pair = numbers(runtime, "+", left, right);
  if (pair.real()) return as_real(pair.left) + as_real(pair.right);
  Integer sum = 0;
  if (__builtin_add_overflow(pair.left.integer, pair.right.integer, &sum)) refuse_size(runtime);
  return sum;
}

Value subtract(Runtime& runtime, const Value& left, const Value& right) {
  const Pair pair = numbers(runtime, "-", left, right);
  if (pair.real()) return as_real(pair.left) - as_real(pair.right);
  Integer difference = 0;
  if (__builtin_sub_overflow(pair.left.integer, pair.right.integer, &difference)) refuse_size(runtime);
  return difference;
}

Value repeated(Runtime& runtime, const Value& sequence, Integer times) {
  const std::uint64_t most = runtime.budget().limits().memory_bytes;
  const std::uint64_t count = times <= 0 ? 0 : times > static_cast<Integer>(most) ? most : static_cast<std::uint64_t>(times);
  if (const Text* text = sequence.text()) {
    if (!text->bytes.empty()) runtime.budget().check_text(count > most / text->bytes.size() ? most : count * text->bytes.size());
    runtime.budget().spend(text->bytes.empty() ? 0 : count);
    TextWriter writer(runtime.budget());
    for (std::uint64_t i = 0; i < count && !text->bytes.empty(); ++i) writer.append(*text);
    return runtime.text(writer.take(text->safe));
  }
  const List& list = *sequence.list();
  const std::uint64_t bytes = list.items.size() * sizeof(Value);
  if (bytes > 0 && count > most / bytes) runtime.budget().hold(most + 1);
  std::vector<Value> items;
  for (std::uint64_t i = 0; i < count && bytes > 0; ++i) items.insert(items.end(), list.items.begin(), list.items.end());
  return runtime.list(std::move(items), list.tuple);
}

Value multiply(Runtime& runtime, const Value& left, const Value& right) {
  const auto is_sequence = [](const Value& value) { return value.is_text() || value.list() != nullptr; };
  const std::optional<Number> a = number_of(left), b = number_of(right);
  if (is_sequence(left) && b && !b->is_real) return repeated(runtime, left, b->integer);
  if (is_sequence(right) && a && !a->is_real) return repeated(runtime, right, a->integer);
  const Pair pair = numbers(runtime, "*", left, right);
  if (pair.real()) return as_real(pair.left) * as_real(pair.right);
  Integer product = 0;
  if (__builtin_mul_overflow(pair.left.integer, pair.right.integer, &product)) refuse_size(runtime);
  return product;
}

void check_divisor(Runtime& runtime, const Number& divisor) {
  if (as_real(divisor) == 0) runtime.refuse("division by zero");
}

Value divide(Runtime& runtime, const Value& left, const Value& right) {
  const Pair pair = numbers(runtime, "/", left, right);
  check_divisor(runtime, pair.right);
  return as_real(pair.left) / as_real(pair.right);
}

// Python rounds quotients down.
Integer floor_quotient(Runtime& runtime, Integer a, Integer b) {
  if (b == -1) {
    Integer negated = 0;
    if (__builtin_sub_overflow(Integer{0}, a, &negated)) refuse_size(runtime);
    return negated;
  }
  const Integer quotient = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

// The remainder has the divisor's sign. The quotient times the divisor may not fit where the remainder does.
Integer floor_remainder(Integer a, Integer b) {
  if (b == -1) return 0;
  const Integer remainder = a % b;
  return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder;
}

double real_remainder(double a, double b) {
  double remainder = std::fmod(a, b);
  if (remainder != 0 && (remainder < 0) != (b < 0)) remainder += b;
  return remainder == 0 ? std::copysign(0.0, b) : remainder;
}

// As CPython computes it, so that the last bit agrees.
double real_floor_quotient(double a, double b) {
  const double remainder = real_remainder(a, b);
  const double quotient = (a - remainder) / b;
  if (quotient == 0) return std::copysign(0.0, a / b);
  const double floored = std::floor(quotient);
  return quotient - floored > 0.5 ? floored + 1 : floored;
}

Value floor_divide(Runtime& runtime, const Value& left, const Value& right) {
  const Pair pair = numbers(runtime, "//", left, right);
  check_divisor(runtime, pair.right);
  if (pair.real()) return real_floor_quotient(as_real(pair.left), as_real(pair.right));
  return floor_quotient(runtime, pair.left.integer, pair.right.integer);
}

Value modulo(Runtime& runtime, const Value& left, const Value& right) {
  if (const Text* format = left.text()) return percent_format(runtime, *format, right);
  const Pair pair = numbers(runtime, "%", left, right);
  check_divisor(runtime, pair.right);
  if (pair.real()) return real_remainder(as_real(pair.left), as_real(pair.right));
  return floor_remainder(pair.left.integer, pair.right.integer);
}

Value power(Runtime& runtime, const Value& left, const Value& right) {
  const Pair pair = numbers(runtime, "**", left, right);
  if (pair.real() || pair.right.integer < 0) {
    const double base = as_real(pair.left), exponent = as_real(pair.right);
    if (base == 0 && exponent < 0) runtime.refuse("0.0 cannot be raised to a negative power");
    if (base < 0 && exponent != std::floor(exponent)) runtime.unsupported("complex numbers are not supported");
    const double result = std::pow(base, exponent);
    if (std::isinf(result) && std::isfinite(base) && std::isfinite(exponent)) runtime.refuse("a number is too large");
    return result;
  }
  Integer result = 1, base = pair.left.integer;
  if (base == 0 || base == 1) return pair.right.integer == 0 ? Integer{1} : base;
  if (base == -1) return pair.right.integer % 2 == 0 ? Integer{1} : Integer{-1};
  for (Integer i = 0; i < pair.right.integer; ++i) {
    if (__builtin_mul_overflow(result, base, &result)) refuse_size(runtime);
  }
  return result;
}

constexpr std::array kBinary = {BinaryOperator{"+", add},    BinaryOperator{"-", subtract},      BinaryOperator{"*", multiply},
                                BinaryOperator{"/", divide}, BinaryOperator{"//", floor_divide}, BinaryOperator{"%", modulo},
                                BinaryOperator{"**", power}};

constexpr std::array kComparisons = {
    ComparisonOperator{"==", equal},
    ComparisonOperator{"!=", [](Runtime& runtime, const Value& a, const Value& b) { return !equal(runtime, a, b); }},
    ComparisonOperator{"<", less},
    ComparisonOperator{"<=", [](Runtime& runtime, const Value& a, const Value& b) { return less(runtime, a, b) || equal(runtime, a, b); }},
    ComparisonOperator{">", [](Runtime& runtime, const Value& a, const Value& b) { return less(runtime, b, a); }},
    ComparisonOperator{">=", [](Runtime& runtime, const Value& a, const Value& b) { return less(runtime, b, a) || equal(runtime, a, b); }},
    ComparisonOperator{"in", [](Runtime& runtime, const Value& a, const Value& b) { return contains(runtime, b, a); }},
    ComparisonOperator{"not in", [](Runtime& runtime, const Value& a, const Value& b) { return !contains(runtime, b, a); }},
};

template <class Rows>
auto find_row(const Rows& rows, std::string_view symbol) -> decltype(rows.data()) {
  const auto found = std::ranges::find_if(rows, [&](const auto& row) { return row.symbol == symbol; });
  return found == rows.end() ? nullptr : &*found;
}

bool equal_dicts(Runtime& runtime, const Dict& left, const Dict& right) {
  if (left.entries.size() != right.entries.size()) return false;
  return std::ranges::all_of(left.entries, [&](const Dict::Entry& entry) {
    runtime.budget().spend(1 + right.entries.size() / 8);
    const auto found =
        std::ranges::find_if(right.entries, [&](const Dict::Entry& other) { return equal(runtime, entry.first, other.first); });
    return found != right.entries.end() && equal(runtime, entry.second, found->second);
  });
}

bool same_object(const Value& left, const Value& right) {
  return std::visit(
      [](const auto& a, const auto& b) {
        if constexpr (std::is_same_v<decltype(a), decltype(b)> && requires { a.get() == b.get(); }) return a.get() == b.get();
        return false;
      },
      left.storage(), right.storage());
}

}  // namespace

const BinaryOperator* find_binary_operator(std::string_view symbol) { return find_row(kBinary, symbol); }
const ComparisonOperator* find_comparison_operator(std::string_view symbol) { return find_row(kComparisons, symbol); }

std::optional<Number> number_of(const Value& value) {
  if (const auto* truth = value.get_if<bool>()) return Number{.integer = *truth ? 1 : 0};
  if (const auto* integer = value.get_if<Integer>()) return Number{.integer = *integer};
  if (const auto* real = value.get_if<double>()) return Number{.is_real = true, .real = *real};
  return std::nullopt;
}

double as_real(const Number& number) { return number.is_real ? number.real : static_cast<double>(number.integer); }

Value negative(Runtime& runtime, const Value& value) {
  if (value.is_undefined()) runtime.refuse_undefined(value);
  const std::optional<Number> number = number_of(value);
  if (!number) runtime.refuse("bad operand type for unary -: '{}'", value.type_name());
  if (number->is_real) return -number->real;
  return subtract(runtime, Integer{0}, Value(number->integer));
}

Value positive(Runtime& runtime, const Value& value) {
  if (value.is_undefined()) runtime.refuse_undefined(value);
  const std::optional<Number> number = number_of(value);
  if (!number) runtime.refuse("bad operand type for unary +: '{}'", value.type_name());
  return number->is_real ? Value(number->real) : Value(number->integer);
}

bool is_true(const Value& value) {
  if (const std::optional<Number> number = number_of(value)) return as_real(*number) != 0;
  if (const Text* text = value.text()) return !text->bytes.empty();
  if (const List* list = value.list()) return !list->items.empty();
  if (const Dict* dict = value.dict()) return !dict->entries.empty();
  if (const auto* range = value.get_if<Range>()) return range->size() > 0;
  if (const auto* view = value.get_if<View>()) return !view->dict->entries.empty();
  if (const auto* loop = value.get_if<std::shared_ptr<Loop>>()) return (*loop)->total_length() > 0;
  return !value.is_undefined() && !value.is_none();
}

bool equal(Runtime& runtime, const Value& left, const Value& right) {
  const Level level(runtime.budget());
  runtime.budget().spend(1);
  const std::optional<Number> a = number_of(left), b = number_of(right);
  if (a && b) return a->is_real || b->is_real ? as_real(*a) == as_real(*b) : a->integer == b->integer;
  if (left.is_text() && right.is_text()) {
    runtime.budget().spend(std::min(left.text()->bytes.size(), right.text()->bytes.size()) / 64);
    return left.text()->bytes == right.text()->bytes;
  }
  if (const List *x = left.list(), *y = right.list(); x != nullptr && y != nullptr)
    return x->tuple == y->tuple &&
           std::ranges::equal(x->items, y->items, [&](const Value& p, const Value& q) { return equal(runtime, p, q); });
  if (const Dict *x = left.dict(), *y = right.dict(); x != nullptr && y != nullptr) return equal_dicts(runtime, *x, *y);
  if (left.is_undefined() && right.is_undefined()) return true;
  if (left.is_none() && right.is_none()) return true;
  if (const auto *x = left.get_if<Range>(), *y = right.get_if<Range>(); x != nullptr && y != nullptr)
    return x->size() == y->size() && (x->size() == 0 || (x->start == y->start && (x->size() == 1 || x->step == y->step)));
  if (left.is<View>() && right.is<View>()) runtime.unsupported("comparing {} is not supported; make lists of them first", left.type_name());
  return same_object(left, right);
}

bool less(Runtime& runtime, const Value& left, const Value& right) {
  const Level level(runtime.budget());
  runtime.budget().spend(1);
  const std::optional<Number> a = number_of(left), b = number_of(right);
  if (a && b) return a->is_real || b->is_real ? as_real(*a) < as_real(*b) : a->integer < b->integer;
  if (left.is_text() && right.is_text()) {
    runtime.budget().spend(std::min(left.text()->bytes.size(), right.text()->bytes.size()) / 64);
    return left.text()->bytes < right.text()->bytes;  // UTF-8 sorts as code points do
  }
  if (const List *x = left.list(), *y = right.list(); x != nullptr && y != nullptr && x->tuple == y->tuple) {
    for (std::size_t i = 0; i < std::min(x->items.size(), y->items.size()); ++i) {
      if (!equal(runtime, x->items[i], y->items[i])) return less(runtime, x->items[i], y->items[i]);
    }
    return x->items.size() < y->items.size();
  }
  refuse_types(runtime, "<", left, right);
}

bool contains(Runtime& runtime, const Value& container, const Value& item) {
  if (const Text* text = container.text()) {
    const Text* part = item.text();
    if (part == nullptr) runtime.refuse("'in <string>' requires string as left operand, not {}", item.type_name());
    runtime.budget().spend(text->bytes.size() / 64);
    return find_part(text->bytes, part->bytes) != std::string::npos;
  }
  if (const Dict* dict = container.dict()) {
    runtime.budget().spend(dict->entries.size() / 16);
    if (const Text* key = item.text()) return dict->find(key->bytes) != nullptr;
    if (item.dict() != nullptr || (item.list() != nullptr && !item.list()->tuple))
      runtime.refuse("unhashable type: '{}'", item.type_name());
  }
  if (!runtime.is_iterable(container)) runtime.refuse("argument of type '{}' is not iterable", container.type_name());
  const Source next = runtime.source(container);
  while (const std::optional<Value> candidate = next()) {
    if (equal(runtime, *candidate, item)) return true;
  }
  return false;
}

}  // namespace tightrope::text::jinja
