// Where a report is written: one HTML page and the JSON it is a view of.
#pragma once

#include <filesystem>
#include <span>

#include "tightrope/eval.h"

namespace tightrope::app {

// `target` is a .html file or a folder. Throws before hours of work when it could not be written, or would overwrite one of `inputs`.
void check_report(const std::filesystem::path& target, bool overwrite, std::span<const std::filesystem::path> inputs);
// Both files or none.
void write_report(const Report& report, const std::filesystem::path& target, bool overwrite);

}  // namespace tightrope::app
