// Prepend: a text before every stretch that is not empty.
#include "text/components.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kName = "Prepend";

class Prepend final : public Normalizer {
 public:
  explicit Prepend(std::string prepended) : prepended_(std::move(prepended)) {}

  void apply(AlignedText& aligned) const override {
    if (aligned.text.empty()) return;
    Rewriter out(aligned);
    out.insert(0, prepended_);
    out.copy(0, aligned.text.size());
    aligned = out.take();
  }

  Json write() const override {
    Json json = Json::object();
    json["type"] = kName;
    json["prepend"] = prepended_;
    return json;
  }

 private:
  std::string prepended_;
};

NormalizerPointer read(const Json& description) { return std::make_shared<const Prepend>(text_of(description, "prepend")); }

}  // namespace

extern const ComponentRow<Normalizer> prepend_normalizer{kName, read};

}  // namespace tightrope::text
