// Inputs and answers as JSON Lines.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tasks/task.h"

namespace tightrope::tasks {

// {"text": …} and perhaps "pair"; other keys are left alone. Errors: malformed, naming the line.
TextInput parse_text_input(std::string_view line, std::uint64_t number);

std::string to_json(const Task& task, const Classification& classification, std::uint64_t index);
// Numbers are the shortest that read back as the same float.
std::string to_json(const Embedding& embedding, std::uint64_t index);

}  // namespace tightrope::tasks
