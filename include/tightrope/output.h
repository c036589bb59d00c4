// Files that a program writes of what it found: reports and lines.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

namespace tightrope {

// Throws already_exists or invalid_argument when a file could not be written there, or is one of `inputs` or lies in one.
void check_writable(const std::filesystem::path& path, bool overwrite, std::span<const std::filesystem::path> inputs = {});
// Makes a folder in one that exists; false when it was there before. Errors: io, no_space.
bool make_folder(const std::filesystem::path& path);
// Writes a small file durably: complete or not there at all. Errors: already_exists, invalid_argument, io, no_space.
void write_text(const std::filesystem::path& path, std::string_view text, bool overwrite);

// A file of any length, written as it comes about and durable as those of write_text: it has its name only after commit().
class OutputFile {
 public:
  // Errors: as check_writable; io, no_space.
  OutputFile(const std::filesystem::path& path, bool overwrite, std::span<const std::filesystem::path> inputs = {});
  ~OutputFile();
  OutputFile(OutputFile&&) noexcept;

  void append(std::string_view text);  // errors: io, no_space
  void commit();                       // errors: io, no_space, already_exists (one that appeared meanwhile)

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace tightrope
