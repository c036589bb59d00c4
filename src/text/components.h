// The parts around a tokenizer's model: each kind is one file and one row of a list.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "text/aligned_text.h"
#include "text/definition.h"

namespace tightrope::text {

// Rewrites text. Immutable and thread-safe, like every component. `write` gives the component as tokenizer.json describes it, and reading
// that gives an equal component: two components are equal when their descriptions are.
class Normalizer {
 public:
  using Subject = AlignedText;
  virtual ~Normalizer() = default;
  virtual void apply(AlignedText& text) const = 0;  // valid UTF-8 stays valid
  virtual Json write() const = 0;
};

// Text cut into words.
struct Pieces {
  AlignedText text;
  std::vector<Span> words;  // stretches of `text`, in order, none empty; what lies between them is dropped
  bool starts_text = true;  // the user's text starts where this starts
};

class PreTokenizer {
 public:
  using Subject = Pieces;
  virtual ~PreTokenizer() = default;
  virtual void apply(Pieces& pieces) const = 0;
  virtual Json write() const = 0;
  // For a component that ends with spelling bytes in the alphabet of byte_alphabet.h: the same without that. A model that reads bytes
  // then stands in for the spelling. Null: this is no such component.
  virtual std::shared_ptr<const PreTokenizer> without_spelling() const { return nullptr; }
};

class Decoder {
 public:
  using Subject = std::vector<std::string>;
  virtual ~Decoder() = default;
  // The text is what the pieces make when joined.
  virtual void apply(std::vector<std::string>& pieces) const = 0;
  virtual Json write() const = 0;
  virtual bool spells_bytes() const { return false; }  // it undoes the byte alphabet and nothing else
};

using NormalizerPointer = std::shared_ptr<const Normalizer>;
using PreTokenizerPointer = std::shared_ptr<const PreTokenizer>;
using DecoderPointer = std::shared_ptr<const Decoder>;

// A component without options.
template <class Component, void (*Apply)(typename Component::Subject&)>
class Plain final : public Component {
 public:
  explicit Plain(std::string_view name) : name_(name) {}
  void apply(typename Component::Subject& subject) const override { Apply(subject); }
  Json write() const override {
    Json json = Json::object();
    json["type"] = name_;
    return json;
  }

 private:
  std::string_view name_;
};

// One row of a list: the name in a file and how the component is read from its description.
template <class Component>
struct ComponentRow {
  std::string_view name;
  std::shared_ptr<const Component> (*read)(const Json& description);
};

// A component or a Sequence of them, as a list. Errors: unsupported, naming the component and what is supported; malformed.
std::vector<NormalizerPointer> read_normalizers(const Json* description);
std::vector<PreTokenizerPointer> read_pre_tokenizers(const Json* description);
std::vector<DecoderPointer> read_decoders(const Json* description);

// The inverse; null for an empty list.
Json write_normalizers(const std::vector<NormalizerPointer>& list);
Json write_pre_tokenizers(const std::vector<PreTokenizerPointer>& list);
Json write_decoders(const std::vector<DecoderPointer>& list);

// Post-processors become a template. `tokens` tells which ids exist.
Template read_post_processor(const Json* description, const std::vector<Token>& tokens);
Json write_post_processor(const Template& around, const std::vector<Token>& tokens);

// How byte-level BPE tokenizers cut text: words as the pattern of word_patterns.h with this name finds them, spelt byte by byte; and their
// decoder. Errors: unsupported, naming the pattern.
std::vector<PreTokenizerPointer> byte_level_words(std::string_view pattern_name, bool add_prefix_space = false);
std::vector<DecoderPointer> byte_level_decoders();

// Helpers for descriptions.
const std::string& type_of(const Json& description, std::string_view what);
bool flag_of(const Json& description, std::string_view key, bool when_absent);
std::string text_of(const Json& description, std::string_view key);  // a string that must be there
bool is_absent(const Json* value);                                   // missing or null
[[noreturn]] void fail_component(std::string_view what, std::string_view name, std::string_view supported);

}  // namespace tightrope::text
