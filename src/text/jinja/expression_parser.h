// Expressions of a template, from names and numbers to calls, filters and tests.
#pragma once

#include <initializer_list>
#include <string_view>
#include <vector>

#include "text/jinja/syntax.h"
#include "text/jinja/token_stream.h"

namespace tightrope::text::jinja {

// What may follow a list of expressions without ending it in an error: "in" of a for loop, "recursive".
struct TupleRules {
  bool conditional = true;         // a if b else c is allowed
  std::string_view end_name = {};  // a name that ends the list
  bool parentheses = false;        // (), which may be empty
};

class ExpressionParser {
 public:
  ExpressionParser(TokenStream& tokens, Budget& budget) : tokens_(tokens), budget_(budget) {}

  ExpressionPointer expression(bool conditional = true);
  ExpressionPointer tuple(const TupleRules& rules = {});
  // Filters behind a value, or behind the block's text when `input` is null; `named` starts with a name instead of a bar.
  ExpressionPointer filters(ExpressionPointer input, bool named = false);

  // Macros learn here whether their bodies mention these: pushed when a body starts, popped by the macro.
  struct Mentions {
    bool caller = false, named = false, positional = false;
  };
  std::vector<Mentions>& mentions() { return mentions_; }

 private:
  using Parse = ExpressionPointer (ExpressionParser::*)();

  ExpressionPointer conditional();
  ExpressionPointer disjunction();
  ExpressionPointer conjunction();
  ExpressionPointer negation();
  ExpressionPointer comparison();
  ExpressionPointer sum();
  ExpressionPointer concatenation();
  ExpressionPointer product();
  ExpressionPointer power();
  ExpressionPointer sign();  // with filters and tests
  ExpressionPointer unary();
  ExpressionPointer primary();
  ExpressionPointer named(const Token& token);
  ExpressionPointer string();
  ExpressionPointer list();
  ExpressionPointer mapping();
  ExpressionPointer postfix(ExpressionPointer node);
  ExpressionPointer filters_and_tests(ExpressionPointer node);
  ExpressionPointer attribute(ExpressionPointer object);
  ExpressionPointer item(ExpressionPointer object);
  ExpressionPointer test(ExpressionPointer input);
  ExpressionPointer call(ExpressionPointer callee);
  ExpressionPointer binary_chain(std::initializer_list<std::string_view> symbols, Parse operand);
  CallArguments arguments();
  std::string dotted_name();

  template <class Node>
  ExpressionPointer make(std::uint32_t line, Node node);

  TokenStream& tokens_;
  Budget& budget_;
  unsigned nesting_ = 0;  // of parsing functions
  std::vector<Mentions> mentions_;
};

}  // namespace tightrope::text::jinja
