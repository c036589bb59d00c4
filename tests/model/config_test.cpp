// Configurations of both styles, and everything that can be wrong with one.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.h"
#include "base/json.h"
#include "model/config.h"
#include "model/tensor_plan.h"
#include "support/tiny_model.h"

namespace tightrope::model {
namespace {

constexpr std::string_view kVersion4 = R"({
  "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", "hidden_size": 64, "intermediate_size": 160,
  "max_position_embeddings": 4096, "num_attention_heads": 4, "num_hidden_layers": 3, "rms_norm_eps": 1e-05, "rope_theta": 500000.0,
  "rope_scaling": {"type": "linear", "factor": 2.0}, "torch_dtype": "float16", "eos_token_id": [7, 9], "vocab_size": 320})";

Json version5() {
  return Json::parse(R"({
  "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", "hidden_size": 64, "intermediate_size": 160,
  "head_dim": 16, "max_position_embeddings": 256, "num_attention_heads": 4, "num_hidden_layers": 3, "num_key_value_heads": 2,
  "rms_norm_eps": 1e-06, "rope_parameters": {"factor": 8.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0,
  "original_max_position_embeddings": 64, "rope_theta": 500000.0, "rope_type": "llama3"}, "dtype": "bfloat16",
  "tie_word_embeddings": true, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": null, "vocab_size": 320})",
                     "a test");
}

const Arch& llama() { return arch_for_hf_model_type("llama"); }

TEST(HfConfig, ReadsVersion4) {
  const Config config = read_hf_config(llama(), Json::parse(kVersion4, "a test"));
  EXPECT_EQ(config.head, 16U);
  EXPECT_EQ(config.kv_heads, 4U);
  EXPECT_EQ(config.rope.theta, 500000);
  EXPECT_EQ(config.rope.scaling, RopeConfig::Scaling::linear);
  EXPECT_EQ(config.rope.factor, 2);
  EXPECT_EQ(config.dtype, "float16");
  EXPECT_FALSE(config.tied);
  EXPECT_EQ(config.eos, (std::vector<std::int64_t>{7, 9}));
}

TEST(HfConfig, ReadsVersion5) {
  const Config config = read_hf_config(llama(), version5());
  EXPECT_EQ(config.kv_heads, 2U);
  EXPECT_EQ(config.rope.scaling, RopeConfig::Scaling::llama3);
  EXPECT_EQ(config.rope.original_context, 64U);
  EXPECT_EQ(config.dtype, "bfloat16");
  EXPECT_TRUE(config.tied);
  EXPECT_EQ(config.bos, 1);
  EXPECT_EQ(config.padding, -1);
}

TEST(HfConfig, SurvivesWritingAndReading) {
  for (const Json& json : {Json::parse(kVersion4, "a test"), version5()}) {
    const Config config = read_hf_config(llama(), json);
    const Json written = write_hf_config(arch_for_hf_model_type("llama"), config);
    EXPECT_EQ(write_hf_config(arch_for_hf_model_type("llama"), read_hf_config(llama(), written)).dump(), written.dump());
  }
}

TEST(HfConfig, IgnoresCodeAndSaysSo) {
  Json json = version5();
  json["auto_map"] = Json::parse(R"({"AutoModel": "evil.Model"})", "a test");
  const Config config = read_hf_config(llama(), json);
  ASSERT_EQ(config.notices.size(), 1U);
  EXPECT_NE(config.notices[0].find("auto_map"), std::string::npos);
}

struct Broken {
  std::string_view key, value;  // the value as JSON
  ErrorCode code;
  std::string_view named;  // what the message must speak of
};

