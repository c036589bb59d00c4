// Golden files of a few numbers from each tensor, as tools/make_golden_families.py and tools/make_golden_adapters.py write them.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/json.h"

namespace tightrope::parity {

inline Json golden_json(std::string_view name) {
  return Json::parse(read_text_file(std::filesystem::path(TIGHTROPE_SOURCE) / "tests/golden" / name), name);
}

inline std::vector<std::uint32_t> numbers_of(const Json& list) {
  std::vector<std::uint32_t> numbers;
  for (const Json& number : list.as_array("numbers")) numbers.push_back(static_cast<std::uint32_t>(number.as_uint("number")));
  return numbers;
}

// Evenly spaced values of a tensor, as the scripts pick them; `tolerance` of its largest magnitude.
inline void expect_sample(std::span<const float> got, const Json& record, double tolerance, const std::string& what) {
  ASSERT_EQ(got.size(), record.at("size", "record").as_uint("size")) << what;
  const Json::Array& values = record.at("values", "record").as_array("values");
  const double bound = tolerance * record.at("largest", "record").as_double("largest");
  ASSERT_FALSE(values.empty());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t index = i * got.size() / values.size();
    ASSERT_NEAR(got[index], values[i].as_double("value"), bound) << what << ", element " << index;
  }
}

}  // namespace tightrope::parity
