// Every verb of the program; each has a file of its own.
#pragma once

#include "program.h"

namespace tightrope::app {

void add_doctor(Program& program);
void add_inspect(Program& program);
void add_convert(Program& program);
void add_merge(Program& program);
void add_quantize(Program& program);
void add_eval(Program& program);
void add_bench(Program& program);
void add_run(Program& program);
void add_chat(Program& program);
void add_embed(Program& program);
void add_classify(Program& program);
void add_logits(Program& program);
void add_report(Program& program);
void add_completion(Program& program);

// In the order help shows them.
inline void add_all_verbs(Program& program) {
  for (const auto add : {add_doctor, add_inspect, add_convert, add_merge, add_quantize, add_eval, add_bench, add_run, add_chat, add_embed,
                         add_classify, add_logits, add_report, add_completion})
    add(program);
}

}  // namespace tightrope::app
