// Reading files whole or mapped, and writing them so that a crash never leaves half of one under its final name.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace tightrope {

// Maps a regular file read-only. The mapping lives as long as any Bytes made from it. Errors: not_found, io, malformed (not a regular
// file).
Bytes map_file(const std::filesystem::path& path);

// Lets go of the memory behind bytes that came from map_file; they stay valid and are read from the file again when touched. Bytes of any
// other origin are left alone.
void release_pages(const Bytes& bytes);

// Reads a small text file whole. Errors: not_found, io; malformed when it is larger than `limit` bytes.
std::string read_text_file(const std::filesystem::path& path, std::uint64_t limit = std::uint64_t{64} << 20);

// What may happen to a file or folder that is already at the output path.
enum class Overwrite { refuse, replace };

// Throws already_exists or invalid_argument unless `output` may be written: it must not exist (or `overwrite` allows it and it is a regular
// file), must not be a symbolic link, must not be one of `inputs` nor lie inside an input folder, and its parent must be a folder.
void check_output_path(const std::filesystem::path& output, std::span<const std::filesystem::path> inputs, Overwrite overwrite);

// Throws no_space, with both numbers, unless the file system of `folder` has `bytes` free.
void check_free_space(const std::filesystem::path& folder, std::uint64_t bytes);

// Makes what was created, renamed or removed in a folder survive a crash. Errors: io.
void sync_folder(const std::filesystem::path& folder);

// A file under construction beside its final name. commit() makes it durable and visible in one step (fsync, rename, fsync of the
// folder); destruction without commit() removes it. write_at is thread-safe.
class DurableFile {
 public:
  explicit DurableFile(const std::filesystem::path& final_path);
  ~DurableFile();
  DurableFile(const DurableFile&) = delete;
  DurableFile& operator=(const DurableFile&) = delete;

  void write_at(std::uint64_t offset, std::span<const std::byte> data);
  void append(std::span<const std::byte> data);
  void append(std::string_view text);
  std::uint64_t size() const noexcept { return size_; }  // bytes appended so far
  void commit();

 private:
  std::filesystem::path final_path_, temporary_path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

// Writes a small file durably.
void write_text_file(const std::filesystem::path& path, std::string_view text);

}  // namespace tightrope