constexpr Broken kBroken[] = {
    {"hidden_size", "-64", ErrorCode::malformed, "hidden_size"},
    {"hidden_size", "0", ErrorCode::malformed, "hidden size"},
    {"hidden_size", "9223372036854775807", ErrorCode::malformed, "hidden size"},
    {"hidden_size", "64.5", ErrorCode::malformed, "hidden_size"},
    {"hidden_size", "\"64\"", ErrorCode::malformed, "hidden_size"},
    {"vocab_size", "0", ErrorCode::malformed, "vocabulary"},
    {"vocab_size", "1e300", ErrorCode::malformed, "vocab_size"},
    {"num_hidden_layers", "4294967296", ErrorCode::malformed, "num_hidden_layers"},
    {"num_attention_heads", "0", ErrorCode::malformed, "attention heads"},
    {"num_key_value_heads", "3", ErrorCode::malformed, "key-value heads"},
    {"num_key_value_heads", "0", ErrorCode::malformed, "num_key_value_heads"},
    {"head_dim", "15", ErrorCode::malformed, "odd"},
    {"head_dim", "0", ErrorCode::malformed, "head size"},
    {"intermediate_size", "-1", ErrorCode::malformed, "intermediate_size"},
    {"rms_norm_eps", "-1", ErrorCode::malformed, "epsilon"},
    {"max_position_embeddings", "0", ErrorCode::malformed, "max_position_embeddings"},
    {"hidden_act", "\"mish\"", ErrorCode::unsupported, "mish"},
    {"use_sliding_window", "true", ErrorCode::unsupported, "sliding"},
    {"layer_types", "[\"linear_attention\"]", ErrorCode::unsupported, "linear_attention"},
    {"quantization_config", "{\"quant_method\": \"gptq\"}", ErrorCode::unsupported, "quantization_config"},
    {"partial_rotary_factor", "1.5", ErrorCode::malformed, "partial_rotary_factor"},
    {"partial_rotary_factor", "0.2", ErrorCode::malformed, "odd"},
    {"architectures", "[\"LlamaForWeather\"]", ErrorCode::unsupported, "LlamaForWeather"},
    {"rope_parameters", "{\"rope_type\": \"warped\"}", ErrorCode::unsupported, "warped"},
    {"rope_parameters", "{\"rope_type\": \"linear\"}", ErrorCode::malformed, "factor"},
    {"rope_parameters", "{\"rope_type\": \"linear\", \"factor\": 0}", ErrorCode::malformed, "factor"},
    {"rope_parameters", "{\"rope_theta\": -1.0}", ErrorCode::malformed, "theta"},
    {"rope_parameters", "{\"full_attention\": {}}", ErrorCode::unsupported, "full_attention"},
    {"rope_parameters", "7", ErrorCode::malformed, "RoPE"},
    {"rope_parameters", "{\"rope_type\": \"yarn\", \"factor\": 2, \"original_max_position_embeddings\": 0}", ErrorCode::malformed,
     "original"},
    {"rope_parameters",
     "{\"rope_type\": \"llama3\", \"factor\": 2, \"low_freq_factor\": 4, \"high_freq_factor\": 4, \"original_max_position_embeddings\": 9}",
     ErrorCode::malformed, "low_freq_factor"},
};

TEST(HfConfig, RefusesWhatIsBroken) {
  for (const Broken& broken : kBroken) {
    SCOPED_TRACE(std::string(broken.key) + ": " + std::string(broken.value));
    Json json = version5();
    json[broken.key] = Json::parse(broken.value, "a test");
    try {
      read_hf_config(llama(), json);
      ADD_FAILURE() << "was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), broken.code) << error.what();
      EXPECT_NE(std::string(error.what()).find(broken.named), std::string::npos) << error.what();
    }
  }
}

TEST(HfConfig, RefusesWhatIsMissing) {
  const Json whole = version5();
  for (const std::string_view key : {"hidden_size", "vocab_size", "num_hidden_layers", "num_attention_heads", "intermediate_size"}) {
    Json::Object left;
    for (const auto& [name, value] : whole.as_object("a test"))
      if (name != key) left.emplace_back(name, value);
    EXPECT_THROW(read_hf_config(llama(), Json(left)), Error) << key;
  }
  EXPECT_THROW(read_hf_config(llama(), Json::array()), Error);
}

