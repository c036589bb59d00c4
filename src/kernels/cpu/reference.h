// The scalar table: the specification every vector table is tested against.
#pragma once

#include "kernels/ops.h"

namespace tightrope::kernels {

extern const KernelTable kReferenceTable;

}  // namespace tightrope::kernels
