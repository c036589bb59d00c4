// A mapped file that shrinks under the program ends it with the file's name, and takes the unfinished output along.
#include "../../apps/tightrope/signals.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/file.h"
#include "support/temporary_folder.h"

namespace tightrope::test {
namespace {

// What the child does: maps the file, loses it, reads it.
void read_vanished_bytes(const TemporaryFolder& folder) {
  app::install_signal_handlers();
  app::announce_output(folder / "out.gguf");
  folder.write(fmt::format(".out.gguf.tmp-{}-00", ::getpid()), "unfinished");
  const Bytes mapped = map_file(folder / "model.gguf");
  std::filesystem::resize_file(folder / "model.gguf", 0);
  const volatile std::byte* last = mapped.data() + mapped.size() - 1;
  static_cast<void>(*last);
}

TEST(Signals, ShrunkenFileIsNamedAndUnfinishedOutputRemoved) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  const TemporaryFolder folder;
  folder.write("model.gguf", std::string(1 << 16, 'x'));
  folder.write(".out.gguf.tmp-1-00", "another program's");
  EXPECT_EXIT(read_vanished_bytes(folder), ::testing::ExitedWithCode(1), "model.gguf' shrank");
}

}  // namespace
}  // namespace tightrope::test
