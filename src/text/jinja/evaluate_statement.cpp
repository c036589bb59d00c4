// Statements to text.
#include <algorithm>

#include "text/jinja/evaluator.h"
#include "text/jinja/format.h"
#include "text/jinja/loop.h"
#include "text/jinja/operators.h"

namespace tightrope::text::jinja {
namespace {

// Sends text elsewhere for as long as it lives.
class Redirected {
 public:
  Redirected(TextWriter*& output, TextWriter& to) : output_(output), outer_(std::exchange(output, &to)) {}
  Redirected(const Redirected&) = delete;
  Redirected& operator=(const Redirected&) = delete;
  ~Redirected() { output_ = outer_; }

 private:
  TextWriter*& output_;
  TextWriter* const outer_;
};

std::shared_ptr<Scope> inside(const std::shared_ptr<Scope>& scope) {
  return std::make_shared<Scope>(Scope{.parent = scope, .variables = {}});
}

}  // namespace

MarkedText Evaluator::run(const Body& body, const std::shared_ptr<Scope>& globals) { return captured(body, globals); }

Evaluator::Flow Evaluator::execute(const Body& body, const ScopePointer& scope) {
  const Level level(runtime_.budget());
  for (const Statement& statement : body) {
    runtime_.budget().spend(1);
    runtime_.at_line(statement.line);
    const Flow flow = std::visit([&](const auto& node) { return run_node(node, scope); }, statement.node);
    if (flow != Flow::next) return flow;
  }
  return Flow::next;
}

MarkedText Evaluator::captured(const Body& body, const ScopePointer& scope) {
  TextWriter writer(runtime_.budget());
  {
    const Redirected redirected(output_, writer);
    execute(body, scope);
  }
  return writer.take();
}

void Evaluator::assign(const Target& target, const Value& value, const ScopePointer& scope) {
  if (target.tuple) {
    const std::vector<Value> items = runtime_.items(value);
    if (items.size() != target.parts.size())
      runtime_.refuse("a sequence of {} values cannot be shared out among {} names", items.size(), target.parts.size());
    for (std::size_t i = 0; i < items.size(); ++i) assign(target.parts[i], items[i], scope);
    return;
  }
  runtime_.budget().spend(scope->names() / 16);
  if (target.attribute.empty()) return scope->set(target.name, value);
  const Value* found = scope->find(target.name);
  const auto* space = found == nullptr ? nullptr : found->get_if<std::shared_ptr<Namespace>>();
  if (space == nullptr) runtime_.refuse("cannot assign attribute on non-namespace object '{}'", target.name);
  if (target.attribute.starts_with('_')) runtime_.refuse("a namespace cannot have an attribute '{}'", target.attribute);
  auto& attributes = (*space)->attributes;
  runtime_.budget().spend(attributes.size() / 16);
  const auto slot = std::ranges::find(attributes, target.attribute, &std::pair<std::string, Value>::first);
  if (slot != attributes.end())
    slot->second = value;
  else
    attributes.emplace_back(target.attribute, value);
}

Evaluator::Flow Evaluator::run_node(const Data& node, const ScopePointer&) {
  output_->append(node.text);
  return Flow::next;
}

Evaluator::Flow Evaluator::run_node(const Output& node, const ScopePointer& scope) {
  output_->append(str(runtime_, evaluate(*node.value, scope)));
  return Flow::next;
}

Source Evaluator::filtered_source(const For& node, Source source, const ScopePointer& scope) {
  return [this, &node, source = std::move(source), scope]() -> std::optional<Value> {
    while (std::optional<Value> item = source()) {
      const ScopePointer own = inside(scope);
      assign(node.target, *item, own);
      if (is_true(evaluate(*node.condition, own))) return item;
    }
    return std::nullopt;
  };
}

Evaluator::Flow Evaluator::repeat(const For& node, const Value& iterable, const ScopePointer& scope, unsigned nesting) {
  auto loop = std::make_shared<Loop>();
  loop->source = runtime_.source(iterable);
  if (node.condition != nullptr)
    loop->source = filtered_source(node, std::move(loop->source), scope);
  else
    loop->length = runtime_.length(iterable);
  loop->nesting = nesting;
  loop->depth = iterable.depth() + 1;
  if (node.recursive) {
    runtime_.keep(scope);
    loop->recurse = [this, &node, scope, nesting](const Value& inner) {
      TextWriter writer(runtime_.budget());
      {
        const Redirected redirected(output_, writer);
        repeat(node, inner, scope, nesting + 1);
      }
      return runtime_.text(writer.take());
    };
  }
  while (loop->advance()) {
    const ScopePointer own = inside(scope);
    own->variables.emplace_back("loop", Value(loop));
    assign(node.target, *loop->current, own);
    if (execute(node.body, own) == Flow::leave) return Flow::next;
  }
  if (loop->index0 < 0) return execute(node.otherwise, inside(scope));
  return Flow::next;
}

Evaluator::Flow Evaluator::run_node(const For& node, const ScopePointer& scope) {
  return repeat(node, evaluate(*node.iterable, scope), scope, 0);
}

Evaluator::Flow Evaluator::run_node(const If& node, const ScopePointer& scope) {
  for (const auto& [test, body] : node.branches) {
    if (is_true(evaluate(*test, scope))) return execute(body, scope);
  }
  return execute(node.otherwise, scope);
}

Evaluator::Flow Evaluator::run_node(const Set& node, const ScopePointer& scope) {
  assign(node.target, evaluate(*node.value, scope), scope);
  return Flow::next;
}

Evaluator::Flow Evaluator::run_node(const SetBlock& node, const ScopePointer& scope) {
  const Value text = runtime_.text(captured(node.body, inside(scope)));
  assign(node.target, node.filter == nullptr ? text : filter_chain(*node.filter, text, scope), scope);
  return Flow::next;
}

Value Evaluator::macro(std::string name, const Signature& signature, const Body& body, const ScopePointer& scope) {
  runtime_.keep(scope);
  std::string known = name;
  return runtime_.function(std::move(known), "Macro", 0,
                           [this, name = std::move(name), &signature, &body, scope](Runtime&, const Arguments& given) {
                             return call_macro(name, signature, body, scope, given);
                           });
}

Value Evaluator::call_macro(const std::string& name, const Signature& signature, const Body& body, const ScopePointer& scope,
                            const Arguments& given) {
  const Level level(runtime_.budget());
  const ScopePointer own = inside(scope);
  std::vector<bool> used(given.named.size(), false);
  const auto named = [&](std::string_view wanted) -> const Value* {
    for (std::size_t i = 0; i < given.named.size(); ++i)
      if (given.named[i].name == wanted) return used[i] = true, &given.named[i].value;
    return nullptr;
  };
  const std::size_t count = signature.parameters.size();
  bool explicit_caller = false;
  for (std::size_t i = 0; i < count; ++i) {
    const Parameter& parameter = signature.parameters[i];
    explicit_caller |= parameter.name == "caller";
    const Value* value = i < given.positional.size() ? &given.positional[i] : named(parameter.name);
    if (value != nullptr)
      own->set(parameter.name, *value);
    else if (parameter.standard != nullptr)
      own->set(parameter.name, evaluate(*parameter.standard, own));
    else
      own->set(parameter.name, runtime_.undefined(fmt::format("parameter '{}' was not provided", parameter.name)));
  }
  if (signature.uses_caller && !explicit_caller) {
    const Value* caller = named("caller");
    own->set("caller", caller != nullptr ? *caller : runtime_.undefined("No caller defined"));
  }
  std::vector<Dict::Entry> others;
  for (std::size_t i = 0; i < used.size(); ++i)
    if (!used[i]) others.emplace_back(runtime_.name_of(given.named[i]), given.named[i].value);
  if (!signature.uses_named && !others.empty())
    runtime_.refuse("macro '{}' takes no keyword argument '{}'", name, others.front().first.text()->bytes);
  if (!signature.uses_positional && given.positional.size() > count)
    runtime_.refuse("macro '{}' takes not more than {} argument(s)", name, count);
  if (signature.uses_named) own->set("kwargs", runtime_.dict(std::move(others)));
  if (signature.uses_positional) {
    const auto rest = given.positional.begin() + static_cast<std::ptrdiff_t>(std::min(count, given.positional.size()));
    own->set("varargs", runtime_.tuple({rest, given.positional.end()}));
  }
  return runtime_.text(captured(body, own));
}

Evaluator::Flow Evaluator::run_node(const Macro& node, const ScopePointer& scope) {
  scope->set(node.name, macro(node.name, node.signature, node.body, scope));
  return Flow::next;
}

Evaluator::Flow Evaluator::run_node(const CallBlock& node, const ScopePointer& scope) {
  const Call& call = std::get<Call>(node.call->node);
  const Value callee = evaluate(*call.callee, scope);
  Arguments given = arguments(call.arguments, scope);
  given.named.push_back({"caller", macro("", node.signature, node.body, scope)});
  output_->append(str(runtime_, runtime_.call(callee, given)));
  return Flow::next;
}

Evaluator::Flow Evaluator::run_node(const FilterBlock& node, const ScopePointer& scope) {
  const Value text = runtime_.text(captured(node.body, inside(scope)));
  output_->append(str(runtime_, filter_chain(*node.filter, text, scope)));
  return Flow::next;
}

// The values are those of the names outside, even where a name inside hides one.
Evaluator::Flow Evaluator::run_node(const With& node, const ScopePointer& scope) {
  const ScopePointer own = inside(scope);
  for (const auto& [target, expression] : node.assignments) assign(target, evaluate(*expression, scope), own);
  return execute(node.body, own);
}

Evaluator::Flow Evaluator::run_node(const Generation& node, const ScopePointer& scope) {
  output_->append(captured(node.body, inside(scope)));
  return Flow::next;
}

Evaluator::Flow Evaluator::run_node(const Break&, const ScopePointer&) { return Flow::leave; }
Evaluator::Flow Evaluator::run_node(const Continue&, const ScopePointer&) { return Flow::repeat; }

}  // namespace tightrope::text::jinja
