// Progress, colours and numbers.
#include "terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <system_error>

#include "signals.h"
#include "tightrope/error.h"

namespace tightrope::app {
namespace {

constexpr double kRedrawSeconds = 0.1;
constexpr double kLineSeconds = 10;  // between lines where there is no terminal
constexpr std::size_t kBarCells = 24, kLeastBarCells = 6;
constexpr std::size_t kUsualColumns = 80;
constexpr std::string_view kClearLine = "\r\033[K";

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

std::size_t columns_on_stderr() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUsualColumns;
}

// What the bar's cells show; nothing where too few are left for one.
std::string bar(double share, std::size_t cells) {
  if (cells < kLeastBarCells) return "";
  const std::size_t full = static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(cells));
  std::string text;
  for (std::size_t i = 0; i < cells; ++i) text += i < full ? "█" : "░";
  return text + " ";
}

void write_stderr(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

std::string scaled(double value, std::string_view unit) {
  constexpr std::string_view kPrefixes[] = {"", "k", "M", "G", "T"};
  std::size_t prefix = 0;
  while (std::fabs(value) >= 999.5 && prefix + 1 < std::size(kPrefixes)) value /= 1000, ++prefix;
  const int decimals = prefix == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  const std::string number =
      prefix == 0 && value != std::floor(value) ? fmt::format("{:.1f}", value) : fmt::format("{:.{}f}", value, decimals);
  const std::string suffix = fmt::format("{}{}", kPrefixes[prefix], unit);
  return suffix.empty() ? number : number + " " + suffix;
}

std::string amount(std::uint64_t count, std::string_view unit) {
  return unit == "bytes" ? human_bytes(count) : fmt::format("{} {}", human_count(static_cast<double>(count)), unit);
}

// One long operation as a person follows it; stages come one after another.
class Display {
 public:
  ~Display() { clear(); }

  void update(const ProgressUpdate& update) {
    throw_if_interrupted();
    if (update.stage != stage_) start(update.stage);
    const bool last = update.done == update.total;
    if (seconds_since(drawn_) < (terminal_ ? kRedrawSeconds : kLineSeconds) && !(last && terminal_)) return;
    drawn_ = Clock::now();
    if (terminal_)
      write_stderr(fmt::format("{}{}", kClearLine, bar_line(update))), std::fflush(stderr), visible_ = true;
    else
      write_stderr(fmt::format("{}  {}\n", stage_, numbers(update)));
    if (last) clear();
  }

 private:
  void start(std::string_view stage) {
    clear();
    stage_ = stage;
    started_ = drawn_ = Clock::now();
  }

  void clear() {
    if (visible_) write_stderr(kClearLine), std::fflush(stderr);
    visible_ = false;
  }

  // One line and no more: a longer one would wrap, and clearing it would leave its first part behind.
  std::string bar_line(const ProgressUpdate& update) const {
    const std::size_t width = columns_on_stderr() - 1;
    const std::string text = numbers(update);  // ASCII, like the stage
    const std::size_t taken = stage_.size() + 2 + text.size() + 1;
    const std::size_t cells = update.total == 0 || taken >= width ? 0 : std::min(kBarCells, width - taken);
    const std::string drawn = bar(static_cast<double>(update.done) / static_cast<double>(std::max<std::uint64_t>(update.total, 1)), cells);
    return drawn.empty() ? fmt::format("{}  {}", stage_, text).substr(0, width) : fmt::format("{}  {}{}", stage_, drawn, text);
  }

  std::string numbers(const ProgressUpdate& update) const {
    const double seconds = std::max(seconds_since(started_), 1e-3);
    const double rate = static_cast<double>(update.done) / seconds;
    const std::string speed =
        update.unit == "bytes" ? human_bytes(static_cast<std::uint64_t>(rate)) : human_count(rate) + " " + std::string(update.unit);
    if (update.total == 0) return fmt::format("{}  {}/s", amount(update.done, update.unit), speed);
    const double share = static_cast<double>(update.done) / static_cast<double>(update.total);
    const double left = rate > 0 ? static_cast<double>(update.total - std::min(update.done, update.total)) / rate : 0;
    return fmt::format("{:3.0f} %  {} of {}  {}/s  {} left", 100 * share, human_count(static_cast<double>(update.done)),
                       amount(update.total, update.unit), speed, human_seconds(left));
  }

  const bool terminal_ = ::isatty(STDERR_FILENO) == 1;
  bool visible_ = false;
  std::string stage_;
  Clock::time_point started_, drawn_;
};

bool colours_on_stderr() {
  const char* no_color = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
  return ::isatty(STDERR_FILENO) == 1 && (no_color == nullptr || *no_color == '\0');
}

}  // namespace

void print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) flush_output();
}

void print_line(std::string_view text) {
  print(text);
  if (!text.ends_with('\n')) print("\n");
}

void flush_output() {
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
    throw Error(ErrorCode::io, fmt::format("[output] cannot write to standard output: {}", std::generic_category().message(errno)));
}

void note(std::string_view text) { write_stderr(printable(text) + "\n"); }

void complain(std::string_view error) {
  const bool coloured = colours_on_stderr();
  write_stderr(fmt::format("{}tightrope:{} {}\n", coloured ? "\033[1;31m" : "", coloured ? "\033[0m" : "", printable(error)));
}

std::string printable(std::string_view text) {
  std::string safe;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto following = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0u;
    const bool second_control = byte == 0xc2 && following >= 0x80 && following < 0xa0;  // U+0080 to U+009F drive terminals, too
    if (second_control)
      safe += fmt::format("\\x{:02x}", following), ++i;
    else if (byte < 0x20 || byte == 0x7f)
      safe += fmt::format("\\x{:02x}", byte);
    else
      safe += text[i];
  }
  return safe;
}

Progress progress_on_stderr() {
  return [display = std::make_shared<Display>()](const ProgressUpdate& update) { display->update(update); };
}

std::string human_bytes(std::uint64_t bytes) { return scaled(static_cast<double>(bytes), "B"); }
std::string human_count(double count) { return scaled(count, ""); }

std::string human_seconds(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::max(0.0, std::ceil(seconds)));
  return whole < 3600 ? fmt::format("{}:{:02}", whole / 60, whole % 60)
                      : fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

}  // namespace tightrope::app
