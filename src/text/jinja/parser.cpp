// Parsing statements: a table of tags, each with the function that reads it.
#include "text/jinja/parser.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "base/error.h"
#include "text/jinja/expression_parser.h"

namespace tightrope::text::jinja {
namespace {

using Kind = Token::Kind;

constexpr unsigned kMaximumBlocks = 100;  // blocks in one another

class Parser {
 public:
  Parser(std::string_view source, Budget& budget) : tokens_(tokenize(source)), expressions_(tokens_, budget) {}

  Body run() {
    Body body = body_until({});
    if (!tokens_.at_kind(Kind::end)) tokens_.refuse("a tag closes nothing");
    return body;
  }

 private:
  using Read = Statement (Parser::*)(std::uint32_t line);
  struct Tag {
    std::string_view name;
    Read read;
  };
  static std::span<const Tag> tags();

  template <class Node>
  static Statement made(std::uint32_t line, Node node) {
    return {.line = line, .node = std::move(node)};
  }

  // Statements up to a tag of one of these names, whose name is the current token then; up to the end of the template when there are none.
  Body body_until(std::initializer_list<std::string_view> ends) {
    if (++nesting_ > kMaximumBlocks) tokens_.refuse(fmt::format("blocks nest deeper than {}", kMaximumBlocks));
    Body body;
    while (!tokens_.at_kind(Kind::end)) {
      const Token token = tokens_.next();
      if (token.kind == Kind::data) {
        body.push_back(made(token.line, Data{token.text}));
      } else if (token.kind == Kind::variable_begin) {
        body.push_back(made(token.line, Output{expressions_.tuple()}));
        tokens_.expect_kind(Kind::variable_end);
      } else {
        const auto ended = [&](std::string_view name) { return tokens_.at_name(name); };
        if (std::ranges::any_of(ends, ended)) break;
        body.push_back(statement());
        tokens_.expect_kind(Kind::block_end);
      }
    }
    if (ends.size() > 0 && tokens_.at_kind(Kind::end))
      tokens_.refuse(fmt::format("the template ends before '{}'", fmt::join(ends, "' or '")));
    --nesting_;
    return body;
  }

  // The same for the inside of a tag that is still open; the closing tag's name is consumed.
  Body body_of(std::string_view end) {
    open_body();
    Body body = body_until({end});
    tokens_.next();
    return body;
  }

  void open_body() {
    tokens_.skip_symbol(":");
    tokens_.expect_kind(Kind::block_end);
  }

  Statement statement() {
    const std::uint32_t line = tokens_.line();
    const std::string name = tokens_.expect_any_name();
    const auto found = std::ranges::find(tags(), name, &Tag::name);
    if (found == tags().end()) {
      std::string known;
      for (const Tag& tag : tags()) known += fmt::format("{}{}", known.empty() ? "" : ", ", tag.name);
      fail(ErrorCode::unsupported, "[template] line {}: the tag '{}' is not supported; supported are {}", line, name.substr(0, 64), known);
    }
    return (this->*found->read)(line);
  }

  Target single_target(bool attributes) {
    Target target{.name = tokens_.expect_any_name(), .attribute = {}, .parts = {}};
    constexpr std::array<std::string_view, 6> kNoNames = {"true", "false", "none", "True", "False", "None"};
    if (std::ranges::find(kNoNames, target.name) != kNoNames.end()) tokens_.refuse(fmt::format("'{}' cannot be assigned to", target.name));
    if (attributes && tokens_.skip_symbol(".")) target.attribute = tokens_.expect_any_name();
    if (loops_ > 0 && target.attribute.empty() && target.name == "loop") tokens_.refuse("'loop' cannot be assigned to in a loop");
    return target;
  }

  Target target_item(bool attributes) {
    if (!tokens_.skip_symbol("(")) return single_target(attributes);
    if (++nesting_ > kMaximumBlocks) tokens_.refuse("targets nest too deep");
    Target target = targets(attributes);
    --nesting_;
    tokens_.expect_symbol(")");
    return target;
  }

  Target targets(bool attributes) {
    Target list{.name = {}, .attribute = {}, .parts = {}, .tuple = true};
    bool comma = false;
    while (tokens_.at_kind(Kind::name) || tokens_.at_symbol("(")) {
      if (tokens_.at_name("in")) break;
      list.parts.push_back(target_item(attributes));
      if (!tokens_.skip_symbol(",")) break;
      comma = true;
    }
    if (list.parts.empty()) tokens_.refuse("a name to assign to is expected");
    if (comma) return list;
    Target only = std::move(list.parts.front());
    return only;
  }

  Statement read_set(std::uint32_t line) {
    Target target = targets(true);
    if (tokens_.skip_symbol("=")) return made(line, Set{std::move(target), expressions_.tuple()});
    ExpressionPointer filter = expressions_.filters(nullptr);
    return made(line, SetBlock{std::move(target), std::move(filter), body_of("endset")});
  }

