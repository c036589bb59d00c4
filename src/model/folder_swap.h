// A folder that appears under its name whole or not at all.
#pragma once

#include <filesystem>
#include <span>

namespace tightrope::model {

// Checks that `target` may be written, makes a temporary folder beside it, and puts that in its place on commit(). Destruction without
// commit() removes it. An existing target is replaced only when allowed, and then only when it is a model's folder: it holds config.json,
// no folders but those of a sentence model's steps, and none of `inputs`.
class FolderSwap {
 public:
  FolderSwap(std::filesystem::path target, std::span<const std::filesystem::path> inputs, bool overwrite);
  ~FolderSwap();
  FolderSwap(const FolderSwap&) = delete;
  FolderSwap& operator=(const FolderSwap&) = delete;

  const std::filesystem::path& temporary() const { return temporary_; }
  void commit();

 private:
  std::filesystem::path target_, temporary_;
};

}  // namespace tightrope::model
