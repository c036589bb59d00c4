// What each instruction set's file of probes gives.
#pragma once

#include "kernels/probe.h"

namespace tightrope::kernels {

extern const ProbeTable kProbeBaseline;
#if defined(__x86_64__)
extern const ProbeTable kProbeAvx2, kProbeAvxVnni, kProbeAvx512;
#elif defined(__aarch64__)
extern const ProbeTable kProbeDotprod;
#endif

}  // namespace tightrope::kernels
