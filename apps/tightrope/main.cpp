// The entry point: reads the command line, runs one verb, turns every error into a message and an exit code.
#include <fmt/format.h>

#include <new>

#include "program.h"
#include "signals.h"
#include "terminal.h"
#include "tightrope/error.h"
#include "verbs.h"

namespace tightrope::app {
namespace {

constexpr int kWorkFailed = 1, kBadInput = 2;

int exit_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
    case ErrorCode::not_found:
    case ErrorCode::malformed:
    case ErrorCode::unsupported:
    case ErrorCode::already_exists: return kBadInput;
    case ErrorCode::interrupted: return 128 + (interrupting_signal() == 0 ? 2 : interrupting_signal());
    case ErrorCode::no_space:
    case ErrorCode::io:
    case ErrorCode::out_of_memory:
    case ErrorCode::internal: return kWorkFailed;
  }
  return kWorkFailed;
}

int failed(int code, std::string_view message) {
  complain(message);
  return code;
}

int run(Program& program, int argc, const char* const* argv) {
  try {
    program.run(argc, argv);
    flush_output();
    return 0;
  } catch (const Error& error) {
    return failed(exit_code(error.code()), error.what());
  } catch (const std::bad_alloc&) {
    return failed(kWorkFailed, "[memory] this machine has not enough memory for that; close other programs or use a smaller model");
  } catch (const std::exception& error) {
    return failed(kWorkFailed, fmt::format("[internal] {}; this is a bug", error.what()));
  }
}

}  // namespace
}  // namespace tightrope::app

int main(int argc, char** argv) {
  tightrope::app::install_signal_handlers();
  tightrope::app::Program program(argc, argv);
  tightrope::app::add_all_verbs(program);
  return tightrope::app::run(program, argc, argv);
}
