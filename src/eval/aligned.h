// Columns of text for a terminal.
#pragma once

#include <string>
#include <vector>

namespace tightrope::eval {

using Row = std::vector<std::string>;

// A line for each row; the first column to the left, the others to the right.
std::string aligned(const std::vector<Row>& rows);

}  // namespace tightrope::eval
