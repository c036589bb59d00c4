// The one exception type that crosses the library's boundaries.
#pragma once

#include <stdexcept>
#include <string>

namespace tightrope {

// What went wrong, coarse enough to act on.
enum class ErrorCode {
  invalid_argument,  // an option or a combination of options makes no sense
  not_found,         // a file, tensor, format or architecture that was named does not exist
  malformed,         // a file does not obey its own format
  unsupported,       // well-formed, but nothing here can handle it
  already_exists,    // the output is there and may not be overwritten
  no_space,          // the disk cannot hold the output
  io,                // the operating system refused to read or write
  out_of_memory,     // an allocation that the input asks for is beyond the limit
  interrupted,       // the caller asked to stop
  internal,          // a broken promise inside the library: a bug
};

// Message layout: "[operation] what is wrong with which thing; what to do about it".
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

}  // namespace tightrope
