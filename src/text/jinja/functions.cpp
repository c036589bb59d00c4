// Functions that every template can call, as rows.
#include <algorithm>
#include <array>
#include <ctime>
#include <limits>

#include "text/jinja/format.h"
#include "text/jinja/native.h"
#include "text/jinja/operators.h"

namespace tightrope::text::jinja {
namespace {

Value range(const NativeCall& call) {
  Runtime& runtime = call.runtime;
  const auto bound = [&](std::size_t index) {
    const Integer value = call.integer(index, 0);
    constexpr Integer kMost = Integer{1} << 62;
    if (value > kMost || value < -kMost) runtime.refuse("Range too big: its bounds need more than 62 bits");
    return static_cast<std::int64_t>(value);
  };
  Range made{.start = 0, .stop = bound(0), .step = 1};
  if (call.find(1) != nullptr) made.start = made.stop, made.stop = bound(1);
  if (call.find(2) != nullptr) made.step = bound(2);
  if (made.step == 0) runtime.refuse("range() arg 3 must not be zero");
  if (made.size() > runtime.budget().limits().range_items)
    runtime.refuse("Range too big: {} items, the limit is {}", made.size(), runtime.budget().limits().range_items);
  return made;
}

// The entries of a mapping or pairs, then the named ones.
std::vector<Dict::Entry> entries_of(const NativeCall& call) {
  Runtime& runtime = call.runtime;
  if (call.arguments.positional.size() > 1) runtime.refuse("{}() takes at most one positional argument", call.name);
  std::vector<Dict::Entry> entries;
  for (const Value& given : call.arguments.positional) {
    if (const Dict* dict = given.dict()) {
      entries = dict->entries;
      continue;
    }
    for (const Value& pair : runtime.items(given)) {
      const std::vector<Value> both = runtime.items(pair);
      if (both.size() != 2) runtime.refuse("dictionary update sequence element has length {}; 2 is required", both.size());
      runtime.put(entries, both[0], both[1]);
    }
  }
  for (const NamedArgument& given : call.arguments.named) runtime.put(entries, runtime.name_of(given), given.value);
  return entries;
}

// Names with an underscore in front are Python's own; transformers refuses them as well.
Value make_namespace(const NativeCall& call) {
  Value made = call.runtime.new_namespace();
  Namespace& space = **made.get_if<std::shared_ptr<Namespace>>();
  for (const auto& [key, value] : entries_of(call)) {
    const std::string& name = text_argument(call.runtime, key, call.name).bytes;
    if (name.starts_with('_')) call.runtime.refuse("a namespace cannot have an attribute '{}', which starts with an underscore", name);
    space.attributes.emplace_back(name, value);
  }
  return made;
}

Value raise(const NativeCall& call) {
  fail(ErrorCode::invalid_argument, "[template] the model's chat template refuses this conversation: {}",
       str(call.runtime, call.at(0)).bytes);
}

Value formatted_time(const NativeCall& call) {
  const std::string& format = text_argument(call.runtime, call.at(0), call.name).bytes;
  constexpr std::string_view kDirectives = "aAbBcdDeFHIjklmMpRSTuUwWxXyYzZ%GVgCh";
  std::tm parts{};
  const std::time_t now = call.runtime.now();
  localtime_r(&now, &parts);
  std::string out;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      out += format[i];
      continue;
    }
    const bool plain = i + 1 < format.size() && format[i + 1] == '-';  // without a leading zero
    i += plain ? 2 : 1;
    if (i >= format.size() || kDirectives.find(format[i]) == std::string_view::npos)
      call.runtime.unsupported("strftime_now() supports the directives {} only", kDirectives);
    std::array<char, 128> piece{};
    const std::string directive = fmt::format("%{}{}", plain ? "-" : "", format[i]);
    out.append(piece.data(), std::strftime(piece.data(), piece.size(), directive.c_str(), &parts));
  }
  return call.runtime.text(out);
}

// Nothing the first time it is called, the separator from then on.
Value joiner(const NativeCall& call) {
  const Value separator = call.find(0) == nullptr ? call.runtime.text(", ") : call.at(0);
  auto used = std::make_shared<bool>(false);
  return call.runtime.function("joiner", "Joiner", separator.depth() + 1, [separator, used](Runtime& runtime, const Arguments&) {
    return std::exchange(*used, true) ? separator : runtime.text("");
  });
}

constexpr std::array kRows = {
    Native{"dict", "*", [](const NativeCall& call) { return call.runtime.dict(entries_of(call)); }},
    Native{"joiner", "[sep]", joiner},
    Native{"namespace", "*", make_namespace},
    Native{"raise_exception", "message", raise},
    Native{"range", "start [stop] [step] /", range},
    Native{"strftime_now", "format", formatted_time},
};

}  // namespace

Natives functions() { return kRows; }

}  // namespace tightrope::text::jinja