// Keys that switch on what nothing here computes, family by family.
TEST(HfConfig, RefusesSwitchesOfAFamilyThatWouldBeIgnored) {
  for (const std::string_view type : {"gemma", "gemma2", "gemma3_text"}) {
    const Arch& arch = arch_for_hf_model_type(type);
    Json json = write_hf_config(arch, test::tiny_config(arch));
    for (const Json& off : {Json(nullptr), Json(false)}) {
      json["use_bidirectional_attention"] = off;
      EXPECT_NO_THROW(read_hf_config(arch, json)) << type;
    }
    json["use_bidirectional_attention"] = Json(true);
    EXPECT_THROW(read_hf_config(arch, json), Error) << type;
  }
}

// Gemma's files say their activation under either key; a gelu under the old one always meant its approximation, and null says nothing.
TEST(HfConfig, UnderstandsWhatGemmasFilesMeanByTheirActivation) {
  struct Said {
    std::string_view hidden_act, hidden_activation;  // as JSON; empty: absent
    Activation meant;
  };
  constexpr Said kSaid[] = {
      {"", "", Activation::gelu_tanh},
      {"", "null", Activation::gelu_tanh},
      {R"("gelu")", "", Activation::gelu_tanh},
      {R"("gelu")", "null", Activation::gelu_tanh},
      {R"("gelu_pytorch_tanh")", "null", Activation::gelu_tanh},
      {R"("gelu")", R"("gelu")", Activation::gelu},
      {"", R"("gelu")", Activation::gelu},
      {R"("relu")", "null", Activation::relu},
  };
  for (const std::string_view type : {"gemma", "gemma2", "gemma3_text"})
    for (const Said& said : kSaid) {
      const Arch& arch = arch_for_hf_model_type(type);
      Json::Object members;
      const Json whole = write_hf_config(arch, test::tiny_config(arch));
      for (const auto& [key, value] : whole.as_object("a test"))
        if (!key.starts_with("hidden_act")) members.emplace_back(key, value);
      for (const auto& [key, value] : {std::pair("hidden_act", said.hidden_act), std::pair("hidden_activation", said.hidden_activation)})
        if (!value.empty()) members.emplace_back(key, Json::parse(value, "a test"));
      EXPECT_EQ(read_hf_config(arch, Json(std::move(members))).activation, said.meant)
          << type << ": " << said.hidden_act << ", " << said.hidden_activation;
    }
}

// A few bytes of configuration must not ask for memory that no file backs.
TEST(HfConfig, RefusesMoreTensorsThanAnyModelHas) {
  const auto refused = [](std::string_view type, std::initializer_list<std::pair<std::string_view, std::uint64_t>> changes,
                          std::string_view named) {
    const Arch& arch = arch_for_hf_model_type(type);
    Json json = write_hf_config(arch, test::tiny_config(arch));
    for (const auto& [key, value] : changes) json[key] = Json(value);
    try {
      read_hf_config(arch, json);
      ADD_FAILURE() << type << " was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::malformed) << error.what();
      EXPECT_NE(std::string(error.what()).find(named), std::string::npos) << error.what();
    }
  };
  refused("qwen3_moe", {{"num_hidden_layers", 4096}, {"num_experts", 4096}}, "experts in all blocks");
  refused("mobilebert", {{"num_hidden_layers", 4096}, {"num_feedforward_networks", 4096}}, "networks in all blocks");
  refused("roberta", {{"pad_token_id", std::uint64_t{9223372036854775807U}}}, "padding token");
  refused("roberta", {{"pad_token_id", 1 << 20}, {"max_position_embeddings", (1 << 20) + 9}}, "padding token");
}

TEST(HfConfig, NeedsAHeadSizeWhenHeadsDoNotDivide) {
  Json json = Json::parse(kVersion4, "a test");
  json["num_attention_heads"] = Json(5);
  EXPECT_THROW(read_hf_config(llama(), json), Error);
}

