// The container builders.
#include "support/container_builder.h"

namespace tightrope::test {

std::string gguf_string(std::string_view text) { return raw<std::uint64_t>(text.size()) + std::string(text); }

std::string gguf_key(std::string_view key, std::uint32_t type, std::string_view payload) {
  return gguf_string(key) + raw(type) + std::string(payload);
}

std::string gguf_array(std::string_view key, std::uint32_t element_type, std::uint64_t count, std::string_view payload) {
  return gguf_key(key, 9, raw(element_type) + raw(count) + std::string(payload));
}

std::string GgufFile::build() const {
  std::string file = magic + raw(version) + raw<std::uint64_t>(tensor_count.value_or(tensors.size())) +
                     raw<std::uint64_t>(key_count.value_or(keys.size()));
  for (const std::string& key : keys) file += key;
  const auto padded = [&](std::uint64_t size) { return (size + alignment - 1) / alignment * alignment; };
  std::uint64_t offset = 0;
  for (const GgufTensor& tensor : tensors) {
    file += gguf_string(tensor.name) + raw<std::uint32_t>(tensor.rank.value_or(static_cast<std::uint32_t>(tensor.dimensions.size())));
    for (const std::uint64_t dimension : tensor.dimensions) file += raw(dimension);
    file += raw(tensor.type) + raw<std::uint64_t>(tensor.offset.value_or(offset));
    offset += padded(tensor.bytes);
  }
  file.resize(padded(file.size()));
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    file.append(tensors[i].bytes, static_cast<char>('A' + i % 26));
    file.append(padded(tensors[i].bytes) - tensors[i].bytes, '\0');
  }
  return file;
}

GgufFile small_gguf() {
  GgufFile file;
  file.keys = {
      gguf_key("general.architecture", 8, gguf_string("llama")),
      gguf_key("a.u8", 0, raw<std::uint8_t>(200)),
      gguf_key("a.i8", 1, raw<std::int8_t>(-3)),
      gguf_key("a.u16", 2, raw<std::uint16_t>(60000)),
      gguf_key("a.i16", 3, raw<std::int16_t>(-300)),
      gguf_key("a.u32", 4, raw<std::uint32_t>(4000000000)),
      gguf_key("a.i32", 5, raw<std::int32_t>(-70000)),
      gguf_key("a.f32", 6, raw(0.5f)),
      gguf_key("a.bool", 7, raw<std::uint8_t>(1)),
      gguf_key("a.u64", 10, raw<std::uint64_t>(1)),
      gguf_key("a.i64", 11, raw<std::int64_t>(-5)),
      gguf_key("a.f64", 12, raw(0.25)),
      gguf_array("tokens", 8, 2, gguf_string("a") + gguf_string("b")),
      gguf_array("types", 5, 2, raw<std::int32_t>(1) + raw<std::int32_t>(-1)),
      gguf_array("scores", 6, 1, raw(1.5f)),
      gguf_array("bytes", 0, 3, "abc"),
      gguf_array("nested", 9, 1, raw<std::uint32_t>(4) + raw<std::uint64_t>(1) + raw<std::uint32_t>(7)),
  };
  file.tensors = {{"embed.weight", {32, 2}, 0, 256}, {"norm.weight", {3}, 1, 6}, {"blk.0.q.weight", {64, 2}, 8, 136}};
  return file;
}

std::string safetensors_file(std::string_view header, std::string_view data) {
  return raw<std::uint64_t>(header.size()) + std::string(header) + std::string(data);
}

std::string small_safetensors() {
  return safetensors_file(
      R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},)"
      R"("empty":{"dtype":"F32","shape":[0,4],"data_offsets":[24,24]},)"
      R"("b\u00e9":{"dtype":"BF16","shape":[4],"data_offsets":[24,32]},"s":{"dtype":"I64","shape":[],"data_offsets":[32,40]}}   )",
      "AAAAAAAAAAAAAAAAAAAAAAAABBBBBBBBCCCCCCCC");
}

Bytes to_bytes(std::string_view text) {
  const auto* bytes = reinterpret_cast<const std::byte*>(text.data());
  return Bytes(std::vector<std::byte>(bytes, bytes + text.size()));
}

}  // namespace tightrope::test
