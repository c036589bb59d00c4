// Cuts a stream of bytes into whole characters, as a reader of generated text needs it.
#pragma once

#include <string>
#include <string_view>

namespace tightrope::toolkit {

// Bytes go in as they come; valid UTF-8 comes out, whole characters only. What can become no character becomes U+FFFD.
class Utf8Stream {
 public:
  std::string push(std::string_view bytes);
  std::string finish();  // an unfinished character at the end becomes U+FFFD

 private:
  std::string pending_;
};

}  // namespace tightrope::toolkit
