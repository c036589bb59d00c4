// What may stand behind `is`, as rows.
#include <algorithm>
#include <array>

#include "text/jinja/format.h"
#include "text/jinja/native.h"
#include "text/jinja/operators.h"

namespace tightrope::text::jinja {
namespace {

Value remainder_is(const NativeCall& call, const Value& divisor, Integer wanted) {
  return equal(call.runtime, find_binary_operator("%")->apply(call.runtime, call.subject, divisor), wanted);
}

template <class... Types>
Value is_any(const NativeCall& call) {
  return (call.subject.is<Types>() || ...);
}

Value is_truth(const NativeCall& call, bool wanted) {
  const auto* truth = call.subject.get_if<bool>();
  return truth != nullptr && *truth == wanted;
}

// len() and indexing, as jinja asks; dictionaries have both.
Value is_sequence(const NativeCall& call) {
  const Value& value = call.subject;
  return value.is_text() || value.list() != nullptr || value.dict() != nullptr || value.is<Range>() || value.is_undefined();
}

Value has_method_case(const NativeCall& call, std::string_view method) {
  const Value text = call.runtime.text(str(call.runtime, call.subject));
  return call_native(call.runtime, *find_native(text_methods(), method), text, {});
}

Value compared(const NativeCall& call, std::string_view symbol) {
  return find_comparison_operator(symbol)->holds(call.runtime, call.subject, call.at(0));
}

// The same object. Small values have no identity here, and Python's depends on its version: only none, true and false are certain.
Value same_as(const NativeCall& call) {
  const Value& other = call.at(0);
  const auto constant = [](const Value& value) { return value.is_none() || value.is<bool>(); };
  if (constant(call.subject) || constant(other))
    return call.subject.storage().index() == other.storage().index() && equal(call.runtime, call.subject, other);
  call.runtime.unsupported("'sameas' is supported for true, false and none only; compare with == instead");
}

Value is_callable(const NativeCall& call) { return is_any<std::shared_ptr<const Function>, std::shared_ptr<Loop>, Undefined>(call); }

Value exists(const NativeCall& call, std::initializer_list<Natives> tables) {
  const Text& name = text_argument(call.runtime, call.subject, call.name);
  return std::ranges::any_of(tables, [&](Natives rows) { return find_native(rows, name.bytes) != nullptr; });
}

Value greater_equal(const NativeCall& call) { return compared(call, ">="); }
Value greater(const NativeCall& call) { return compared(call, ">"); }
Value less_equal(const NativeCall& call) { return compared(call, "<="); }
Value lesser(const NativeCall& call) { return compared(call, "<"); }
Value same(const NativeCall& call) { return compared(call, "=="); }
Value different(const NativeCall& call) { return compared(call, "!="); }

constexpr std::array kRows = {
    Native{"boolean", "", is_any<bool>},
    Native{"callable", "", is_callable},
    Native{"defined", "", [](const NativeCall& call) -> Value { return !call.subject.is_undefined(); }},
    Native{"divisibleby", "num", [](const NativeCall& call) { return remainder_is(call, call.at(0), 0); }},
    Native{"escaped", "", [](const NativeCall& call) -> Value { return call.subject.is_text() && call.subject.text()->safe; }},
    Native{"even", "", [](const NativeCall& call) { return remainder_is(call, Integer{2}, 0); }},
    Native{"false", "", [](const NativeCall& call) { return is_truth(call, false); }},
    Native{"filter", "",
           [](const NativeCall& call) {
             return exists(call, {text_filters(), sequence_filters(), filters()});
           }},
    Native{"float", "", is_any<double>},
    Native{"in", "seq", [](const NativeCall& call) -> Value { return contains(call.runtime, call.at(0), call.subject); }},
    Native{"integer", "", is_any<Integer>},
    Native{"iterable", "", [](const NativeCall& call) -> Value { return call.runtime.is_iterable(call.subject); }},
    Native{"lower", "", [](const NativeCall& call) { return has_method_case(call, "islower"); }},
    Native{"mapping", "", is_any<std::shared_ptr<const Dict>>},
    Native{"none", "", is_any<None>},
    Native{"number", "", is_any<bool, Integer, double>},
    Native{"odd", "", [](const NativeCall& call) { return remainder_is(call, Integer{2}, 1); }},
    Native{"sameas", "other", same_as},
    Native{"sequence", "", is_sequence},
    Native{"string", "", is_any<TextPointer>},
    Native{"test", "", [](const NativeCall& call) { return exists(call, {tests()}); }},
    Native{"true", "", [](const NativeCall& call) { return is_truth(call, true); }},
    Native{"undefined", "", is_any<Undefined>},
    Native{"upper", "", [](const NativeCall& call) { return has_method_case(call, "isupper"); }},
    Native{"==", "other", same},
    Native{"eq", "other", same},
    Native{"equalto", "other", same},
    Native{"!=", "other", different},
    Native{"ne", "other", different},
    Native{">", "other", greater},
    Native{"gt", "other", greater},
    Native{"greaterthan", "other", greater},
    Native{">=", "other", greater_equal},
    Native{"ge", "other", greater_equal},
    Native{"<", "other", lesser},
    Native{"lt", "other", lesser},
    Native{"lessthan", "other", lesser},
    Native{"<=", "other", less_equal},
    Native{"le", "other", less_equal},
};

}  // namespace

Natives tests() { return kRows; }

}  // namespace tightrope::text::jinja
