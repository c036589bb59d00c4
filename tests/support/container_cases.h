// The broken files every reader must refuse, and the legal ones beside them: test cases, fuzz seeds and the material of the comparison
// with the reference readers.
#pragma once

#include <string>
#include <vector>

namespace tightrope::test {

struct Case {
  std::string name;  // a file name without extension
  std::string bytes;
  bool legal = false;
};

std::vector<Case> gguf_cases();
std::vector<Case> safetensors_cases();

}  // namespace tightrope::test
