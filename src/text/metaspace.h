// What the pre-tokenizer and the decoder called Metaspace share.
#pragma once

#include "text/components.h"

namespace tightrope::text {

struct MetaspaceOptions {
  enum class Prepend : std::uint8_t { always, never, first };
  std::string replacement;  // one character
  Prepend prepend = Prepend::always;
  bool split = true;
};

MetaspaceOptions read_metaspace(const Json& description);
Json write_metaspace(const MetaspaceOptions& options);

}  // namespace tightrope::text
