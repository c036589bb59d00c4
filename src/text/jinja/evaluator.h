// Runs a template's tree: expressions to values, statements to text.
#pragma once

#include "text/jinja/runtime.h"
#include "text/jinja/syntax.h"

namespace tightrope::text::jinja {

class Evaluator {
 public:
  explicit Evaluator(Runtime& runtime) : runtime_(runtime) {}

  // The text of the whole body, with `globals` as the outermost names.
  MarkedText run(const Body& body, const std::shared_ptr<Scope>& globals);

 private:
  using ScopePointer = std::shared_ptr<Scope>;
  enum class Flow : std::uint8_t { next, leave, repeat };  // leave: break; repeat: continue

  // Expressions (evaluate_expression.cpp).
  Value evaluate(const Expression& expression, const ScopePointer& scope);
  Value none_or(const ExpressionPointer& expression, const ScopePointer& scope);
  Arguments arguments(const CallArguments& given, const ScopePointer& scope);
  Value filtered(const Filter& node, const Value& input, const ScopePointer& scope);
  Value filter_chain(const Expression& filter, const Value& input, const ScopePointer& scope);

  Value on(const Constant& node, const ScopePointer& scope);
  Value on(const Name& node, const ScopePointer& scope);
  Value on(const Sequence& node, const ScopePointer& scope);
  Value on(const Mapping& node, const ScopePointer& scope);
  Value on(const Sign& node, const ScopePointer& scope);
  Value on(const Not& node, const ScopePointer& scope);
  Value on(const Binary& node, const ScopePointer& scope);
  Value on(const Logical& node, const ScopePointer& scope);
  Value on(const Comparison& node, const ScopePointer& scope);
  Value on(const Concatenation& node, const ScopePointer& scope);
  Value on(const Conditional& node, const ScopePointer& scope);
  Value on(const Attribute& node, const ScopePointer& scope);
  Value on(const Item& node, const ScopePointer& scope);
  Value on(const Slice& node, const ScopePointer& scope);
  Value on(const Call& node, const ScopePointer& scope);
  Value on(const Filter& node, const ScopePointer& scope);
  Value on(const Test& node, const ScopePointer& scope);

  // Statements (evaluate_statement.cpp).
  Flow execute(const Body& body, const ScopePointer& scope);
  void assign(const Target& target, const Value& value, const ScopePointer& scope);
  MarkedText captured(const Body& body, const ScopePointer& scope);
  Flow repeat(const For& node, const Value& iterable, const ScopePointer& scope, unsigned nesting);
  Source filtered_source(const For& node, Source source, const ScopePointer& scope);
  Value macro(std::string name, const Signature& signature, const Body& body, const ScopePointer& scope);
  Value call_macro(const std::string& name, const Signature& signature, const Body& body, const ScopePointer& scope,
                   const Arguments& arguments);

  Flow run_node(const Data& node, const ScopePointer& scope);
  Flow run_node(const Output& node, const ScopePointer& scope);
  Flow run_node(const For& node, const ScopePointer& scope);
  Flow run_node(const If& node, const ScopePointer& scope);
  Flow run_node(const Set& node, const ScopePointer& scope);
  Flow run_node(const SetBlock& node, const ScopePointer& scope);
  Flow run_node(const Macro& node, const ScopePointer& scope);
  Flow run_node(const CallBlock& node, const ScopePointer& scope);
  Flow run_node(const FilterBlock& node, const ScopePointer& scope);
  Flow run_node(const With& node, const ScopePointer& scope);
  Flow run_node(const Generation& node, const ScopePointer& scope);
  Flow run_node(const Break& node, const ScopePointer& scope);
  Flow run_node(const Continue& node, const ScopePointer& scope);

  Runtime& runtime_;
  TextWriter* output_ = nullptr;  // where text goes at present
};

}  // namespace tightrope::text::jinja
