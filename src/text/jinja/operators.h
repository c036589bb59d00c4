// Python's operators on values, as rows.
#pragma once

#include <string_view>

#include "text/jinja/value.h"

namespace tightrope::text::jinja {

struct BinaryOperator {
  std::string_view symbol;
  Value (*apply)(Runtime& runtime, const Value& left, const Value& right);
};
struct ComparisonOperator {
  std::string_view symbol;  // "not in" is one
  bool (*holds)(Runtime& runtime, const Value& left, const Value& right);
};

// Null when there is no such operator.
const BinaryOperator* find_binary_operator(std::string_view symbol);
const ComparisonOperator* find_comparison_operator(std::string_view symbol);

Value negative(Runtime& runtime, const Value& value);
Value positive(Runtime& runtime, const Value& value);

bool is_true(const Value& value);
bool equal(Runtime& runtime, const Value& left, const Value& right);
bool less(Runtime& runtime, const Value& left, const Value& right);  // errors: malformed when the two have no order
bool contains(Runtime& runtime, const Value& container, const Value& item);

// 1, 1.0 and true are one number.
struct Number {
  bool is_real = false;
  Integer integer = 0;
  double real = 0;
};
std::optional<Number> number_of(const Value& value);  // booleans count; nothing for other types
double as_real(const Number& number);

}  // namespace tightrope::text::jinja
