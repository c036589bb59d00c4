// Checked and durable files for users of the library.
#include "tightrope/output.h"

#include <string>

#include "base/file.h"

namespace tightrope {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 20;  // written at a time

Overwrite mode(bool overwrite) { return overwrite ? Overwrite::replace : Overwrite::refuse; }

}  // namespace

void check_writable(const std::filesystem::path& path, bool overwrite, std::span<const std::filesystem::path> inputs) {
  check_output_path(path, inputs, mode(overwrite));
}

bool make_folder(const std::filesystem::path& path) {
  std::error_code error;
  const bool made = std::filesystem::create_directory(path, error);
  if (error) fail_write(error.value(), path, "making the folder");
  return made;
}

void write_text(const std::filesystem::path& path, std::string_view text, bool overwrite) {
  check_writable(path, overwrite);
  write_text_file(path, text);
}

struct OutputFile::Implementation {
  DurableFile file;
  std::string pending;

  Implementation(const std::filesystem::path& path, Overwrite overwrite) : file(path, overwrite) {}
  void write_pending() {
    file.append(pending);
    pending.clear();
  }
};

OutputFile::OutputFile(const std::filesystem::path& path, bool overwrite, std::span<const std::filesystem::path> inputs) {
  check_writable(path, overwrite, inputs);
  implementation_ = std::make_unique<Implementation>(path, mode(overwrite));
}
OutputFile::~OutputFile() = default;
OutputFile::OutputFile(OutputFile&&) noexcept = default;

void OutputFile::append(std::string_view text) {
  implementation_->pending += text;
  if (implementation_->pending.size() >= kPieceBytes) implementation_->write_pending();
}

void OutputFile::commit() {
  implementation_->write_pending();
  implementation_->file.commit();
}

}  // namespace tightrope
