// Replace: every match of a pattern in every piece by a text.
#include "text/replacement.h"

namespace tightrope::text {
namespace {

class Replace final : public Replacement<Decoder> {
 public:
  using Replacement::Replacement;

  void apply(std::vector<std::string>& pieces) const override {
    SearchClock clock(0);
    for (std::string& piece : pieces) {
      clock.look();
      std::string made;
      std::size_t done = 0;
      for (const Span match : matches_in(piece)) {
        made.append(piece, done, match.begin - done).append(content());
        done = match.end;
      }
      if (done > 0) piece = made.append(piece, done);
    }
  }
};

DecoderPointer read(const Json& description) { return std::make_shared<const Replace>(description); }

}  // namespace

extern const ComponentRow<Decoder> replace_decoder{Replace::kName, read};

}  // namespace tightrope::text
