// The table of mixes and how a tensor's format follows from it.
#include "passes/quantize/mix.h"

#include <algorithm>
#include <array>
#include <functional>

#include "base/error.h"
#include "model/tensor_plan.h"

namespace tightrope::passes {
namespace {

// The ends of a model and every third block between them are where rounding hurts most.
bool sensitive(std::uint64_t block, std::uint64_t blocks) {
  const std::uint64_t eighth = blocks / 8;
  return block < eighth || block >= 7 * blocks / 8 || (block - eighth) % 3 == 2;
}
bool first_eighth(std::uint64_t block, std::uint64_t blocks) { return block < blocks / 8; }
bool first_sixteenth(std::uint64_t block, std::uint64_t blocks) { return block < blocks / 16; }
bool first_two(std::uint64_t block, std::uint64_t) { return block < 2; }
bool first_four(std::uint64_t block, std::uint64_t) { return block < 4; }
// Models of the 70 B class have 80 blocks and eight query heads on each key head: their attn.v is small and matters much.
bool of_eighty(std::uint64_t, std::uint64_t blocks) { return blocks == 80; }

// The attention of eight experts is small beside them: more bits there cost next to nothing.
constexpr std::uint64_t kEight = 8;
constexpr MixRule kEightValues{"attn.v", "q8_0", nullptr, 0, kEight}, kEightKeys{"attn.k", "q8_0", nullptr, 0, kEight},
    kEightOutput{"attn.o", "q5_k", nullptr, 0, kEight};

constexpr MixRule kEightOnly[] = {kEightValues, kEightKeys};
constexpr MixRule kQ2K[] = {
    kEightValues,       kEightKeys,           kEightOutput,      {"attn.v", "q5_k", of_eighty}, {"attn.v", "q4_k", nullptr, 4},
    {"attn.v", "q3_k"}, {"ffn.down", "q3_k"}, {"attn.o", "q3_k"}};
constexpr MixRule kQ3KSmall[] = {kEightValues, kEightKeys, kEightOutput, {"attn.v", "q5_k", of_eighty}};
constexpr MixRule kQ3KMedium[] = {kEightValues,
                                  kEightKeys,
                                  kEightOutput,
                                  {"attn.v", "q5_k", first_two},
                                  {"attn.v", "q5_k", of_eighty},
                                  {"attn.v", "q4_k"},
                                  {"ffn.down", "q5_k", first_sixteenth},
                                  {"ffn.down", "q4_k"},
                                  {"attn.o", "q4_k"}};
// With eight experts the large mix keeps the base for attn.o.
constexpr MixRule kQ3KLarge[] = {kEightValues,       kEightKeys,           {"attn.o", "q3_k", nullptr, 0, kEight},
                                 {"attn.v", "q5_k"}, {"ffn.down", "q5_k"}, {"attn.o", "q5_k"}};
constexpr MixRule kQ4KSmall[] = {kEightValues,
                                 kEightKeys,
                                 kEightOutput,
                                 {"attn.v", "q5_k", first_four},
                                 {"attn.v", "q5_k", of_eighty},
                                 {"ffn.down", "q5_k", first_eighth}};
constexpr MixRule kQ4KMedium[] = {
    kEightValues, kEightKeys, kEightOutput, {"attn.v", "q6_k", sensitive}, {"attn.v", "q5_k", of_eighty}, {"ffn.down", "q6_k", sensitive}};
constexpr MixRule kQ5KMedium[] = {kEightValues, kEightKeys, {"attn.v", "q6_k", sensitive}, {"ffn.down", "q6_k", sensitive}};

constexpr MixRule kIq4[] = {kEightValues, kEightKeys, kEightOutput, {"attn.v", "q5_k", nullptr, 4}, {"ffn.down", "q5_k", first_eighth}};

// A format that is used alone needs no row.
constexpr Mix kMixes[] = {
    {"q6_k", "", "q6_k", "q6_k", 18, kEightOnly},
    {"q5_k_m", "q5_k", "q5_k", "q6_k", 17, kQ5KMedium},
    {"q5_k_s", "", "q5_k", "q6_k", 16, kEightOnly},
    {"q5_1", "", "q5_1", "q6_k", 9, kEightOnly},
    {"q5_0", "", "q5_0", "q6_k", 8, kEightOnly},
    {"q4_k_m", "q4_k", "q4_k", "q6_k", 15, kQ4KMedium},
    {"q4_k_s", "", "q4_k", "q6_k", 14, kQ4KSmall},
    {"q4_1", "", "q4_1", "q6_k", 3, kEightOnly},
    {"q4_0", "", "q4_0", "q6_k", 2, kEightOnly},
    {"iq4_nl", "", "iq4_nl", "q6_k", 25, kIq4},
    {"iq4_xs", "", "iq4_xs", "q6_k", 30, kIq4},
    {"q3_k_l", "", "q3_k", "q6_k", 13, kQ3KLarge},
    {"q3_k_m", "q3_k", "q3_k", "q6_k", 12, kQ3KMedium},
    {"q3_k_s", "", "q3_k", "q6_k", 11, kQ3KSmall},
    {"q2_k", "", "q2_k", "q6_k", 10, kQ2K},
};

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

bool usable_alone(const formats::Format& format) {
  const auto is_named = [&](const Mix& mix) { return mix.name == format.name || mix.alias == format.name; };
  return format.encode != nullptr && format.gguf_type >= 0 && std::none_of(std::begin(kMixes), std::end(kMixes), is_named);
}

// The matrix that gives a logit for each token of the vocabulary.
bool doubles_as_head(const model::Model& model, std::string_view role) {
  const model::HeadSpec* output = model.config().output;
  const bool is_own = (output == nullptr || output->kind == model::HeadSpec::Kind::causal_lm) && model.find("head") != nullptr;
  return role == (is_own ? "head" : "embed");
}

const model::TensorSpec* spec_of(const model::Model& model, std::string_view name) {
  const std::optional<std::uint64_t> block = model::block_of(name);
  for (const model::TensorSpec& spec : model.arch().tensors)
    if (block && model::numbered(spec.canonical, *block) == name) return &spec;
  return nullptr;
}

// Queries, keys and values that a GGUF holds in one tensor have one format, as if all were values; experts are one tensor, too.
std::string_view role_in_rules(const model::Model& model, std::string_view name) {
  const std::string_view role = model::role_of(name);
  if (role == "ffn.experts.down") return "ffn.down";
  const model::TensorSpec* spec = spec_of(model, name);
  if (spec == nullptr) return role;
  const model::Part part = spec->gguf.part;
  return part == model::Part::query || part == model::Part::key || part == model::Part::value ? "attn.v" : role;
}

bool applies(const MixRule& rule, const model::Config& config, std::string_view role, std::uint64_t block) {
  return rule.role == role && (rule.where == nullptr || rule.where(block, config.blocks)) &&
         config.heads / config.kv_heads >= rule.min_group && (rule.experts == 0 || rule.experts == config.experts);
}

constexpr std::string_view kUnquantised[] = {"embed.positions", "embed.types", "ffn.router"};

}  // namespace

std::vector<Mix> all_mixes() {
  std::vector<Mix> mixes(std::begin(kMixes), std::end(kMixes));
  for (const formats::Format* format : formats::all())
    if (usable_alone(*format)) mixes.push_back({format->name, "", format->name, "", format->gguf_file_type, {}});
  std::ranges::stable_sort(mixes, std::greater(), [](const Mix& mix) { return formats::get(mix.base).bits_per_element(); });
  return mixes;
}

Mix get_mix(std::string_view name) {
  const std::string wanted = lower(name);
  std::string known;
  for (const Mix& mix : all_mixes()) {
    if (mix.name == wanted || (!mix.alias.empty() && mix.alias == wanted)) return mix;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", mix.name);
  }
  fail(ErrorCode::not_found, "[quantize] there is no type '{}'; known are {}", name, known);
}

bool stays_unquantised(std::string_view name) {
  return std::find(std::begin(kUnquantised), std::end(kUnquantised), model::role_of(name)) != std::end(kUnquantised);
}

const formats::Format& format_in_mix(const Mix& mix, const model::Model& model, std::string_view name, bool pure) {
  const std::string_view role = model::role_of(name);
  if (pure) return formats::get(mix.base);
  if (doubles_as_head(model, role) && !mix.head.empty()) {
    // The reference looks at the base's block size here, and takes q8_0 rather than walk down the fallbacks.
    const bool divides = model.get(name).shape().row_length() % formats::get(mix.base).block_elements == 0;
    return formats::get(divides ? mix.head : "q8_0");
  }
  const std::uint64_t block = model::block_of(name).value_or(0);
  const std::string_view ruled = role_in_rules(model, name);
  const auto rule =
      std::find_if(mix.rules.begin(), mix.rules.end(), [&](const MixRule& each) { return applies(each, model.config(), ruled, block); });
  return formats::get(rule == mix.rules.end() ? mix.base : rule->format);
}

const formats::Format& fitting_format(const formats::Format& format, std::uint64_t row_length) {
  const formats::Format* fitting = &format;
  while (row_length % fitting->block_elements != 0) fitting = &formats::get(fitting->fallback.empty() ? "f16" : fitting->fallback);
  return *fitting;
}

}  // namespace tightrope::passes
