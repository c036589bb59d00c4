// Which reader a path is for.
#include "model/load.h"

#include <system_error>

#include "base/error.h"
#include "model/checkpoint_io.h"

namespace tightrope::model {

Model load_model(const std::filesystem::path& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found)
    fail(ErrorCode::not_found, "[load] there is no '{}'; check the path", path.string());
  if (error) fail(ErrorCode::io, "[load] '{}' cannot be looked at: {}", path.string(), error.message());
  if (std::filesystem::is_directory(status)) return load_huggingface(path, path);
  if (path.extension() == ".safetensors") return load_huggingface(path.parent_path(), path);
  if (path.extension() == ".gguf") return load_gguf(path);
  fail(ErrorCode::unsupported, "[load] '{}' is neither a model folder nor a .safetensors nor a .gguf; name one of these", path.string());
}

}  // namespace tightrope::model