TEST(GgufConfig, KeepsDecimals) {
  const Arch& arch = llama();
  Config config = test::tiny_config();
  config.norm_epsilon = 1e-5;
  config.rope.theta = 1e6;
  config.eos = {1, 5, 6};
  checkpoint::Container container;
  write_gguf_config(arch, config, container.metadata);
  const Config back = read_gguf_config(arch, container);
  EXPECT_EQ(back.norm_epsilon, 1e-5);
  EXPECT_EQ(back.rope.theta, 1e6);
  EXPECT_EQ(back.eos, config.eos);
  EXPECT_EQ(back.vocab, config.vocab);
}

TEST(GgufConfig, RefusesWhatIsBroken) {
  const Arch& arch = llama();
  const auto refused = [&](std::string key, checkpoint::Value value) {
    checkpoint::Container container;
    write_gguf_config(arch, test::tiny_config(), container.metadata);
    container.metadata.set(std::move(key), std::move(value));
    EXPECT_THROW(read_gguf_config(arch, container), Error);
  };
  refused("llama.attention.head_count", {std::uint32_t{0}});
  refused("llama.block_count", {std::uint64_t{1} << 63});
  refused("llama.embedding_length", {std::int32_t{-1}});
  refused("llama.embedding_length", {std::string("32")});
  refused("llama.rope.dimension_count", {std::uint32_t{3}});
  refused("llama.rope.dimension_count", {std::uint32_t{10}});
  refused("llama.rope.scaling.type", {std::string("nonesuch")});
  refused("llama.attention.value_length", {std::uint32_t{16}});
  refused("llama.rope.freq_base", {std::numeric_limits<float>::quiet_NaN()});
  EXPECT_THROW(read_gguf_config(arch, {}), Error);
}

// What a GGUF of the family leaves to its readers.
TEST(GgufConfig, KnowsWhatFilesLeaveUnsaid) {
  const Arch& arch = arch_for_hf_model_type("gemma2");
  Config config = test::tiny_config(arch);
  config.attention_scale = 0.125;
  checkpoint::Container container;
  write_gguf_config(arch, config, container.metadata);
  EXPECT_EQ(read_gguf_config(arch, container).attention_scale, 0.125);
  for (const std::string_view key : {"tightrope.model.config", "gemma2.attention.sliding_window", "gemma2.attn_logit_softcapping"})
    container.metadata.erase(key);
  const Config plain = read_gguf_config(arch, container);
  EXPECT_NEAR(plain.attention_scale, 1 / std::sqrt(8.0), 1e-12) << "the head's size";
  EXPECT_EQ(plain.attention_cap, 50);
  EXPECT_EQ(plain.variants[0].window, 4096U);
  EXPECT_EQ(plain.variants[1].window, 0U);
  container.metadata.set("gemma2.block_count", {std::uint32_t{46}});
  container.metadata.set("gemma2.attention.head_count", {std::uint32_t{2}});
  EXPECT_NEAR(read_gguf_config(arch, container).attention_scale, 0.25, 1e-12) << "the largest model: model / heads";
}

TEST(GgufConfig, SaysPeriodsOfWindowsAndRefusesOthers) {
  const Arch& arch = arch_for_hf_model_type("gemma3_text");
  Config config = test::tiny_config(arch);
  const auto slide = [&](std::initializer_list<bool> blocks) {
    config.blocks = config.groups = blocks.size();
    config.variants.assign(blocks.size(), {});
    std::transform(blocks.begin(), blocks.end(), config.variants.begin(), [](bool slides) {
      return BlockVariant{.window = slides ? 8U : 0U,
                          .positions = slides ? BlockVariant::Positions::local : BlockVariant::Positions::global};
    });
  };
  checkpoint::Container container;
  slide({true, true, false, true, true, false});
  write_gguf_config(arch, config, container.metadata);
  EXPECT_EQ(container.metadata.unsigned_or("gemma3.attention.sliding_window_pattern", 0), 3U);
  container.metadata.erase("tightrope.model.config");
  const Config back = read_gguf_config(arch, container);
  for (std::size_t i = 0; i < config.blocks; ++i) EXPECT_EQ(back.variants[i].window, config.variants[i].window) << i;
  slide({false, true, true});
  EXPECT_THROW(write_gguf_config(arch, config, container.metadata), Error);
}

