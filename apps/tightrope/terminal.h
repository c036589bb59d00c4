// What a person sees: progress, colours, numbers in words.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tightrope/progress.h"

namespace tightrope::app {

// Writes to standard output. Errors: io.
void print(std::string_view text);
void print_line(std::string_view text);
void flush_output();  // errors: io; a full disk shows here
// Each writes a line to standard error, clear of a progress bar; an error's begins with the program's name.
void note(std::string_view text);
void complain(std::string_view error);
// Text that may come from a file, safe for a terminal: its control characters could move the cursor or worse.
std::string printable(std::string_view text);

// A bar with rate and time left when standard error is a terminal, else a line every ten seconds. Also the place where
// an interruption is noticed: throws Error(interrupted).
Progress progress_on_stderr();

std::string human_bytes(std::uint64_t bytes);  // "8.4 MB"
std::string human_seconds(double seconds);     // "1:05"
std::string human_count(double count);         // "1.2 k"

}  // namespace tightrope::app
