// Reading tokens one after the other, and saying where something is wrong.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "text/jinja/lexer.h"

namespace tightrope::text::jinja {

class TokenStream {
 public:
  explicit TokenStream(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  const Token& current() const { return tokens_[at_]; }
  const Token& following() const { return tokens_[at_ + 1 < tokens_.size() ? at_ + 1 : at_]; }
  std::uint32_t line() const { return current().line; }
  Token next() {
    if (current().kind == Token::Kind::end) refuse("the template ends too early");
    return std::move(tokens_[at_++]);
  }

  bool at_kind(Token::Kind kind) const { return current().kind == kind; }
  bool at_symbol(std::string_view symbol) const { return is(current(), Token::Kind::symbol, symbol); }
  bool at_name(std::string_view name) const { return is(current(), Token::Kind::name, name); }
  static bool is(const Token& token, Token::Kind kind, std::string_view text) { return token.kind == kind && token.text == text; }

  bool skip_symbol(std::string_view symbol) { return at_symbol(symbol) && (++at_, true); }
  bool skip_name(std::string_view name) { return at_name(name) && (++at_, true); }
  void expect_symbol(std::string_view symbol) {
    if (!skip_symbol(symbol)) refuse(fmt::format("'{}' is expected, not {}", symbol, described()));
  }
  void expect_name(std::string_view name) {
    if (!skip_name(name)) refuse(fmt::format("'{}' is expected, not {}", name, described()));
  }
  std::string expect_any_name() {
    if (!at_kind(Token::Kind::name)) refuse(fmt::format("a name is expected, not {}", described()));
    return next().text;
  }
  void expect_kind(Token::Kind kind) {
    if (!at_kind(kind)) refuse(fmt::format("the end of the tag is expected, not {}", described()));
    ++at_;
  }

  [[noreturn]] void refuse(std::string_view what) const {
    fail(ErrorCode::malformed, "[template] line {}: {}; the template is damaged", line(), what);
  }

 private:
  std::string described() const {
    const Token::Kind kind = current().kind;
    if (kind == Token::Kind::end) return "the end of the template";
    return current().text.empty() ? "a tag" : fmt::format("'{}'", current().text.substr(0, 64));
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
};

}  // namespace tightrope::text::jinja
