// Parsing expressions: one function a level of precedence, the loosest first.
#include "text/jinja/expression_parser.h"

#include <algorithm>
#include <array>

#include "text/jinja/operators.h"

namespace tightrope::text::jinja {
namespace {

using Kind = Token::Kind;

constexpr unsigned kMaximumDepth = 200;    // of a tree
constexpr unsigned kMaximumNesting = 100;  // of brackets and the like, each of which is a dozen calls

// The deepest of a node's children.
class Depth {
 public:
  unsigned value = 0;
  void see(const ExpressionPointer& child) {
    if (child != nullptr) value = std::max(value, child->depth);
  }
  void see(const std::vector<ExpressionPointer>& children) {
    for (const ExpressionPointer& child : children) see(child);
  }
  void see(const CallArguments& arguments) {
    see(arguments.positional);
    for (const auto& [name, child] : arguments.named) see(child);
    see(arguments.more_positional);
    see(arguments.more_named);
  }

  void operator()(const Constant&) {}
  void operator()(const Name&) {}
  void operator()(const Sequence& node) { see(node.items); }
  void operator()(const Mapping& node) {
    for (const auto& [key, value_node] : node.entries) see(key), see(value_node);
  }
  void operator()(const Sign& node) { see(node.operand); }
  void operator()(const Not& node) { see(node.operand); }
  void operator()(const Binary& node) { see(node.left), see(node.right); }
  void operator()(const Logical& node) { see(node.left), see(node.right); }
  void operator()(const Comparison& node) {
    see(node.first);
    for (const auto& [operation, child] : node.rest) see(child);
  }
  void operator()(const Concatenation& node) { see(node.parts); }
  void operator()(const Conditional& node) { see(node.test), see(node.then), see(node.otherwise); }
  void operator()(const Attribute& node) { see(node.object); }
  void operator()(const Item& node) { see(node.object), see(node.key); }
  void operator()(const Slice& node) { see(node.object), see(node.start), see(node.stop), see(node.step); }
  void operator()(const Call& node) { see(node.callee), see(node.arguments); }
  void operator()(const Filter& node) { see(node.input), see(node.arguments); }
  void operator()(const Test& node) { see(node.input), see(node.arguments); }
};

class Nesting {
 public:
  Nesting(unsigned& depth, const TokenStream& tokens) : depth_(depth) {
    if (depth_ == kMaximumNesting) tokens.refuse(fmt::format("an expression nests deeper than {}", kMaximumNesting));
    ++depth_;
  }
  Nesting(const Nesting&) = delete;
  Nesting& operator=(const Nesting&) = delete;
  ~Nesting() { --depth_; }

