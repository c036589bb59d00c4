// How GGUF names the ways in which byte-level BPE cuts text into words (tokenizer.ggml.pre).
#include "model/gguf_words.h"

#include <algorithm>
#include <iterator>
#include <span>

#include "base/error.h"

namespace tightrope::model {
namespace {

using Names = std::span<const std::string_view>;
using Patterns = std::span<const std::string_view>;

// One way: a known pattern of words, or regular expressions each of which isolates its matches, then perhaps GPT-2's words.
struct Row {
  Names names;             // the first is the one to write
  std::string_view words;  // of text/word_patterns.h; empty: none
  Patterns patterns;       // before the words
  bool ignore_merges;
};

constexpr std::string_view kGpt2[] = {"gpt-2",      "phi-2",        "jina-es",     "jina-de",  "jina-v2-es",     "jina-v2-de",  "mpt",
                                      "olmo",       "jais",         "gigachat",    "a.x-4.0",  "mellum",         "modern-bert", "exaone4",
                                      "jina-v1-en", "jina-v2-code", "roberta-bpe", "trillion", "granite-docling"};
constexpr std::string_view kLlama[] = {"llama-bpe", "llama3",   "llama-v3", "falcon3",     "falcon-h1",
                                       "pixtral",   "midm-2.0", "lfm2",     "jina-v5-nano"};
constexpr std::string_view kDbrx[] = {"dbrx", "smaug-bpe", "glm4", "chatglm-bpe"};
constexpr std::string_view kQwen2[] = {"qwen2", "deepseek-r1-qwen", "stablelm2", "hunyuan", "megrez", "kormo", "solar-open"};
constexpr std::string_view kGpt4o[] = {"gpt-4o", "llama4", "kanana2"};
constexpr std::string_view kStarcoder[] = {"starcoder", "refact", "command-r", "smollm", "codeshell", "exaone", "minerva-7b"};
constexpr std::string_view kFalcon[] = {"falcon"};
constexpr std::string_view kDefault[] = {"default"};
constexpr std::string_view kDeepseekLlm[] = {"deepseek-llm"};
constexpr std::string_view kDeepseekCoder[] = {"deepseek-coder"};
constexpr std::string_view kDeepseek3[] = {"deepseek-v3", "hunyuan-dense"};
constexpr std::string_view kQwen35[] = {"qwen35"};
constexpr std::string_view kTekken[] = {"tekken"};
constexpr std::string_view kBloom[] = {"bloom", "poro-chat", "gpt3-finnish"};
constexpr std::string_view kViking[] = {"viking"};

constexpr std::string_view kDigit[] = {R"(\p{N})"};
constexpr std::string_view kFalconPatterns[] = {
    R"([\p{P}\$\+<=>\^~\|`]+)", R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S))", R"([0-9][0-9][0-9])"};
constexpr std::string_view kDefaultPatterns[] = {R"([\p{P}\$\+<=>\^~\|]+)",
                                                 R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S))", R"(\p{N}+)",
                                                 R"([0-9][0-9][0-9])"};
constexpr std::string_view kDeepseekLlmPatterns[] = {"[\r\n]",
                                                     "\\s?[A-Za-z\u00b5\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u01ba\u01bc-\u01bf\u01c4-"
                                                     "\u0293\u0295-\u02af\u0370-\u0373\u0376\u0377\u037b-\u037d\u037f\u0386"
                                                     "\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03f5\u03f7-\u0481\u048a-\u052f\u0531-"
                                                     "\u0556\u10a0-\u10c5\u13a0-\u13f5\u13f8-\u13fd\u1c90-\u1cba\u1cbd-"
                                                     "\u1cbf\u1d00-\u1d2b\u1d6b-\u1d77\u1d79-\u1d9a\u1e00-\u1f15\u1f18-\u1f1d\u1f20-"
                                                     "\u1f45\u1f48-\u1f4d\u1f50-\u1f57\u1f59\u1f5b\u1f5d\u1f5f-\u1f7d"
                                                     "\u1f80-\u1fb4\u1fb6-\u1fbc\u1fbe\u1fc2-\u1fc4\u1fc6-\u1fcc\u1fd0-\u1fd3\u1fd6-"
                                                     "\u1fdb\u1fe0-\u1fec\u1ff2-\u1ff4\u1ff6-\u1ffc\u2102\u2107\u210a-"
                                                     "\u2113\u2115\u2119-\u211d\u2124\u2126\u2128\u212a-\u212d\u212f-\u2134\u2139\u213c-"
                                                     "\u213f\u2145-\u2149\u214e\u2183\u2184\u2c00-\u2c7b\u2c7e-"
                                                     "\u2ce4\u2ceb-\u2cee\u2cf2\u2cf3\ua640-\ua66d\ua680-\ua69b\ua722-\ua76f\ua771-"
                                                     "\ua787\ua78b-\ua78e\uab70-\uabbf\ufb00-\ufb06\ufb13-\ufb17\uff21-"
                                                     "\uff3a\uff41-\uff5a\U00010400-\U0001044f\U000104b0-\U000104d3\U000104d8-"
                                                     "\U000104fb\U00010c80-\U00010cb2\U00010cc0-\U00010cf2\U000118a0-"
                                                     "\U000118df\U0001e900-\U0001e943]+",
                                                     "\\s?[!-/:-~\uff01-\uff0f\uff1a-\uff5e\u2018-\u201f\u3000-\u3002]+",
                                                     "\\s+$",
                                                     "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+",
                                                     "\\p{N}+"};