TEST(GgufConfig, NamesTheKeyThatANumberIsTooLargeFor) {
  const Arch& arch = arch_for_hf_model_type("gemma2");
  Config config = test::tiny_config(arch);
  for (BlockVariant& variant : config.variants)
    if (variant.window != 0) variant.window = ~std::uint64_t{0};
  checkpoint::Metadata metadata;
  try {
    write_gguf_config(arch, config, metadata);
    FAIL() << "expected an error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unsupported);
    EXPECT_NE(std::string(error.what()).find("'gemma2.attention.sliding_window' holds at most 4294967295"), std::string::npos)
        << error.what();
  }
}

TEST(GgufConfig, SaysWhenAWindowIsLeftOut) {
  checkpoint::Container container;
  write_gguf_config(llama(), test::tiny_config(), container.metadata);
  container.metadata.erase("tightrope.model.config");
  container.metadata.set("llama.attention.sliding_window", {std::uint32_t{16}});
  const Config config = read_gguf_config(llama(), container);
  ASSERT_EQ(config.notices.size(), 1U);
  EXPECT_NE(config.notices[0].find("16"), std::string::npos);
}

// Frequencies at these places of transformers 5.23's own functions for the same numbers.
void expect_frequencies(const RopeConfig& rope, std::uint64_t head, std::uint64_t context, double magnitude,
                        std::initializer_list<std::pair<std::size_t, double>> expected) {
  const RopeFrequencies frequencies = rope_frequencies(rope, head, context, context);
  ASSERT_EQ(frequencies.inverse.size(), head / 2);
  EXPECT_FLOAT_EQ(frequencies.magnitude, static_cast<float>(magnitude));
  // 4 units in the last place: powf of one library and another differ by one, and the blend rounds three times.
  for (const auto& [i, value] : expected) EXPECT_FLOAT_EQ(frequencies.inverse[i], static_cast<float>(value)) << i;
}

TEST(Rope, AgreesWithTheReference) {
  using Scaling = RopeConfig::Scaling;
  expect_frequencies({.theta = 10000, .scaling = Scaling::linear, .factor = 2}, 64, 2048, 1,
                     {{0, 0.5}, {1, 0.37494710087776184}, {12, 0.015811389312148094}, {31, 6.667607522103935e-05}});
  expect_frequencies(
      {.theta = 10000, .scaling = Scaling::yarn, .factor = 4, .original_context = 64}, 16, 256, 1.138629436111989,
      {{0, 1.0}, {1, 0.23717081546783447}, {2, 0.04999999701976776}, {4, 0.0024999999441206455}, {7, 7.905694656074047e-05}});
  expect_frequencies(
      {
          .theta = 1e6,
          .scaling = Scaling::yarn,
          .factor = 8,
          .beta_fast = 16,
          .beta_slow = 2,
          .attention_factor = 1.5,
          .original_context = 4096,
      },
      64, 32768, 1.5,
      {{1, 0.6493816375732422},
       {8, 0.03162277862429619},
       {12, 0.0023430888541042805},
       {24, 3.9528467823402025e-06},
       {31, 1.9249081617545016e-07}});
  expect_frequencies(
      {
          .theta = 5e5,
          .scaling = Scaling::llama3,
          .factor = 8,
          .low_frequency_factor = 1,
          .high_frequency_factor = 4,
          .original_context = 8192,
      },
      128, 131072, 1,
      {{1, 0.8146172165870667},
       {16, 0.03760603070259094},
       {32, 0.0005248460220173001},
       {48, 6.647869668086059e-06},
       {63, 3.068925877869333e-07}});
}

