// A Jinja template: parsed once, rendered any number of times, within limits.
#pragma once

#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "text/byte_span.h"
#include "text/jinja/budget.h"

namespace tightrope::text::jinja {

// One variable of a template. Strings within it count as written by the user unless it is `trusted`.
struct Variable {
  std::string name;
  Json value;
  bool trusted = false;
};

struct Rendered {
  std::string text;
  std::vector<ByteSpan> from_user;  // bytes of the text, ascending
};

// Says of a string at a key of an object whether it is to be trusted although its variable is not.
using Trust = bool (*)(std::string_view key, std::string_view text);

// Immutable and thread-safe.
class Template {
 public:
  // Errors: malformed (a syntax error, with its line), unsupported (a tag), out_of_memory.
  explicit Template(std::string_view source, const Limits& limits = {});
  ~Template();
  Template(Template&&) noexcept;

  // As transformers renders it. `now` is what strftime_now() tells. Errors: malformed and unsupported with the line, out_of_memory,
  // invalid_argument when the template itself refuses (raise_exception).
  Rendered render(const std::vector<Variable>& variables, std::time_t now, Trust trust = nullptr) const;

  // The pieces of text that the template holds outside its tags and as strings inside them, in order.
  std::vector<std::string> literals() const;

 private:
  struct Implementation;
  std::unique_ptr<const Implementation> implementation_;
};

}  // namespace tightrope::text::jinja
