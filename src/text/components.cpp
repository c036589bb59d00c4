// The lists of components, and reading and writing lists of them.
#include "text/components.h"

#include <algorithm>
#include <span>

#include "base/error.h"

namespace tightrope::text {

#define NORMALIZER(name) extern const ComponentRow<Normalizer> name##_normalizer;
#include "text/normalizers/list.inc"
#undef NORMALIZER
#define PRE_TOKENIZER(name) extern const ComponentRow<PreTokenizer> name##_pre_tokenizer;
#include "text/pre_tokenizers/list.inc"
#undef PRE_TOKENIZER
#define DECODER(name) extern const ComponentRow<Decoder> name##_decoder;
#include "text/decoders/list.inc"
#undef DECODER

namespace {

constexpr std::size_t kDepth = 8;         // Sequences inside Sequences
constexpr std::size_t kComponents = 256;  // in one list

#define NORMALIZER(name) &name##_normalizer,
const ComponentRow<Normalizer>* const kNormalizers[] = {
#include "text/normalizers/list.inc"
};
#undef NORMALIZER
#define PRE_TOKENIZER(name) &name##_pre_tokenizer,
const ComponentRow<PreTokenizer>* const kPreTokenizers[] = {
#include "text/pre_tokenizers/list.inc"
};
#undef PRE_TOKENIZER
#define DECODER(name) &name##_decoder,
const ComponentRow<Decoder>* const kDecoders[] = {
#include "text/decoders/list.inc"
};
#undef DECODER

template <class Component>
std::string names_of(std::span<const ComponentRow<Component>* const> rows) {
  std::string names = "Sequence";
  for (const auto* row : rows) names.append(", ").append(row->name);
  return names;
}

// What a list of components is called, and its rows.
template <class Component>
struct Catalogue {
  std::string_view what, members;  // in an error; the key of a Sequence's members
  std::span<const ComponentRow<Component>* const> rows;
};

template <class Component>
void read_into(const Json& description, const Catalogue<Component>& catalogue, std::size_t depth,
               std::vector<std::shared_ptr<const Component>>& list) {
  const std::string& type = type_of(description, catalogue.what);
  if (type == "Sequence") {
    if (depth == kDepth) fail(ErrorCode::malformed, "[tokenizer] {} is nested more than {} deep", catalogue.what, kDepth);
    for (const Json& part : description.at(catalogue.members, catalogue.what).as_array(catalogue.members))
      read_into(part, catalogue, depth + 1, list);
    return;
  }
  const auto found = std::ranges::find(catalogue.rows, type, [](const auto* row) { return row->name; });
  if (found == catalogue.rows.end()) fail_component(catalogue.what, type, names_of(catalogue.rows));
  if (list.size() == kComponents) fail(ErrorCode::malformed, "[tokenizer] {} has more than {} parts", catalogue.what, kComponents);
  list.push_back((*found)->read(description));
}

template <class Component>
std::vector<std::shared_ptr<const Component>> read_list(const Json* description, const Catalogue<Component>& catalogue) {
  std::vector<std::shared_ptr<const Component>> list;
  if (!is_absent(description)) read_into(*description, catalogue, 0, list);
  return list;
}

template <class Component>
Json write_list(const std::vector<std::shared_ptr<const Component>>& list, std::string_view members) {
  if (list.empty()) return {};
  if (list.size() == 1) return list[0]->write();
  Json parts = Json::array();
  for (const auto& component : list) parts.push_back(component->write());
  Json sequence = Json::object();
  sequence["type"] = "Sequence";
  sequence[members] = std::move(parts);
  return sequence;
}

constexpr std::string_view kNormalizerMembers = "normalizers", kPreTokenizerMembers = "pretokenizers", kDecoderMembers = "decoders";

}  // namespace

std::vector<NormalizerPointer> read_normalizers(const Json* description) {
  return read_list<Normalizer>(description, {"normalizer", kNormalizerMembers, kNormalizers});
}
std::vector<PreTokenizerPointer> read_pre_tokenizers(const Json* description) {
  return read_list<PreTokenizer>(description, {"pre_tokenizer", kPreTokenizerMembers, kPreTokenizers});
}
std::vector<DecoderPointer> read_decoders(const Json* description) {
  return read_list<Decoder>(description, {"decoder", kDecoderMembers, kDecoders});
}

Json write_normalizers(const std::vector<NormalizerPointer>& list) { return write_list(list, kNormalizerMembers); }
Json write_pre_tokenizers(const std::vector<PreTokenizerPointer>& list) { return write_list(list, kPreTokenizerMembers); }
Json write_decoders(const std::vector<DecoderPointer>& list) { return write_list(list, kDecoderMembers); }

bool is_absent(const Json* value) { return value == nullptr || value->is_null(); }

const std::string& type_of(const Json& description, std::string_view what) { return description.at("type", what).as_string("type"); }

bool flag_of(const Json& description, std::string_view key, bool when_absent) {
  const Json* value = description.find(key);
  return is_absent(value) ? when_absent : value->as_bool(key);
}

std::string text_of(const Json& description, std::string_view key) { return description.at(key, "a component").as_string(key); }

void fail_component(std::string_view what, std::string_view name, std::string_view supported) {
  fail(ErrorCode::unsupported, "[tokenizer] the {} '{}' is not supported; supported: {}", what, name.substr(0, 200), supported);
}

}  // namespace tightrope::text
