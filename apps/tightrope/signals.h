// Interruptions and vanishing files.
#pragma once

#include <filesystem>

namespace tightrope::app {

// SIGINT, SIGTERM and SIGHUP: remembered the first time (see throw_if_interrupted); the second time removes the unfinished output and ends
// the program. SIGBUS (a mapped file shrank while it was read): says which file, removes the unfinished output, exits 1.
void install_signal_handlers();

// Where output is being made, so that signal handlers can remove what is unfinished there.
void announce_output(const std::filesystem::path& output);

// Throws Error(interrupted) once a signal has asked to stop.
void throw_if_interrupted();
// True once for a signal that asked to stop, which is forgotten then: for what can go on after stopping one thing.
bool take_interruption();
// The signal that asked to stop, or 0.
int interrupting_signal();

}  // namespace tightrope::app