constexpr std::string_view kDeepseekCoderPatterns[] = {"[\r\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+",
                                                       "\\p{N}"};
constexpr std::string_view kDeepseek3Patterns[] = {
    "\\p{N}{1,3}", "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+",
    "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| "
    "?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"};
constexpr std::string_view kQwen35Patterns[] = {
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"};
constexpr std::string_view kTekkenPatterns[] = {R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|)"
                                                R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|)"
                                                R"(\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)"};
constexpr std::string_view kBloomPatterns[] = {" ?[^(\\s|.,!?\u2026\u3002\uff0c\u3001\u0964\u06d4\u060c)]+"};
constexpr std::string_view kVikingPatterns[] = {" ?[^(\\s|.,!?\u2026\u3002\uff0c\u3001\u0964\u06d4\u060c)]+", "\\p{N}"};

constexpr Row kRows[] = {
    {kGpt2, "gpt-2", {}, false},
    {kLlama, "llama-bpe", {}, true},
    {kDbrx, "llama-bpe", {}, false},
    {kQwen2, "qwen2", {}, false},
    {kGpt4o, "o200k", {}, false},
    {kStarcoder, "gpt-2", kDigit, false},
    {kFalcon, "", kFalconPatterns, false},
    {kDefault, "", kDefaultPatterns, false},
    {kDeepseekLlm, "", kDeepseekLlmPatterns, false},
    {kDeepseekCoder, "", kDeepseekCoderPatterns, false},
    {kDeepseek3, "", kDeepseek3Patterns, false},
    {kQwen35, "", kQwen35Patterns, false},
    {kTekken, "", kTekkenPatterns, true},
    {kBloom, "", kBloomPatterns, false},
    {kViking, "", kVikingPatterns, false},
};

Json split_at(std::string_view pattern) {
  return Json(
      Json::Object{{"type", "Split"}, {"pattern", Json(Json::Object{{"Regex", pattern}})}, {"behavior", "Isolated"}, {"invert", false}});
}

GgufWords words_of(const Row& row) {
  Json::Array parts;
  for (const std::string_view pattern : row.patterns) parts.push_back(split_at(pattern));
  if (row.words.empty())
    parts.push_back(Json(Json::Object{{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", false}}));
  else
    parts.push_back(text::write_pre_tokenizers(text::byte_level_words(row.words)));
  const Json sequence = Json(Json::Object{{"type", "Sequence"}, {"pretokenizers", parts}});
  return {row.names.front(), text::read_pre_tokenizers(&sequence), row.ignore_merges};
}

// What the components do, without what only matters to spans and without a leading space, for which GGUF has another key.
std::string essence(const std::vector<text::PreTokenizerPointer>& components) {
  std::string text;
  for (const text::PreTokenizerPointer& component : components) {
    Json description = component->write();
    if (component->without_spelling() != nullptr) description["trim_offsets"] = description["add_prefix_space"] = Json();
    const bool is_digits =
        description.at("type", "a component").as_string("type") == "Digits" && text::flag_of(description, "individual_digits", false);
    text += (is_digits ? split_at(kDigit[0]) : description).dump();
  }
  return text;
}

std::string known_names() {
  std::string names;
  for (const Row& row : kRows)
    for (const std::string_view name : row.names) names.append(names.empty() ? "" : ", ").append(name);
  return names;
}

}  // namespace

GgufWords read_gguf_words(std::string_view name) {
  const auto found = std::ranges::find_if(kRows, [&](const Row& row) { return std::ranges::find(row.names, name) != row.names.end(); });
  if (found == std::end(kRows))
    fail(ErrorCode::unsupported, "[gguf] the pre-tokenizer '{}' is not supported; known are {}", name.substr(0, 64), known_names());
  return words_of(*found);
}

GgufWords find_gguf_words(const std::vector<text::PreTokenizerPointer>& components, bool ignore_merges) {
  const std::string wanted = essence(components);
  std::vector<GgufWords> fitting;
  for (const Row& row : kRows) {
    GgufWords words = words_of(row);
    if (essence(words.components) == wanted) fitting.push_back(std::move(words));
  }
  if (fitting.empty())
    fail(ErrorCode::unsupported, "[gguf] GGUF has no name for how this tokenizer cuts text ({}); it has {}",
         text::write_pre_tokenizers(components).dump().substr(0, 300), known_names());
  const auto best = std::ranges::find(fitting, ignore_merges, &GgufWords::ignore_merges);
  return best == fitting.end() ? fitting.front() : *best;
}

}  // namespace tightrope::model
