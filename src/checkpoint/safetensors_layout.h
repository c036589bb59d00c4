// The numbers and names of the safetensors format that reader, folder and writer share.
#pragma once

#include <cstdint>
#include <string_view>

namespace tightrope::checkpoint::safetensors {

constexpr std::uint64_t kLengthBytes = 8;  // the header's length in front of the header
constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;
constexpr std::string_view kMetadataKey = "__metadata__";
constexpr std::string_view kSingleFile = "model.safetensors";
constexpr std::string_view kIndexFile = "model.safetensors.index.json";

}  // namespace tightrope::checkpoint::safetensors
