// Tokens to a tree, with the precedence and the oddities of Jinja's own grammar.
#pragma once

#include <span>
#include <string_view>

#include "text/jinja/lexer.h"
#include "text/jinja/syntax.h"

namespace tightrope::text::jinja {

// Constants are charged to `budget`, which must outlive the tree. Errors: malformed; unsupported for a tag that is not known, naming it.
Body parse(std::string_view source, Budget& budget);

}  // namespace tightrope::text::jinja
