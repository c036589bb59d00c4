// The corpus of legal and broken containers.
#include "support/container_cases.h"

#include <fmt/format.h>

#include "support/container_builder.h"

namespace tightrope::test {
namespace {

constexpr std::uint64_t kHuge[] = {std::uint64_t{1} << 31, std::uint64_t{1} << 63, ~std::uint64_t{0}};

// small_gguf with one thing changed.
template <class Change>
std::string gguf_with(Change change) {
  GgufFile file = small_gguf();
  change(file);
  return file.build();
}

std::string gguf_with_key(const std::string& key) {
  return gguf_with([&](GgufFile& file) { file.keys.push_back(key); });
}

std::string gguf_with_tensor(const GgufTensor& tensor) {
  return gguf_with([&](GgufFile& file) { file.tensors.push_back(tensor); });
}

void add_gguf_headers(std::vector<Case>& cases) {
  cases.push_back({"empty", ""});
  cases.push_back({"magic", gguf_with([](GgufFile& file) { file.magic = "GGUX"; })});
  for (const std::uint32_t version : {0u, 1u, 4u, ~0u})
    cases.push_back({fmt::format("version_{}", version), gguf_with([&](GgufFile& file) { file.version = version; })});
  cases.push_back({"version_2", gguf_with([](GgufFile& file) { file.version = 2; }), true});
  cases.push_back({"big_endian", gguf_with([](GgufFile& file) { file.version = 0x03000000; })});
  cases.push_back({"no_tensors", gguf_with([](GgufFile& file) { file.tensors.clear(); }), true});
  cases.push_back({"nothing_in_it", GgufFile{}.build(), true});
  cases.push_back({"fewer_keys", gguf_with([](GgufFile& file) { file.key_count = 1; })});
  cases.push_back({"one_key_more", gguf_with([](GgufFile& file) { file.key_count = file.keys.size() + 1; })});
  cases.push_back({"one_tensor_more", gguf_with([](GgufFile& file) { file.tensor_count = file.tensors.size() + 1; })});
  for (const std::uint64_t count : kHuge) {
    cases.push_back({fmt::format("keys_{}", count), gguf_with([&](GgufFile& file) { file.key_count = count; })});
    cases.push_back({fmt::format("tensors_{}", count), gguf_with([&](GgufFile& file) { file.tensor_count = count; })});
  }
}

void add_gguf_strings(std::vector<Case>& cases) {
  for (const std::uint64_t length : {std::uint64_t{100000}, kHuge[0], kHuge[1], kHuge[2]}) {
    cases.push_back({fmt::format("key_length_{}", length), gguf_with_key(raw(length) + "abc")});
    cases.push_back({fmt::format("string_length_{}", length), gguf_with_key(gguf_key("k", 8, raw(length) + "abc"))});
  }
  cases.push_back({"string_empty", gguf_with_key(gguf_key("k", 8, gguf_string(""))), true});
  cases.push_back({"string_not_utf8", gguf_with_key(gguf_key("k", 8, gguf_string("\xc0\x80\xff"))), true});
  cases.push_back({"string_nul", gguf_with_key(gguf_key("k", 8, gguf_string(std::string("a\0b", 3)))), true});
  cases.push_back({"key_empty", gguf_with_key(gguf_key("", 0, "a"))});
  cases.push_back({"key_not_utf8", gguf_with_key(gguf_key("\xed\xa0\x80", 0, "a"))});
  cases.push_back({"key_nul", gguf_with_key(gguf_key(std::string("k\0z", 3), 0, "a"))});
  cases.push_back({"key_65535", gguf_with_key(gguf_key(std::string(65535, 'k'), 0, "a")), true});
  cases.push_back({"key_65536", gguf_with_key(gguf_key(std::string(65536, 'k'), 0, "a"))});
  cases.push_back({"key_twice", gguf_with_key(gguf_key("a.u8", 0, "a"))});
  cases.push_back({"tensor_name_empty", gguf_with_tensor({"", {4}, 0, 16})});
  cases.push_back({"tensor_name_not_utf8", gguf_with_tensor({"\xf5", {4}, 0, 16})});
  cases.push_back({"tensor_name_nul", gguf_with_tensor({std::string("t\0u", 3), {4}, 0, 16})});
  cases.push_back({"tensor_name_63", gguf_with_tensor({std::string(63, 't'), {4}, 0, 16}), true});
  cases.push_back({"tensor_name_64", gguf_with_tensor({std::string(64, 't'), {4}, 0, 16})});
  cases.push_back({"tensor_twice", gguf_with_tensor({"embed.weight", {4}, 0, 16})});
}

void add_gguf_values(std::vector<Case>& cases) {
  cases.push_back({"bool_2", gguf_with_key(gguf_key("k", 7, "\2"))});
  for (const std::uint32_t type : {13u, 255u, ~0u}) {
    cases.push_back({fmt::format("value_type_{}", type), gguf_with_key(gguf_key("k", type, std::string(16, '\0')))});
    cases.push_back({fmt::format("array_type_{}", type), gguf_with_key(gguf_array("k", type, 1, std::string(16, '\0')))});
  }
  for (const std::uint32_t type : {0u, 4u, 6u, 7u, 8u, 9u, 12u})
    for (const std::uint64_t count : {kHuge[0], kHuge[1], kHuge[2], (~std::uint64_t{0}) / 4 + 2})
      cases.push_back({fmt::format("array_{}_count_{}", type, count), gguf_with_key(gguf_array("k", type, count, "abcd"))});
  cases.push_back({"array_empty", gguf_with_key(gguf_array("k", 8, 0, "")), true});
  cases.push_back({"array_of_lying_strings", gguf_with_key(gguf_array("k", 8, 2, gguf_string("a") + raw(~std::uint64_t{0})))});
  const auto nested = [](unsigned depth) {
    std::string payload;
    for (unsigned i = 1; i < depth; ++i) payload += raw<std::uint32_t>(9) + raw<std::uint64_t>(1);
    return gguf_key("deep", 9, payload + raw<std::uint32_t>(0) + raw<std::uint64_t>(1) + "a");
  };
  cases.push_back({"array_depth_4", gguf_with_key(nested(4)), true});
  cases.push_back({"array_depth_5", gguf_with_key(nested(5))});
  cases.push_back({"array_depth_bomb", gguf_with_key(nested(10000))});
  cases.push_back({"array_of_many_bytes", gguf_with_key(gguf_array("k", 0, (1u << 20) + 1, std::string((1u << 20) + 1, 'x')))});
}

void add_gguf_tensors(std::vector<Case>& cases) {
  const std::uint64_t huge = std::uint64_t{1} << 62;
  cases.push_back({"rank_0", gguf_with_tensor({"t", {}, 0, 4}), true});
  cases.push_back({"rank_4", gguf_with_tensor({"t", {1, 2, 1, 2}, 0, 16}), true});
  cases.push_back({"rank_5", gguf_with_tensor({"t", {1, 1, 1, 1, 1}, 0, 4})});
  cases.push_back({"rank_huge", gguf_with_tensor({"t", {1}, 0, 4, {}, ~0u})});
  cases.push_back({"dimension_0", gguf_with_tensor({"t", {32, 0}, 0, 0})});
  cases.push_back({"dimension_negative", gguf_with_tensor({"t", {~std::uint64_t{0}}, 0, 16})});
  cases.push_back({"elements_overflow", gguf_with_tensor({"t", {huge, 8}, 0, 16})});
  cases.push_back({"elements_overflow_to_zero", gguf_with_tensor({"t", {std::uint64_t{1} << 32, std::uint64_t{1} << 32}, 0, 16})});
  cases.push_back({"bytes_overflow", gguf_with_tensor({"t", {huge}, 0, 16})});
  cases.push_back({"bytes_overflow_blocks", gguf_with_tensor({"t", {huge, 2}, 8, 16})});
  for (const std::uint32_t type : {4u, 5u, 200u, 0x7fffffffu, ~0u})
    cases.push_back({fmt::format("tensor_type_{}", type), gguf_with_tensor({"t", {256}, type, 16})});
  cases.push_back({"row_no_whole_blocks", gguf_with_tensor({"t", {33, 32}, 8, 1122})});
  cases.push_back({"rows_share_a_block", gguf_with_tensor({"t", {16, 2}, 8, 34})});
  const std::uint64_t end = small_gguf().build().size();
  for (const std::uint64_t offset :
       {std::uint64_t{0}, std::uint64_t{416}, std::uint64_t{480}, std::uint64_t{1}, end, kHuge[1], ~std::uint64_t{31}, ~std::uint64_t{0}})
    cases.push_back({fmt::format("offset_{}", offset), gguf_with_tensor({"t", {4}, 0, 16, offset})});
  cases.push_back({"size_past_end", gguf_with_tensor({"t", {1u << 20}, 0, 16})});
  cases.push_back({"one_byte_past_end", gguf_with_tensor({"t", {9}, 0, 32})});
  // Sizes that each fit and whose padded sum wraps around to a small number.
  cases.push_back({"sum_overflow", gguf_with([&](GgufFile& file) {
                     file.tensors.clear();
                     std::uint64_t offset = 0;
                     for (int i = 0; i < 5; ++i, offset += huge) file.tensors.push_back({fmt::format("t{}", i), {huge}, 24, 16, offset});
                   })});
  cases.push_back({"sum_overflow_by_padding", gguf_with([&](GgufFile& file) {
                     file.tensors = {{"t", {~std::uint64_t{0} >> 1}, 24, 32},
                                     {"u", {(~std::uint64_t{0} >> 1) - 30}, 24, 32, std::uint64_t{1} << 63},
                                     {"v", {16}, 24, 32, 0}};
                   })});
  cases.push_back({"trailing_bytes", small_gguf().build() + "more", true});
  cases.push_back({"no_final_padding", small_gguf().build().substr(0, end - 24), true});
  cases.push_back({"last_byte_missing", small_gguf().build().substr(0, end - 25)});
}

void add_gguf_alignments(std::vector<Case>& cases) {
  const auto with = [](std::uint32_t type, const std::string& payload, std::uint64_t used) {
    return gguf_with([&](GgufFile& file) {
      file.keys.push_back(gguf_key("general.alignment", type, payload));
      file.alignment = used;
    });
  };
  for (const std::uint32_t alignment : {0u, 3u, 33u, 1u << 31, ~0u})
    cases.push_back({fmt::format("alignment_{}", alignment), with(4, raw(alignment), 32)});
  for (const std::uint32_t alignment : {8u, 64u, 4096u})
    cases.push_back({fmt::format("alignment_{}", alignment), with(4, raw(alignment), alignment), true});
  cases.push_back({"alignment_u64", with(10, raw<std::uint64_t>(32), 32)});
  cases.push_back({"alignment_u64_max", with(10, raw(~std::uint64_t{0}), 32)});
  cases.push_back({"alignment_string", with(8, gguf_string("32"), 32)});
  cases.push_back({"alignment_not_used", with(4, raw<std::uint32_t>(64), 32)});
}

// A header around one broken tensor whose data are the 8 bytes "AAAABBBB".
std::string one_tensor(std::string_view tensor) { return safetensors_file(fmt::format(R"({{"t":{}}})", tensor), "AAAABBBB"); }

std::string info(std::string_view dtype, std::string_view shape, std::string_view offsets) {
  return fmt::format(R"({{"dtype":{},"shape":{},"data_offsets":{}}})", dtype, shape, offsets);
}

void add_safetensors_headers(std::vector<Case>& cases) {
  const std::string good = small_safetensors();
  cases.push_back({"small", good, true});
  cases.push_back({"empty", ""});
  cases.push_back({"no_tensors", safetensors_file("{}", ""), true});
  cases.push_back({"seven_bytes", good.substr(0, 7)});
  for (const std::uint64_t length : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{7}, std::uint64_t{100'000'000},
                                     std::uint64_t{100'000'001}, kHuge[0], kHuge[1], kHuge[2]})
    cases.push_back({fmt::format("header_length_{}", length), raw(length) + good.substr(8)});
  cases.push_back({"leading_space", safetensors_file(" {}", "")});
  cases.push_back({"trailing_spaces", safetensors_file("{}" + std::string(1000, ' '), ""), true});
  cases.push_back({"trailing_tab", safetensors_file("{}\t", "")});
  cases.push_back({"trailing_nul", safetensors_file(std::string("{}\0", 3), "")});
  cases.push_back({"two_objects", safetensors_file("{}{}", "")});
  cases.push_back({"array", safetensors_file("[]", "")});
  cases.push_back({"byte_order_mark", safetensors_file("\xef\xbb\xbf{}", "")});
  cases.push_back({"not_utf8", safetensors_file("{\"__metadata__\":{\"a\":\"\xff\"}}", "")});
  cases.push_back({"unpaired_surrogate", safetensors_file(R"({"__metadata__":{"a":"\ud800"}})", "")});
  cases.push_back({"deep", safetensors_file("{\"a\":" + std::string(10000, '[') + std::string(10000, ']') + "}", "")});
  cases.push_back({"deep_open", safetensors_file("{\"a\":" + std::string(10000, '{') + "}", "")});
  cases.push_back({"metadata_number", safetensors_file(R"({"__metadata__":{"a":1}})", "")});
  cases.push_back({"metadata_array", safetensors_file(R"({"__metadata__":[]})", "")});
  cases.push_back({"metadata_nested", safetensors_file(R"({"__metadata__":{"a":{}}})", "")});
  cases.push_back({"metadata_twice", safetensors_file(R"({"__metadata__":{},"__metadata__":{}})", "")});
  cases.push_back({"metadata_key_twice", safetensors_file(R"({"__metadata__":{"a":"b","a":"c"}})", "")});
  cases.push_back({"comment", safetensors_file("{/* */}", "")});
  cases.push_back({"zip", "PK\x03\x04" + good});
  cases.push_back({"zip_inside", good + "PK\x05\x06" + std::string(18, '\0')});
  cases.push_back({"pdf", "%PDF-1.7\n" + good});
  cases.push_back({"pickle", "\x80\x02}q\x01(X" + good});
  cases.push_back({"gguf", small_gguf().build()});
}

void add_safetensors_tensors(std::vector<Case>& cases) {
  const std::string f32 = R"("F32")", range = "[0,8]";
  cases.push_back({"one", one_tensor(info(f32, "[2]", range)), true});
  cases.push_back({"shape_number", one_tensor(info(f32, "2", range))});
  cases.push_back({"shape_negative", one_tensor(info(f32, "[-2]", range))});
  cases.push_back({"shape_fraction", one_tensor(info(f32, "[2.0]", range))});
  cases.push_back({"shape_1e400", one_tensor(info(f32, "[1e400]", range))});
  cases.push_back({"shape_2_64", one_tensor(info(f32, "[18446744073709551616]", range))});
  cases.push_back({"shape_string", one_tensor(info(f32, R"(["2"])", range))});
  cases.push_back({"shape_too_small", one_tensor(info(f32, "[1]", range))});
  cases.push_back({"shape_too_large", one_tensor(info(f32, "[3]", range))});
  cases.push_back({"shape_overflow", one_tensor(info(f32, "[4294967296,4294967296]", range))});
  cases.push_back({"shape_bytes_overflow", one_tensor(info(f32, "[4611686018427387906]", range))});
  cases.push_back({"rank_5", one_tensor(info(f32, "[1,1,1,1,2]", range))});
  cases.push_back({"rank_100", one_tensor(info(f32, "[" + std::string(99 * 2, '1') + "1]", range))});
  cases.push_back({"dtype_unknown", one_tensor(info(R"("F33")", "[2]", range))});
  cases.push_back({"dtype_foreign", one_tensor(info(R"("F8_E4M3")", "[8]", range))});
  cases.push_back({"dtype_number", one_tensor(info("32", "[2]", range))});
  cases.push_back({"dtype_case", one_tensor(info(R"("f32")", "[2]", range))});
  cases.push_back({"offsets_reversed", one_tensor(info(f32, "[2]", "[8,0]"))});
  cases.push_back({"offsets_one", one_tensor(info(f32, "[2]", "[8]"))});
  cases.push_back({"offsets_three", one_tensor(info(f32, "[2]", "[0,4,8]"))});
  cases.push_back({"offsets_hole_before", one_tensor(info(f32, "[1]", "[4,8]"))});
  cases.push_back({"offsets_hole_after", one_tensor(info(f32, "[1]", "[0,4]"))});
  cases.push_back({"offsets_past_end", one_tensor(info(f32, "[3]", "[0,12]"))});
  cases.push_back({"offsets_huge", one_tensor(info(f32, "[2]", "[18446744073709551608,18446744073709551616]"))});
  cases.push_back({"offsets_wrapping", one_tensor(info(f32, "[2]", "[18446744073709551608,0]"))});
  cases.push_back({"key_unknown", one_tensor(R"({"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1})")});
  cases.push_back({"key_missing", one_tensor(R"({"dtype":"F32","data_offsets":[0,8]})")});
  cases.push_back({"key_twice", one_tensor(R"({"dtype":"F32","shape":[2],"shape":[2],"data_offsets":[0,8]})")});
  cases.push_back({"info_null", one_tensor("null")});
  const auto two = [&](std::string_view first, std::string_view second, std::string_view a, std::string_view b) {
    return safetensors_file(fmt::format(R"({{"{}":{},"{}":{}}})", first, info(f32, "[1]", a), second, info(f32, "[1]", b)), "AAAABBBB");
  };
  cases.push_back({"two_in_any_order", two("a", "b", "[4,8]", "[0,4]"), true});
  cases.push_back({"tensor_twice", two("a", "a", "[0,4]", "[4,8]")});
  cases.push_back({"overlap_whole", two("a", "b", "[0,4]", "[0,4]")});
  cases.push_back({"overlap_part", two("a", "b", "[0,4]", "[2,6]")});
  cases.push_back({"name_nul", two("a", "b\\u0000c", "[0,4]", "[4,8]")});
  cases.push_back({"name_empty", two("a", "", "[0,4]", "[4,8]")});
}

}  // namespace

std::vector<Case> gguf_cases() {
  std::vector<Case> cases{{"small", small_gguf().build(), true}};
  add_gguf_headers(cases);
  add_gguf_strings(cases);
  add_gguf_values(cases);
  add_gguf_tensors(cases);
  add_gguf_alignments(cases);
  cases.push_back({"safetensors", small_safetensors()});
  cases.push_back({"pickle", std::string("\x80\x02}q", 4)});
  return cases;
}

std::vector<Case> safetensors_cases() {
  std::vector<Case> cases;
  add_safetensors_headers(cases);
  add_safetensors_tensors(cases);
  return cases;
}

}  // namespace tightrope::test