  Statement read_for(std::uint32_t line) {
    For node;
    ++loops_;
    node.target = targets(false);
    tokens_.expect_name("in");
    node.iterable = expressions_.tuple({.conditional = false, .end_name = "recursive"});
    if (tokens_.skip_name("if")) node.condition = expressions_.expression();
    node.recursive = tokens_.skip_name("recursive");
    open_body();
    node.body = body_until({"endfor", "else"});
    --loops_;
    if (tokens_.next().text == "else") node.otherwise = body_of("endfor");
    return made(line, std::move(node));
  }

  Statement read_if(std::uint32_t line) {
    If node;
    for (;;) {
      ExpressionPointer test = expressions_.tuple({.conditional = false});
      open_body();
      node.branches.emplace_back(std::move(test), body_until({"elif", "else", "endif"}));
      const std::string end = tokens_.next().text;
      if (end == "elif") continue;
      if (end == "else") node.otherwise = body_of("endif");
      return made(line, std::move(node));
    }
  }

  Statement read_with(std::uint32_t line) {
    With node;
    while (!tokens_.at_kind(Kind::block_end) && !tokens_.at_symbol(":")) {
      if (!node.assignments.empty()) tokens_.expect_symbol(",");
      Target target = target_item(false);
      tokens_.expect_symbol("=");
      node.assignments.emplace_back(std::move(target), expressions_.expression());
    }
    node.body = body_of("endwith");
    return made(line, std::move(node));
  }

  std::vector<Parameter> parameters() {
    std::vector<Parameter> list;
    tokens_.expect_symbol("(");
    while (!tokens_.at_symbol(")")) {
      if (!list.empty()) tokens_.expect_symbol(",");
      Parameter parameter{.name = tokens_.expect_any_name(), .standard = {}};
      if (tokens_.skip_symbol("=")) parameter.standard = expressions_.expression();
      if (!parameter.standard && !list.empty() && list.back().standard) tokens_.refuse("a parameter without a default follows one with it");
      list.push_back(std::move(parameter));
    }
    tokens_.expect_symbol(")");
    return list;
  }

  // The body of a macro, and what of caller, kwargs and varargs it mentions.
  Body macro_body(std::string_view end, Signature& signature) {
    expressions_.mentions().push_back({});
    const unsigned loops = std::exchange(loops_, 0);
    Body body = body_of(end);
    loops_ = loops;
    const ExpressionParser::Mentions mentioned = expressions_.mentions().back();
    expressions_.mentions().pop_back();
    signature.uses_caller = mentioned.caller;
    signature.uses_named = mentioned.named;
    signature.uses_positional = mentioned.positional;
    return body;
  }

  Statement read_macro(std::uint32_t line) {
    Macro node{.name = tokens_.expect_any_name(), .signature = {}, .body = {}};
    node.signature.parameters = parameters();
    node.body = macro_body("endmacro", node.signature);
    return made(line, std::move(node));
  }

  Statement read_call(std::uint32_t line) {
    CallBlock node;
    if (tokens_.at_symbol("(")) node.signature.parameters = parameters();
    node.call = expressions_.expression();
    if (!std::holds_alternative<Call>(node.call->node)) tokens_.refuse("'call' wants a call");
    node.body = macro_body("endcall", node.signature);
    return made(line, std::move(node));
  }

  Statement read_filter(std::uint32_t line) {
    ExpressionPointer filter = expressions_.filters(nullptr, true);
    return made(line, FilterBlock{std::move(filter), body_of("endfilter")});
  }

  Statement read_print(std::uint32_t line) { return made(line, Output{expressions_.expression()}); }

  Statement read_generation(std::uint32_t line) {
    Signature ignored;
    return made(line, Generation{macro_body("endgeneration", ignored)});
  }

  Statement read_break(std::uint32_t line) {
    if (loops_ == 0) tokens_.refuse("'break' stands outside a loop");
    return made(line, Break{});
  }

  Statement read_continue(std::uint32_t line) {
    if (loops_ == 0) tokens_.refuse("'continue' stands outside a loop");
    return made(line, Continue{});
  }

  TokenStream tokens_;
  ExpressionParser expressions_;
  unsigned nesting_ = 0, loops_ = 0;
};

std::span<const Parser::Tag> Parser::tags() {
  static constexpr std::array kTags = {
      Tag{"for", &Parser::read_for},
      Tag{"if", &Parser::read_if},
      Tag{"set", &Parser::read_set},
      Tag{"macro", &Parser::read_macro},
      Tag{"call", &Parser::read_call},
      Tag{"filter", &Parser::read_filter},
      Tag{"with", &Parser::read_with},
      Tag{"print", &Parser::read_print},
      Tag{"generation", &Parser::read_generation},
      Tag{"break", &Parser::read_break},
      Tag{"continue", &Parser::read_continue},
  };
  return kTags;
}

}  // namespace

Body parse(std::string_view source, Budget& budget) { return Parser(source, budget).run(); }

}  // namespace tightrope::text::jinja
