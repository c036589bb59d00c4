// A template as a tree of plain values. Every tree is bounded in depth, so walks over it may recurse.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "text/jinja/value.h"

namespace tightrope::text::jinja {

struct Expression;
struct Statement;
struct BinaryOperator;  // rows of operators.h
struct ComparisonOperator;
using ExpressionPointer = std::unique_ptr<const Expression>;
using Body = std::vector<Statement>;

struct CallArguments {
  std::vector<ExpressionPointer> positional;
  std::vector<std::pair<std::string, ExpressionPointer>> named;
  ExpressionPointer more_positional, more_named;  // *x and **x; may be null
};

struct Constant {
  Value value;
};
struct Name {
  std::string name;
};
struct Sequence {
  std::vector<ExpressionPointer> items;
  bool tuple = false;
};
struct Mapping {
  std::vector<std::pair<ExpressionPointer, ExpressionPointer>> entries;
};
struct Sign {
  ExpressionPointer operand;
  bool negative = false;
};
struct Not {
  ExpressionPointer operand;
};
struct Binary {
  const BinaryOperator* operation = nullptr;
  ExpressionPointer left, right;
};
struct Logical {
  ExpressionPointer left, right;
  bool either = false;  // or; otherwise and
};
struct Comparison {
  ExpressionPointer first;
  std::vector<std::pair<const ComparisonOperator*, ExpressionPointer>> rest;
};
struct Concatenation {
  std::vector<ExpressionPointer> parts;
};
struct Conditional {
  ExpressionPointer test, then, otherwise;  // otherwise may be null
};
struct Attribute {
  ExpressionPointer object;
  std::string name;
};
struct Item {
  ExpressionPointer object, key;
};
struct Slice {
  ExpressionPointer object, start, stop, step;  // the last three may be null
};
struct Call {
  ExpressionPointer callee;
  CallArguments arguments;
};
struct Filter {
  ExpressionPointer input;  // null: the text of the block around it
  std::string name;
  CallArguments arguments;
};
struct Test {
  ExpressionPointer input;
  std::string name;
  CallArguments arguments;
};

struct Expression {
  std::uint32_t line = 0;
  unsigned depth = 1;
  std::variant<Constant, Name, Sequence, Mapping, Sign, Not, Binary, Logical, Comparison, Concatenation, Conditional, Attribute, Item,
               Slice, Call, Filter, Test>
      node;
};

// What a value is assigned to: a name, an attribute of a namespace, or several of these that share out a sequence.
struct Target {
  std::string name, attribute;  // attribute is empty for a plain name
  std::vector<Target> parts;
  bool tuple = false;
};

struct Parameter {
  std::string name;
  ExpressionPointer standard;  // null: none
};
struct Signature {
  std::vector<Parameter> parameters;
  bool uses_caller = false, uses_named = false, uses_positional = false;  // the body mentions caller, kwargs, varargs
};

struct Data {
  std::string text;
};
struct Output {
  ExpressionPointer value;
};
struct For {
  Target target;
  ExpressionPointer iterable, condition;  // condition may be null
  Body body, otherwise;
  bool recursive = false;
};
struct If {
  std::vector<std::pair<ExpressionPointer, Body>> branches;
  Body otherwise;
};
struct Set {
  Target target;
  ExpressionPointer value;
};
struct SetBlock {
  Target target;
  ExpressionPointer filter;  // may be null
  Body body;
};
struct Macro {
  std::string name;
  Signature signature;
  Body body;
};
struct CallBlock {
  ExpressionPointer call;  // always a Call
  Signature signature;
  Body body;
};
struct FilterBlock {
  ExpressionPointer filter;
  Body body;
};
struct With {
  std::vector<std::pair<Target, ExpressionPointer>> assignments;
  Body body;
};
// What the assistant says; marks positions for training and changes nothing in the text.
struct Generation {
  Body body;
};
struct Break {};
struct Continue {};

struct Statement {
  std::uint32_t line = 0;
  std::variant<Data, Output, For, If, Set, SetBlock, Macro, CallBlock, FilterBlock, With, Generation, Break, Continue> node;
};

}  // namespace tightrope::text::jinja