 private:
  unsigned& depth_;
};

}  // namespace

template <class Node>
ExpressionPointer ExpressionParser::make(std::uint32_t line, Node node) {
  Depth depth;
  depth(node);
  if (depth.value >= kMaximumDepth) tokens_.refuse(fmt::format("an expression has more than {} operators in one another", kMaximumDepth));
  budget_.hold(sizeof(Expression));  // for as long as the template lives
  auto made = std::make_unique<Expression>();
  made->line = line;
  made->depth = depth.value + 1;
  made->node = std::move(node);
  return made;
}

ExpressionPointer ExpressionParser::expression(bool with_conditional) {
  const Nesting nesting(nesting_, tokens_);
  return with_conditional ? conditional() : disjunction();
}

ExpressionPointer ExpressionParser::conditional() {
  const Nesting nesting(nesting_, tokens_);
  ExpressionPointer node = disjunction();
  while (tokens_.at_name("if")) {
    const std::uint32_t line = tokens_.next().line;
    Conditional made;
    made.test = disjunction();
    made.then = std::move(node);
    if (tokens_.skip_name("else")) made.otherwise = conditional();
    node = make(line, std::move(made));
  }
  return node;
}

ExpressionPointer ExpressionParser::disjunction() {
  ExpressionPointer left = conjunction();
  while (tokens_.at_name("or")) {
    const std::uint32_t line = tokens_.next().line;
    ExpressionPointer right = conjunction();
    left = make(line, Logical{std::move(left), std::move(right), true});
  }
  return left;
}

ExpressionPointer ExpressionParser::conjunction() {
  ExpressionPointer left = negation();
  while (tokens_.at_name("and")) {
    const std::uint32_t line = tokens_.next().line;
    ExpressionPointer right = negation();
    left = make(line, Logical{std::move(left), std::move(right), false});
  }
  return left;
}

ExpressionPointer ExpressionParser::negation() {
  const Nesting nesting(nesting_, tokens_);
  if (!tokens_.at_name("not")) return comparison();
  const std::uint32_t line = tokens_.next().line;
  return make(line, Not{negation()});
}

ExpressionPointer ExpressionParser::comparison() {
  const std::uint32_t line = tokens_.line();
  Comparison made{.first = sum(), .rest = {}};
  for (;;) {
    const bool not_in = tokens_.at_name("not") && TokenStream::is(tokens_.following(), Kind::name, "in");
    const bool in = tokens_.at_name("in");
    const bool symbol = tokens_.at_kind(Kind::symbol) && find_comparison_operator(tokens_.current().text) != nullptr;
    if (!not_in && !in && !symbol) break;
    if (not_in) tokens_.next();
    const std::string spelt = tokens_.next().text;
    const ComparisonOperator* operation = find_comparison_operator(not_in ? "not in" : spelt);
    made.rest.emplace_back(operation, sum());
  }
  return made.rest.empty() ? std::move(made.first) : make(line, std::move(made));
}

ExpressionPointer ExpressionParser::binary_chain(std::initializer_list<std::string_view> symbols, Parse operand) {
  ExpressionPointer left = (this->*operand)();
  const auto wanted = [&] { return std::ranges::any_of(symbols, [&](std::string_view symbol) { return tokens_.at_symbol(symbol); }); };
  while (wanted()) {
    const Token token = tokens_.next();
    ExpressionPointer right = (this->*operand)();
    left = make(token.line, Binary{find_binary_operator(token.text), std::move(left), std::move(right)});
  }
  return left;
}

ExpressionPointer ExpressionParser::sum() { return binary_chain({"+", "-"}, &ExpressionParser::concatenation); }
ExpressionPointer ExpressionParser::product() { return binary_chain({"*", "/", "//", "%"}, &ExpressionParser::power); }
ExpressionPointer ExpressionParser::power() { return binary_chain({"**"}, &ExpressionParser::sign); }

ExpressionPointer ExpressionParser::concatenation() {
  const std::uint32_t line = tokens_.line();
  Concatenation made;
  made.parts.push_back(product());
  while (tokens_.skip_symbol("~")) made.parts.push_back(product());
  return made.parts.size() == 1 ? std::move(made.parts.front()) : make(line, std::move(made));
}

ExpressionPointer ExpressionParser::sign() { return filters_and_tests(unary()); }

ExpressionPointer ExpressionParser::unary() {
  const Nesting nesting(nesting_, tokens_);
  const std::uint32_t line = tokens_.line();
  ExpressionPointer node;
  if (tokens_.skip_symbol("-"))
    node = make(line, Sign{unary(), true});
  else if (tokens_.skip_symbol("+"))
    node = make(line, Sign{unary(), false});
  else
    node = primary();
  return postfix(std::move(node));
}

ExpressionPointer ExpressionParser::primary() {
  if (tokens_.at_kind(Kind::name)) return named(tokens_.next());
  if (tokens_.at_kind(Kind::string)) return string();
  if (tokens_.at_kind(Kind::integer)) {
    const Token token = tokens_.next();
    return make(token.line, Constant{token.integer});
  }
  if (tokens_.at_kind(Kind::real)) {
    const Token token = tokens_.next();
    return make(token.line, Constant{token.real});
  }
  if (tokens_.skip_symbol("(")) {
    ExpressionPointer inner = tuple({.parentheses = true});
    tokens_.expect_symbol(")");
    return inner;
  }
  if (tokens_.at_symbol("[")) return list();
  if (tokens_.at_symbol("{")) return mapping();
  tokens_.refuse("an expression is expected");
}

ExpressionPointer ExpressionParser::named(const Token& token) {
  constexpr std::array<std::pair<std::string_view, bool>, 4> kTruth = {
      {{"true", true}, {"True", true}, {"false", false}, {"False", false}}};
  for (const auto& [name, value] : kTruth) {
    if (token.text == name) return make(token.line, Constant{value});
  }
  if (token.text == "none" || token.text == "None") return make(token.line, Constant{None{}});
  for (Mentions& mentioned : mentions_) {
    mentioned.caller |= token.text == "caller";
    mentioned.named |= token.text == "kwargs";
    mentioned.positional |= token.text == "varargs";
  }
  return make(token.line, Name{token.text});
}

ExpressionPointer ExpressionParser::string() {
  const std::uint32_t line = tokens_.line();
  TextWriter text(budget_);
  while (tokens_.at_kind(Kind::string)) text.append(tokens_.next().text);
  return make(line, Constant{TextPointer(std::make_shared<const Text>(budget_, text.take()))});
}

ExpressionPointer ExpressionParser::list() {
  const std::uint32_t line = tokens_.next().line;
  Sequence made;
  while (!tokens_.at_symbol("]")) {
    if (!made.items.empty()) tokens_.expect_symbol(",");
    if (tokens_.at_symbol("]")) break;
    made.items.push_back(expression());
  }
  tokens_.expect_symbol("]");
  return make(line, std::move(made));
}

ExpressionPointer ExpressionParser::mapping() {
  const std::uint32_t line = tokens_.next().line;
  Mapping made;
  while (!tokens_.at_symbol("}")) {
    if (!made.entries.empty()) tokens_.expect_symbol(",");
    if (tokens_.at_symbol("}")) break;
    ExpressionPointer key = expression();
    tokens_.expect_symbol(":");
    made.entries.emplace_back(std::move(key), expression());
  }
  tokens_.expect_symbol("}");
  return make(line, std::move(made));
}

ExpressionPointer ExpressionParser::tuple(const TupleRules& rules) {
  const std::uint32_t line = tokens_.line();
  Sequence made{.items = {}, .tuple = true};
  bool comma = false;
  const auto at_end = [&] {
    return tokens_.at_kind(Kind::variable_end) || tokens_.at_kind(Kind::block_end) || tokens_.at_symbol(")") ||
           (!rules.end_name.empty() && tokens_.at_name(rules.end_name));
  };
  while (!at_end()) {
    made.items.push_back(expression(rules.conditional));
    if (!tokens_.skip_symbol(",")) break;
    comma = true;
  }
  if (!comma && !made.items.empty()) return std::move(made.items.front());
  if (made.items.empty() && !rules.parentheses) tokens_.refuse("an expression is expected");
  return make(line, std::move(made));
}

ExpressionPointer ExpressionParser::postfix(ExpressionPointer node) {
  for (;;) {
    if (tokens_.at_symbol("."))
      node = attribute(std::move(node));
    else if (tokens_.at_symbol("["))
      node = item(std::move(node));
    else if (tokens_.at_symbol("("))
      node = call(std::move(node));
    else
      return node;
  }
}

ExpressionPointer ExpressionParser::filters_and_tests(ExpressionPointer node) {
  for (;;) {
    if (tokens_.at_symbol("|"))
      node = filters(std::move(node));
    else if (tokens_.at_name("is"))
      node = test(std::move(node));
    else if (tokens_.at_symbol("("))
      node = call(std::move(node));
    else
      return node;
  }
}

ExpressionPointer ExpressionParser::attribute(ExpressionPointer object) {
  const std::uint32_t line = tokens_.next().line;
  if (tokens_.at_kind(Kind::integer)) {
    ExpressionPointer key = make(line, Constant{tokens_.next().integer});
    return make(line, Item{std::move(object), std::move(key)});
  }
  return make(line, Attribute{std::move(object), tokens_.expect_any_name()});
}

ExpressionPointer ExpressionParser::item(ExpressionPointer object) {
  const std::uint32_t line = tokens_.next().line;
  Slice slice{.object = {}, .start = {}, .stop = {}, .step = {}};
  if (!tokens_.at_symbol(":")) slice.start = expression();
  if (!tokens_.at_symbol(":")) {
    if (tokens_.at_symbol(","))
      fail(ErrorCode::unsupported, "[template] line {}: an index of several parts is not supported; supported are one value and a slice",
           line);
    tokens_.expect_symbol("]");
    return make(line, Item{std::move(object), std::move(slice.start)});
  }
  tokens_.expect_symbol(":");
  if (!tokens_.at_symbol(":") && !tokens_.at_symbol("]")) slice.stop = expression();
  if (tokens_.skip_symbol(":") && !tokens_.at_symbol("]")) slice.step = expression();
  tokens_.expect_symbol("]");
  slice.object = std::move(object);
  return make(line, std::move(slice));
}

std::string ExpressionParser::dotted_name() {
  std::string name = tokens_.expect_any_name();
  while (tokens_.skip_symbol(".")) name.append(".").append(tokens_.expect_any_name());
  return name;
}

ExpressionPointer ExpressionParser::filters(ExpressionPointer input, bool starts_with_name) {
  while (starts_with_name || tokens_.skip_symbol("|")) {
    starts_with_name = false;
    const std::uint32_t line = tokens_.line();
    Filter made{.input = std::move(input), .name = dotted_name(), .arguments = {}};
    if (tokens_.at_symbol("(")) made.arguments = arguments();
    input = make(line, std::move(made));
  }
  return input;
}

ExpressionPointer ExpressionParser::test(ExpressionPointer input) {
  const std::uint32_t line = tokens_.next().line;
  const bool negated = tokens_.skip_name("not");
  Test made{.input = std::move(input), .name = dotted_name(), .arguments = {}};
  constexpr std::array kValues = {Kind::name, Kind::string, Kind::integer, Kind::real};
  const bool value =
      std::ranges::find(kValues, tokens_.current().kind) != kValues.end() || tokens_.at_symbol("[") || tokens_.at_symbol("{");
  const bool ends = tokens_.at_name("else") || tokens_.at_name("or") || tokens_.at_name("and");
  if (tokens_.at_symbol("(")) {
    made.arguments = arguments();
  } else if (value && !ends) {
    if (tokens_.at_name("is")) tokens_.refuse("tests cannot follow one another");
    made.arguments.positional.push_back(postfix(primary()));
  }
  ExpressionPointer node = make(line, std::move(made));
  return negated ? make(line, Not{std::move(node)}) : std::move(node);
}

ExpressionPointer ExpressionParser::call(ExpressionPointer callee) {
  const std::uint32_t line = tokens_.line();
  Call made{.callee = std::move(callee), .arguments = arguments()};
  return make(line, std::move(made));
}

CallArguments ExpressionParser::arguments() {
  CallArguments made;
  tokens_.expect_symbol("(");
  const auto ensure = [&](bool holds) {
    if (!holds) tokens_.refuse("the arguments of a call are in the wrong order");
  };
  for (bool first = true; !tokens_.at_symbol(")"); first = false) {
    if (!first) tokens_.expect_symbol(",");
    if (tokens_.at_symbol(")")) break;
    if (tokens_.skip_symbol("*")) {
      ensure(!made.more_positional && !made.more_named);
      made.more_positional = expression();
    } else if (tokens_.skip_symbol("**")) {
      ensure(!made.more_named);
      made.more_named = expression();
    } else if (tokens_.at_kind(Kind::name) && TokenStream::is(tokens_.following(), Kind::symbol, "=")) {
      ensure(!made.more_named);
      std::string name = tokens_.next().text;
      tokens_.next();
      made.named.emplace_back(std::move(name), expression());
    } else {
      ensure(!made.more_positional && !made.more_named && made.named.empty());
      made.positional.push_back(expression());
    }
  }
  tokens_.expect_symbol(")");
  return made;
}

}  // namespace tightrope::text::jinja
