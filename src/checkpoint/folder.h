// Which files of a model folder may be opened.
#pragma once

#include <filesystem>
#include <string_view>

namespace tightrope::checkpoint {

// The name of a file or folder that lies directly in another: neither a way out of it nor through it.
bool is_plain_name(std::string_view name);

// `name` inside `folder`, for a name that came out of a file. It must be a plain file name, and where it is a link it must lead to a place
// inside the folder, or into the `blobs` folder of a Hugging Face cache of which `folder` is a snapshot. `what` begins the error:
// "[safetensors]". Errors: malformed, not_found, io.
std::filesystem::path file_inside(const std::filesystem::path& folder, std::string_view name, std::string_view what);

}  // namespace tightrope::checkpoint
