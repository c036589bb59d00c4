// The whole public API.
#pragma once

#include "tightrope/batch.h"     // IWYU pragma: export
#include "tightrope/chat.h"      // IWYU pragma: export
#include "tightrope/encode.h"    // IWYU pragma: export
#include "tightrope/ending.h"    // IWYU pragma: export
#include "tightrope/engine.h"    // IWYU pragma: export
#include "tightrope/error.h"     // IWYU pragma: export
#include "tightrope/eval.h"      // IWYU pragma: export
#include "tightrope/machine.h"   // IWYU pragma: export
#include "tightrope/model.h"     // IWYU pragma: export
#include "tightrope/optimize.h"  // IWYU pragma: export
#include "tightrope/options.h"   // IWYU pragma: export
#include "tightrope/output.h"    // IWYU pragma: export
#include "tightrope/passes.h"    // IWYU pragma: export
#include "tightrope/progress.h"  // IWYU pragma: export
#include "tightrope/tasks.h"     // IWYU pragma: export
