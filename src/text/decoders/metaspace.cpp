// Metaspace: the visible character becomes a space again, but for those of the first piece.
#include "text/metaspace.h"

namespace tightrope::text {
namespace {

class Metaspace final : public Decoder {
 public:
  explicit Metaspace(MetaspaceOptions options) : options_(std::move(options)) {}

  void apply(std::vector<std::string>& pieces) const override {
    std::string_view space = options_.prepend == MetaspaceOptions::Prepend::never ? " " : "";
    for (std::string& piece : pieces) {
      std::string made;
      std::size_t done = 0;
      for (std::size_t at = piece.find(options_.replacement); at != std::string::npos; at = piece.find(options_.replacement, done)) {
        made.append(piece, done, at - done).append(space);
        done = at + options_.replacement.size();
      }
      piece = made.append(piece, done);
      space = " ";
    }
  }

  Json write() const override { return write_metaspace(options_); }

 private:
  MetaspaceOptions options_;
};

DecoderPointer read(const Json& description) { return std::make_shared<const Metaspace>(read_metaspace(description)); }

}  // namespace

extern const ComponentRow<Decoder> metaspace_decoder{"Metaspace", read};

}  // namespace tightrope::text
