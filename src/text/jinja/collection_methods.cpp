// Methods of lists and dictionaries that change nothing, as rows.
#include <algorithm>
#include <array>

#include "text/jinja/native.h"
#include "text/jinja/operators.h"

namespace tightrope::text::jinja {
namespace {

Value view(const NativeCall& call, View::Side side) { return View{*call.subject.get_if<std::shared_ptr<const Dict>>(), side}; }

Value get(const NativeCall& call) {
  if (contains(call.runtime, call.subject, call.at(0))) {
    const Text* key = call.at(0).text();
    return key != nullptr ? *call.subject.dict()->find(key->bytes) : call.runtime.item(call.subject, call.at(0));
  }
  return call.find(1) == nullptr ? Value(None{}) : call.at(1);
}

Value count(const NativeCall& call) {
  const auto same = [&](const Value& item) { return equal(call.runtime, item, call.at(0)); };
  return static_cast<Integer>(std::ranges::count_if(call.subject.list()->items, same));
}

Value index(const NativeCall& call) {
  const std::vector<Value>& items = call.subject.list()->items;
  const auto found = std::ranges::find_if(items, [&](const Value& item) { return equal(call.runtime, item, call.at(0)); });
  if (found == items.end()) call.runtime.refuse("the value is not in the list");
  return static_cast<Integer>(found - items.begin());
}

constexpr std::array kDictRows = {
    Native{"copy", "", [](const NativeCall& call) { return call.subject; }},
    Native{"get", "key [default] /", get},
    Native{"items", "", [](const NativeCall& call) { return view(call, View::Side::items); }},
    Native{"keys", "", [](const NativeCall& call) { return view(call, View::Side::keys); }},
    Native{"values", "", [](const NativeCall& call) { return view(call, View::Side::values); }},
};
constexpr std::array kListRows = {
    Native{"copy", "", [](const NativeCall& call) { return call.subject; }},
    Native{"count", "value /", count},
    Native{"index", "value /", index},
};

}  // namespace

Natives dict_methods() { return kDictRows; }
Natives list_methods() { return kListRows; }

}  // namespace tightrope::text::jinja
