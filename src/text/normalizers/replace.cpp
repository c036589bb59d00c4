// Replace: every match of a pattern by a text.
#include "text/replacement.h"

namespace tightrope::text {
namespace {

class Replace final : public Replacement<Normalizer> {
 public:
  using Replacement::Replacement;

  void apply(AlignedText& aligned) const override {
    const std::vector<Span> matches = matches_in(aligned.text);
    if (matches.empty()) return;
    Rewriter out(aligned);
    std::size_t done = 0;
    for (const Span match : matches) {
      out.copy(done, match.begin);
      out.replace(match.begin, match.end, content());
      done = match.end;
    }
    out.copy(done, aligned.text.size());
    aligned = out.take();
  }
};

NormalizerPointer read(const Json& description) { return std::make_shared<const Replace>(description); }

}  // namespace

extern const ComponentRow<Normalizer> replace_normalizer{Replace::kName, read};

}  // namespace tightrope::text
