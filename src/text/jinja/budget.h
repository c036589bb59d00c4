// What rendering one template may use at most, counted while it runs. A template is a program from a stranger's file.
#pragma once

#include <cstdint>
#include <utility>

namespace tightrope::text::jinja {

struct Limits {
  std::uint64_t steps = 10'000'000;                      // expressions and statements evaluated, items and text visited
  std::uint64_t output_bytes = std::uint64_t{16} << 20;  // of the rendered text
  std::uint64_t memory_bytes = std::uint64_t{24} << 20;  // of all values alive at one time; one string is at most a quarter of it
  std::uint64_t source_bytes = std::uint64_t{4} << 20;   // of the template
  std::uint64_t range_items = 100'000;                   // as jinja's own sandbox has it
  unsigned nesting = 400;                                // evaluations inside one another, macro calls included
  unsigned value_depth = 512;                            // lists in lists
};

// Errors: malformed when a template does not end or nests too deep, out_of_memory when it wants too much.
class Budget {
 public:
  explicit Budget(const Limits& limits) : limits_(limits) {}
  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;

  const Limits& limits() const { return limits_; }
  void spend(std::uint64_t steps);
  void check_text(std::uint64_t bytes) const;  // whether one string may be this long
  void hold(std::uint64_t bytes);
  void release(std::uint64_t bytes) { held_ -= bytes; }
  void enter();
  void leave() { --depth_; }

 private:
  const Limits limits_;
  std::uint64_t steps_ = 0, held_ = 0;
  unsigned depth_ = 0;
};

// Memory that a value stands for, given back when the value goes.
class Charge {
 public:
  Charge(Budget& budget, std::uint64_t bytes) : budget_(&budget), bytes_(bytes) { budget.hold(bytes); }
  Charge(Charge&& other) noexcept : budget_(std::exchange(other.budget_, nullptr)), bytes_(other.bytes_) {}
  Charge& operator=(Charge&&) = delete;
  ~Charge() {
    if (budget_ != nullptr) budget_->release(bytes_);
  }

 private:
  Budget* budget_;
  std::uint64_t bytes_;
};

// One level of evaluation; lives as long as the level.
class Level {
 public:
  explicit Level(Budget& budget) : budget_(budget) { budget.enter(); }
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;
  ~Level() { budget_.leave(); }

 private:
  Budget& budget_;
};

}  // namespace tightrope::text::jinja
