// The mixes against llama-quantize's own choices (tests/golden/mixes.json, made by tools/make_golden_mixes.py).
#include "passes/quantize/mix.h"

#include <gtest/gtest.h>

#include <sstream>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "model/checkpoint_io.h"
#include "model/tensor_plan.h"
#include "support/temporary_folder.h"
#include "support/tiny_model.h"

namespace tightrope::passes {
namespace {

constexpr std::uint64_t kVocab = 64;

model::Weight shape_only(const Shape& shape) {
  return model::Weight(formats::get("f16"), shape, [](std::uint64_t, std::uint64_t, std::span<std::byte>) {
    fail(ErrorCode::internal, "[test] this weight has no bytes");
  });
}

// A model of the given family and extents whose weights have shapes but no bytes.
model::Model hollow_model(const Json& shape) {
  model::Config config;
  config.vocab = kVocab;
  config.blocks = shape.at("blocks", "shape").as_uint("blocks");
  config.model = shape.at("model", "shape").as_uint("model");
  config.heads = shape.at("heads", "shape").as_uint("heads");
  config.kv_heads = shape.at("kv_heads", "shape").as_uint("kv_heads");
  config.ffn = shape.at("ffn", "shape").as_uint("ffn");
  config.head = config.model / config.heads;
  config.tied = shape.at("tied", "shape").as_bool("tied");
  if (const Json* experts = shape.find("experts")) config.experts = experts->as_uint("experts");
  config.expert_ffn = config.ffn;
  config.embedding = config.model;
  config.groups = config.blocks;
  const Json* family = shape.find("family");
  const model::Arch& arch = model::arch_for_hf_model_type(family != nullptr ? family->as_string("family") : "llama");
  std::vector<model::NamedWeight> weights;
  for (const model::PlannedTensor& planned : model::plan_tensors(arch, config))
    weights.push_back({planned.canonical, shape_only(planned.shape)});
  return model::Model(arch, config, std::move(weights), nullptr);
}

// "q6_k*2 q4_k*6" as eight names.
std::vector<std::string> expand(const std::string& runs) {
  std::vector<std::string> names;
  std::istringstream words(runs);
  for (std::string word; words >> word;) {
    const std::size_t star = word.find('*');
    names.insert(names.end(), std::stoul(word.substr(star + 1)), word.substr(0, star));
  }
  return names;
}

void expect_same_types(const model::Model& model, const std::string& mix_name, bool pure, const Json& roles) {
  const Mix mix = get_mix(mix_name);
  for (const auto& [role, runs] : roles.as_object("roles")) {
    const std::vector<std::string> expected = expand(runs.as_string("runs"));
    for (std::size_t block = 0; block < expected.size(); ++block) {
      const std::string name = role.find('.') == std::string::npos ? role : fmt::format("blocks.{}.{}", block, role);
      const formats::Format& format = fitting_format(format_in_mix(mix, model, name, pure), model.get(name).shape().row_length());
      EXPECT_EQ(format.name, expected[block]) << mix_name << (pure ? " pure " : " ") << name;
    }
  }
}

TEST(Mix, EveryTensorGetsTheTypeLlamaQuantizeGivesIt) {
  const Json golden = Json::parse(read_text_file(TIGHTROPE_SOURCE "/tests/golden/mixes.json"), "mixes.json");
  for (const Json& shape : golden.at("shapes", "golden").as_array("shapes")) {
    SCOPED_TRACE(shape.at("name", "shape").as_string("name"));
    const model::Model model = hollow_model(shape);
    for (const auto& [mix, roles] : shape.at("mixes", "shape").as_object("mixes")) expect_same_types(model, mix, false, roles);
    for (const auto& [mix, roles] : shape.at("pure", "shape").as_object("pure")) expect_same_types(model, mix, true, roles);
  }
}

TEST(Mix, NamesAreFoundWithoutRegardToCaseAndByAlias) {
  EXPECT_EQ(get_mix("Q4_K_M").name, get_mix("q4_k").name);
  EXPECT_NE(get_mix("q4_k_s").name, get_mix("q4_k_m").name);
}

TEST(Mix, AnUnknownNameIsRefusedWithTheKnownOnes) {
  try {
    get_mix("q7_z");
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::not_found);
    EXPECT_NE(std::string(error.what()).find("q4_k_m"), std::string::npos);
  }
}

TEST(Mix, EveryFormatThatAGgufCanHoldHasATypeOfItsName) {
  for (const formats::Format* format : formats::all())
    if (format->encode && format->gguf_type >= 0) {
      EXPECT_EQ(get_mix(format->name).base, format->name);
    }
}

TEST(Mix, EveryMixNamesFormatsThatExist) {
  for (const Mix& mix : all_mixes()) {
    EXPECT_NE(formats::find(mix.base), nullptr) << mix.name;
    EXPECT_TRUE(mix.head.empty() || formats::find(mix.head)) << mix.name;
    for (const MixRule& rule : mix.rules) EXPECT_NE(formats::find(rule.format), nullptr) << mix.name << ' ' << rule.role;
  }
}

// Every family in every mix: one format for the parts of a fused tensor, and the file is read again.
TEST(Mix, MakesAGgufOfEveryFamily) {
  for (const model::Arch* arch : model::all_archs()) {
    if (arch->gguf_arch.empty()) continue;
    SCOPED_TRACE(arch->name);
    const test::TemporaryFolder folder;
    const model::Model plain = test::tiny_model(*arch);
    for (const std::string_view name : {"q4_k_m", "q3_k_l", "q8_0"}) {
      const model::Model quantised = plain.map([&](const model::NamedWeight& tensor) {
        if (tensor.weight.shape().rank() < 2 || stays_unquantised(tensor.name)) return tensor.weight;
        const formats::Format& format = format_in_mix(get_mix(name), plain, tensor.name, false);
        return tensor.weight.encoded_as(fitting_format(format, tensor.weight.shape().row_length()), formats::kScalarCodec);
      });
      const auto file = folder / fmt::format("{}.gguf", name);
      model::save_gguf(quantised, file, {});
      const model::Model back = model::load_model(file);
      for (const model::NamedWeight& tensor : quantised.weights())
        if (tensor.weight.shape().rank() > 1) {
          const std::string_view kept = stays_unquantised(tensor.name) ? "f32" : tensor.weight.format().name;
          EXPECT_EQ(back.get(tensor.name).format().name, kept) << tensor.name;
        }
    }
  }
}

TEST(FittingFormat, WalksDownTheFallbacksUntilRowsAreWholeBlocks) {
  EXPECT_EQ(fitting_format(formats::get("q4_k"), 512).name, "q4_k");
  EXPECT_EQ(fitting_format(formats::get("q4_k"), 96).name, "q5_0");
  EXPECT_EQ(fitting_format(formats::get("q6_k"), 96).name, "q8_0");
  EXPECT_EQ(fitting_format(formats::get("q2_k"), 80).name, "f16");
}

}  // namespace
}  // namespace tightrope::passes
