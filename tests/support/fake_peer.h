// A script that answers like llama-bench, or fails like one.
#pragma once

#include <filesystem>
#include <string>

#include "support/temporary_folder.h"

namespace tightrope::test {

// Reads -p, -n, -d and -t from its arguments and prints the two measurements: 100 and 10 tokens/s. `more`: further keys of each.
inline std::string fake_peer_script(const std::string& more = R"("build_commit": "abc1234", "backends": "CPU",)") {
  return R"(d=0
while [ $# -gt 0 ]; do
  case "$1" in -p) p=$2;; -n) n=$2;; -d) d=$2;; -t) t=$2;; -m) m=$2;; esac
  shift
done
[ -r "$m" ] || exit 1
row() { printf '{"model_filename": "x", )" +
         more +
         R"( "n_threads": %s, "n_prompt": %s, "n_gen": %s, "n_depth": %s, "avg_ts": %s, )"
         R"("samples_ts": [%s]}' "$t" "$1" "$2" "$d" "$3" "$3"; }
printf '[\n'; row "$p" 0 100.0; printf ',\n'; row 0 "$n" 10.0; printf '\n]\n'
)";
}

// An executable shell script in `folder`.
inline std::filesystem::path write_script(const TemporaryFolder& folder, std::string_view name, const std::string& body) {
  const std::filesystem::path file = folder.write(name, "#!/bin/sh\n" + body);
  std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  return file;
}

}  // namespace tightrope::test