TEST(TensorPlan, SpellsShapesOut) {
  const Config config = test::tiny_config();
  EXPECT_EQ(shape_of("[heads*head, model]", config), (Shape{32, 32}));
  EXPECT_EQ(shape_of("[kv_heads*head]", config), (Shape{16}));
  EXPECT_EQ(shape_of("[vocab, model]", config), (Shape{320, 32}));
  EXPECT_THROW(shape_of("[width]", config), Error);
}

// Rows are spelt out only for tensors that a file has: 2^32 of them, as this configuration implies, would fill any memory.
TEST(TensorPlan, CostsNothingForRowsThatAreNotThere) {
  Config config = test::tiny_config();
  config.heads = config.kv_heads = config.head = 1 << 16;
  for (const PlannedTensor& planned : plan_tensors(llama(), config))
    if (planned.canonical == "blocks.0.attn.q") {
      EXPECT_EQ(planned.gguf.stored_shape[0], std::uint64_t{1} << 32);
    }
}

TEST(TensorPlan, PairsOfRowsLoseNone) {
  for (const std::uint64_t head : {1, 2, 5, 8}) {
    Config config = test::tiny_config();
    config.head = head;
    const Location place = locate({.name = "q", .part = Part::query_pairs}, {"q.weight"}, Shape{head * 3, 4}, config);
    std::set<std::uint64_t> ours;
    for (const RowRun& run : place.runs()) ours.insert(run.ours);
    EXPECT_EQ(ours.size(), head * 3) << head;
    EXPECT_EQ(*ours.rbegin(), head * 3 - 1) << head;
  }
}

TEST(Archs, AreAllListedWhereOneIsNotKnown) {
  const auto message = [](const auto& look) {
    try {
      look();
    } catch (const Error& error) {
      return fmt::format(", {},", std::string_view(error.what()).substr(std::string_view(error.what()).find("known are ") + 10));
    }
    return std::string();
  };
  const std::string types = message([] { arch_for_hf_model_type("nonesuch"); });
  const std::string ggufs = message([] { arch_for_gguf("nonesuch", [](const TensorSpec&) { return true; }); });
  for (const Arch* arch : all_archs()) {
    EXPECT_NE(types.find(fmt::format(", {},", arch->hf_model_type)), std::string::npos) << types;
    if (!arch->gguf_arch.empty()) {
      EXPECT_NE(ggufs.find(fmt::format(", {},", arch->gguf_arch)), std::string::npos) << ggufs;
    }
  }
}

TEST(Archs, FitGgufsNamesAndDifferFromEachOther) {
  Config config = test::tiny_config();
  config.blocks = config.groups = 999;
  config.attention_bias = config.mlp_bias = true;
  config.experts = config.types = config.positions = 2;
  config.labels = {"no", "yes"};
  for (const Arch* arch : all_archs()) {
    EXPECT_EQ(&arch_for_hf_model_type(arch->hf_model_type), arch);
    for (const PlannedTensor& tensor : plan_tensors(*arch, config))
      for (const std::string& name : tensor.gguf.names) ASSERT_LT(name.size(), 64U) << name;
  }
  EXPECT_THROW(arch_for_gguf("nonesuch", [](const TensorSpec&) { return true; }), Error);
}

// Families that share a GGUF architecture: the one of that name reads it, and another where only its tensors are there.
TEST(Archs, AreFoundByTheirGgufNameAndTensors) {
  const auto without = [](std::string_view part) {
    return [part](const TensorSpec& spec) { return spec.canonical.find(part) == std::string_view::npos; };
  };
  EXPECT_EQ(arch_for_gguf("llama", without("experts")).name, "llama");
  EXPECT_EQ(arch_for_gguf("llama", without("ffn.gate")).name, "mixtral");
  EXPECT_EQ(arch_for_gguf("bert", without("nothing")).name, "bert");
  EXPECT_EQ(arch_for_gguf("bert", without("types")).name, "distilbert");
  EXPECT_EQ(arch_for_gguf("bert", without("")).name, "bert");  // which then says what is missing
  EXPECT_THROW(arch_for_gguf("", without("nothing")), Error);
}

}  // namespace
}  // namespace tightrope::model
