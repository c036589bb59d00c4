// How busy other processes kept this machine while we measured.
#pragma once

#include "base/clock.h"

namespace tightrope::eval {

// Starts counting when made.
class ForeignLoad {
 public:
  ForeignLoad();
  // Cores that other processes used on average since then; 0 where the system does not say.
  double cores() const;

 private:
  double machine_seconds_ = 0, own_seconds_ = 0;  // of processor time, at the start
  Stopwatch watch_;
};

}  // namespace tightrope::eval
