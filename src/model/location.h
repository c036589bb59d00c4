// Where one tensor of ours lies in a container: in which stored tensors, and which of their rows are which of ours.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/arch.h"
#include "model/config.h"
#include "tensor/shape.h"

namespace tightrope::model {

// `count` of our rows from `ours` on are the stored rows from `stored` on. Elements are the rows of a vector.
struct RowRun {
  std::uint64_t ours = 0, stored = 0, count = 0;
};

struct Location {
  std::vector<std::string> names;                   // of stored tensors; several (one an expert) hold our rows one after another
  Shape stored_shape;                               // of each of them, as the container has it
  Part part = Part::whole;                          // of each of them
  std::uint64_t rows = 0, first = 0, unstored = 0;  // of ours in each; the stored row the part begins with; rows of ours left out before it
  std::uint64_t head = 0;                           // rows of a head
  bool transposed = false;                          // the container has [in, out]
  bool plus_one = false;                            // the container has 1 + weight
  bool f32 = false;                                 // the container has F32 whatever the matrices are

  bool exists() const { return !names.empty(); }
  // Within the first stored tensor; in the others `ours` goes on. For tensors that a file really has: a hostile configuration may imply
  // more rows than memory holds.
  std::vector<RowRun> runs() const;
};

// `shape`: of the tensor of ours (a bias: of the bias). `names` are complete.
Location locate(const Place& place, std::vector<std::string> names, const Shape& shape, const Config& config);

}  // namespace tightrope::model
