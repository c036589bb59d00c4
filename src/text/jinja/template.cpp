// Template: the parsed tree, and JSON as the values it works on.
#include "text/jinja/template.h"

#include "base/error.h"
#include "text/jinja/evaluator.h"
#include "text/jinja/lexer.h"
#include "text/jinja/parser.h"
#include "text/utf8.h"

namespace tightrope::text::jinja {
namespace {

// JSON is at most 256 levels deep, and so is the recursion.
class Importer {
 public:
  Importer(Runtime& runtime, bool trusted, Trust trust) : runtime_(runtime), trusted_(trusted), trust_(trust) {}

  Value value(const Json& json, std::string_view key) const {
    constexpr std::string_view what = "a variable of a template";
    const Level level(runtime_.budget());
    if (json.is_null()) return None{};
    if (json.is_bool()) return json.as_bool(what);
    if (json.is_string()) return string(json.as_string(what), trusted_ || (trust_ != nullptr && trust_(key, json.as_string(what))));
    if (json.is_integer()) return integer(json);
    if (json.is_number()) return json.as_double(what);
    if (json.is_array()) {
      std::vector<Value> items;
      for (const Json& item : json.as_array(what)) items.push_back(value(item, key));
      return runtime_.list(std::move(items));
    }
    std::vector<Dict::Entry> entries;
    for (const auto& [name, member] : json.as_object(what)) entries.emplace_back(string(name, trusted_), value(member, name));
    return runtime_.dict(std::move(entries));
  }

 private:
  static Integer integer(const Json& json) {
    const bool large = json.as_double("number") >= 0x1p63;
    return large ? static_cast<Integer>(json.as_uint("number")) : static_cast<Integer>(json.as_int("number"));
  }

  Value string(const std::string& text, bool trusted) const {
    TextWriter writer(runtime_.budget());
    writer.append(is_valid_utf8(text) ? text : repaired_utf8(text), !trusted);
    return runtime_.text(writer.take());
  }

  Runtime& runtime_;
  const bool trusted_;
  const Trust trust_;
};

std::string checked_source(std::string_view source, const Limits& limits) {
  if (source.size() > limits.source_bytes)
    fail(ErrorCode::out_of_memory, "[template] the template has {} bytes, beyond the limit of {}", source.size(), limits.source_bytes);
  return is_valid_utf8(source) ? std::string(source) : repaired_utf8(source);
}

}  // namespace

struct Template::Implementation {
  Implementation(std::string_view text, const Limits& wanted)
      : limits(wanted), source(checked_source(text, wanted)), budget(wanted), body(parse(source, budget)) {}

  const Limits limits;
  const std::string source;
  Budget budget;  // of the constants in the tree
  const Body body;
};

Template::Template(std::string_view source, const Limits& limits)
    : implementation_(std::make_unique<const Implementation>(source, limits)) {}
Template::~Template() = default;
Template::Template(Template&&) noexcept = default;

Rendered Template::render(const std::vector<Variable>& variables, std::time_t now, Trust trust) const {
  Budget budget(implementation_->limits);
  Runtime runtime(budget, now);
  auto globals = std::make_shared<Scope>();
  for (const Variable& variable : variables)
    globals->set(variable.name, Importer(runtime, variable.trusted, trust).value(variable.value, variable.name));
  MarkedText text = Evaluator(runtime).run(implementation_->body, globals);
  if (text.bytes.size() > budget.limits().output_bytes)
    fail(ErrorCode::out_of_memory, "[template] the rendered text has {} bytes, beyond the limit of {}", text.bytes.size(),
         budget.limits().output_bytes);
  return {std::move(text.bytes), std::move(text.user)};
}

std::vector<std::string> Template::literals() const {
  std::vector<std::string> found;
  for (const Token& token : tokenize(implementation_->source)) {
    if (token.kind == Token::Kind::data || token.kind == Token::Kind::string) found.push_back(token.text);
  }
  return found;
}

}  // namespace tightrope::text::jinja
