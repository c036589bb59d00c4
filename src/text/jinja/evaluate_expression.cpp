// Expressions to values.
#include "text/jinja/evaluator.h"
#include "text/jinja/format.h"
#include "text/jinja/native.h"
#include "text/jinja/operators.h"

namespace tightrope::text::jinja {

Value Evaluator::evaluate(const Expression& expression, const ScopePointer& scope) {
  const Level level(runtime_.budget());
  runtime_.budget().spend(1);
  runtime_.at_line(expression.line);
  return std::visit([&](const auto& node) { return on(node, scope); }, expression.node);
}

Value Evaluator::none_or(const ExpressionPointer& expression, const ScopePointer& scope) {
  return expression == nullptr ? Value(None{}) : evaluate(*expression, scope);
}

Arguments Evaluator::arguments(const CallArguments& given, const ScopePointer& scope) {
  Arguments made;
  for (const ExpressionPointer& argument : given.positional) made.positional.push_back(evaluate(*argument, scope));
  for (const auto& [name, argument] : given.named) made.named.push_back({name, evaluate(*argument, scope)});
  if (given.more_positional) {
    for (Value& value : runtime_.items(evaluate(*given.more_positional, scope))) made.positional.push_back(std::move(value));
  }
  if (given.more_named) {
    const Value more = evaluate(*given.more_named, scope);
    if (more.dict() == nullptr) runtime_.refuse("the argument after ** must be a mapping, not {}", more.type_name());
    for (const auto& [key, value] : more.dict()->entries) {
      const Text& name = text_argument(runtime_, key, "**");
      made.named.push_back({name.bytes, value, !name.user.empty()});
    }
  }
  return made;
}

Value Evaluator::on(const Constant& node, const ScopePointer&) { return node.value; }

Value Evaluator::on(const Name& node, const ScopePointer& scope) {
  runtime_.budget().spend(scope->names() / 16);
  if (const Value* found = scope->find(node.name)) return *found;
  if (const Native* row = find_native(functions(), node.name)) {
    return runtime_.function(node.name, "function", 0, [row](Runtime& runtime, const Arguments& arguments) {
      return call_native(runtime, *row, Value(), arguments);
    });
  }
  return runtime_.undefined(fmt::format("'{}' is undefined", node.name));
}

Value Evaluator::on(const Sequence& node, const ScopePointer& scope) {
  std::vector<Value> items;
  items.reserve(node.items.size());
  for (const ExpressionPointer& item : node.items) items.push_back(evaluate(*item, scope));
  return runtime_.list(std::move(items), node.tuple);
}

Value Evaluator::on(const Mapping& node, const ScopePointer& scope) {
  std::vector<Dict::Entry> entries;
  for (const auto& [key, value] : node.entries) {
    const Value name = evaluate(*key, scope);
    runtime_.put(entries, name, evaluate(*value, scope));
  }
  return runtime_.dict(std::move(entries));
}

Value Evaluator::on(const Sign& node, const ScopePointer& scope) {
  const Value value = evaluate(*node.operand, scope);
  return node.negative ? negative(runtime_, value) : positive(runtime_, value);
}

Value Evaluator::on(const Not& node, const ScopePointer& scope) { return !is_true(evaluate(*node.operand, scope)); }

Value Evaluator::on(const Binary& node, const ScopePointer& scope) {
  const Value left = evaluate(*node.left, scope), right = evaluate(*node.right, scope);
  return node.operation->apply(runtime_, left, right);
}

Value Evaluator::on(const Logical& node, const ScopePointer& scope) {
  Value left = evaluate(*node.left, scope);
  return is_true(left) == node.either ? left : evaluate(*node.right, scope);
}

Value Evaluator::on(const Comparison& node, const ScopePointer& scope) {
  Value left = evaluate(*node.first, scope);
  for (const auto& [operation, expression] : node.rest) {
    Value right = evaluate(*expression, scope);
    if (!operation->holds(runtime_, left, right)) return false;
    left = std::move(right);
  }
  return true;
}

Value Evaluator::on(const Concatenation& node, const ScopePointer& scope) {
  TextWriter writer(runtime_.budget());
  for (const ExpressionPointer& part : node.parts) writer.append(str(runtime_, evaluate(*part, scope)));
  return runtime_.text(writer.take());
}

Value Evaluator::on(const Conditional& node, const ScopePointer& scope) {
  if (is_true(evaluate(*node.test, scope))) return evaluate(*node.then, scope);
  if (node.otherwise != nullptr) return evaluate(*node.otherwise, scope);
  return runtime_.undefined("the inline if-expression evaluated to false and no else section was defined.");
}

Value Evaluator::on(const Attribute& node, const ScopePointer& scope) {
  return runtime_.attribute(evaluate(*node.object, scope), node.name);
}

Value Evaluator::on(const Item& node, const ScopePointer& scope) {
  const Value object = evaluate(*node.object, scope), key = evaluate(*node.key, scope);
  return runtime_.item(object, key);
}

Value Evaluator::on(const Slice& node, const ScopePointer& scope) {
  const Value object = evaluate(*node.object, scope), start = none_or(node.start, scope), stop = none_or(node.stop, scope);
  return runtime_.slice(object, start, stop, none_or(node.step, scope));
}

Value Evaluator::on(const Call& node, const ScopePointer& scope) {
  const Value callee = evaluate(*node.callee, scope);
  const auto* name = std::get_if<Name>(&node.callee->node);
  if (callee.is_undefined() && name != nullptr && scope->find(name->name) == nullptr)
    runtime_.unsupported("the function '{}' is not supported; supported are {}", name->name.substr(0, 64), names_of(functions()));
  const Arguments given = arguments(node.arguments, scope);
  return runtime_.call(callee, given);
}

Value Evaluator::filtered(const Filter& node, const Value& input, const ScopePointer& scope) {
  return runtime_.filter(node.name, input, arguments(node.arguments, scope));
}

Value Evaluator::on(const Filter& node, const ScopePointer& scope) { return filtered(node, evaluate(*node.input, scope), scope); }

// Filters whose innermost input is the text of a block.
Value Evaluator::filter_chain(const Expression& filter, const Value& input, const ScopePointer& scope) {
  const Level level(runtime_.budget());
  const Filter& node = std::get<Filter>(filter.node);
  return filtered(node, node.input == nullptr ? input : filter_chain(*node.input, input, scope), scope);
}

Value Evaluator::on(const Test& node, const ScopePointer& scope) {
  const Value input = evaluate(*node.input, scope);
  return runtime_.test(node.name, input, arguments(node.arguments, scope));
}

}  // namespace tightrope::text::jinja
