// Opening a GGUF file, and joining the parts of one that was split.
#include <algorithm>
#include <charconv>
#include <optional>
#include <unordered_set>

#include "base/error.h"
#include "base/file.h"
#include "checkpoint/gguf.h"
#include "checkpoint/names.h"

namespace tightrope::checkpoint {
namespace {

constexpr std::string_view kCountKey = "split.count", kNumberKey = "split.no", kTensorsKey = "split.tensors.count";

// A file name "<stem>-00002-of-00003.gguf".
struct PartName {
  std::string stem;
  std::uint64_t number = 0, count = 0;  // number counts from 1
};

std::optional<std::uint64_t> five_digits(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.size() != 5) return std::nullopt;
  return value;
}

std::optional<PartName> part_name(std::string_view file_name) {
  constexpr std::size_t kTail = std::string_view("-00001-of-00003.gguf").size();
  if (file_name.size() <= kTail) return std::nullopt;
  const std::string_view tail = file_name.substr(file_name.size() - kTail);
  const auto number = five_digits(tail.substr(1, 5)), count = five_digits(tail.substr(10, 5));
  if (tail[0] != '-' || tail.substr(6, 4) != "-of-" || tail.substr(15) != ".gguf" || !number || !count) return std::nullopt;
  return PartName{std::string(file_name.substr(0, file_name.size() - kTail)), *number, *count};
}

std::filesystem::path part_path(const std::filesystem::path& first, const PartName& name, std::uint64_t number) {
  return first.parent_path() / fmt::format("{}-{:05}-of-{:05}.gguf", name.stem, number, name.count);
}

Container read_part(const std::filesystem::path& file) { return parse_gguf(map_file(file), file.string()); }

// Appends the tensors of `part`, which says it is number `number` (from 1) of `count`.
void join(Container& whole, Container part, const std::filesystem::path& file, std::uint64_t number, std::uint64_t count) {
  if (part.metadata.unsigned_or(kCountKey, 0) != count || part.metadata.unsigned_or(kNumberKey, count) != number - 1)
    fail(ErrorCode::malformed, "[gguf] '{}' does not say that it is part {} of {}; the parts are of different models", file.string(),
         number, count);
  std::move(part.entries.begin(), part.entries.end(), std::back_inserter(whole.entries));
}

void check_whole(const Container& whole, const std::filesystem::path& first) {
  const std::uint64_t promised = whole.metadata.unsigned_or(kTensorsKey, whole.entries.size());
  if (promised != whole.entries.size())
    fail(ErrorCode::malformed, "[gguf] the parts of '{}' hold {} tensors where {} are due; fetch all of them again", first.string(),
         whole.entries.size(), promised);
  std::unordered_set<std::string_view> names;
  for (const Entry& entry : whole.entries)
    if (!names.insert(entry.name).second)
      fail(ErrorCode::malformed, "[gguf] two parts of '{}' hold the tensor {}; the parts are of different models", first.string(),
           quote(entry.name));
}

}  // namespace

std::vector<std::filesystem::path> gguf_parts(const std::filesystem::path& file) {
  std::vector<std::filesystem::path> parts = {file};
  const auto name = part_name(file.filename().string());
  for (std::uint64_t number = 1; name && number <= name->count; ++number)
    if (number != name->number) parts.push_back(part_path(file, *name, number));
  return parts;
}

Container read_gguf(const std::filesystem::path& file) {
  Container whole = read_part(file);
  const std::uint64_t count = whole.metadata.unsigned_or(kCountKey, 0);
  if (count > 1) {
    const auto name = part_name(file.filename().string());
    if (!name || name->count != count)
      fail(ErrorCode::malformed, "[gguf] '{}' is one of {} parts, so its name must end in '-00001-of-{:05}.gguf'; rename it back",
           file.string(), count, count);
    if (name->number != 1)
      fail(ErrorCode::invalid_argument, "[gguf] '{}' is part {} of {}; open '{}'", file.string(), name->number, count,
           part_path(file, *name, 1).string());
    if (whole.metadata.unsigned_or(kNumberKey, count) != 0)
      fail(ErrorCode::malformed, "[gguf] '{}' does not say that it is the first part; the parts are of different models", file.string());
    for (std::uint64_t number = 2; number <= count; ++number) {
      const auto part = part_path(file, *name, number);
      join(whole, read_part(part), part, number, count);
    }
    check_whole(whole, file);
  }
  for (const std::string_view key : {kCountKey, kNumberKey, kTensorsKey}) whole.metadata.erase(key);
  return whole;
}

}  // namespace tightrope::checkpoint
