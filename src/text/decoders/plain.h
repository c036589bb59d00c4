// Decoders without options.
#pragma once

#include "text/components.h"

namespace tightrope::text {

template <auto Apply>
class PlainDecoder final : public Decoder {
 public:
  explicit PlainDecoder(std::string_view name) : name_(name) {}
  void apply(std::vector<std::string>& pieces) const override { Apply(pieces); }
  Json write() const override {
    Json json = Json::object();
    json["type"] = name_;
    return json;
  }

 private:
  std::string_view name_;
};

}  // namespace tightrope::text
