// The numbers of the GGUF format that reader and writer share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tightrope::checkpoint::gguf {

constexpr std::string_view kMagic = "GGUF";
constexpr std::uint32_t kVersion = 3;
constexpr std::string_view kAlignmentKey = "general.alignment";
constexpr std::uint64_t kDefaultAlignment = 32;  // bytes
constexpr std::uint64_t kMaxAlignment = std::uint64_t{1} << 20;
constexpr std::uint64_t kMaxKeyBytes = 65535;
constexpr std::uint64_t kMaxNameBytes = 63;  // the reference keeps 64 bytes with a NUL
constexpr std::uint64_t kMaxStringBytes = std::uint64_t{1} << 30;
constexpr std::uint64_t kMaxArrayElements = std::uint64_t{1} << 30;
constexpr std::uint64_t kMaxTensors = std::uint64_t{1} << 18;
// What all metadata may cost in memory. The largest vocabularies in use (a quarter of a million tokens, half a million merges) take a
// quarter of it.
constexpr std::uint64_t kMaxMetadataBytes = std::uint64_t{128} << 20;
constexpr unsigned kMaxArrayDepth = 4;

// Ids of the metadata's value types.
enum ValueType : std::uint32_t { kU8, kI8, kU16, kI16, kU32, kI32, kF32, kBool, kString, kArray, kU64, kI64, kF64 };

// The id of a C++ type; kArray for anything that holds several.
template <class T>
inline constexpr ValueType kTypeOf = kArray;
template <>
inline constexpr ValueType kTypeOf<std::uint8_t> = kU8;
template <>
inline constexpr ValueType kTypeOf<std::int8_t> = kI8;
template <>
inline constexpr ValueType kTypeOf<std::uint16_t> = kU16;
template <>
inline constexpr ValueType kTypeOf<std::int16_t> = kI16;
template <>
inline constexpr ValueType kTypeOf<std::uint32_t> = kU32;
template <>
inline constexpr ValueType kTypeOf<std::int32_t> = kI32;
template <>
inline constexpr ValueType kTypeOf<float> = kF32;
template <>
inline constexpr ValueType kTypeOf<bool> = kBool;
template <>
inline constexpr ValueType kTypeOf<std::string> = kString;
template <>
inline constexpr ValueType kTypeOf<std::uint64_t> = kU64;
template <>
inline constexpr ValueType kTypeOf<std::int64_t> = kI64;
template <>
inline constexpr ValueType kTypeOf<double> = kF64;

}  // namespace tightrope::checkpoint::gguf
