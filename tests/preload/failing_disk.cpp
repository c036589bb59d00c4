// A disk that fails: loaded before the C library, it makes the N-th call that writes to the disk answer an error.
//
// FAILING_FOLDER  only files in this folder and below count
// FAILING_CALL    the number of the call that fails, from 1; 0 fails none
// FAILING_ERROR   the error's number
// FAILING_COUNT   a file that is left as long, in bytes, as there were calls
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace {

std::atomic<long> calls{0};

template <class Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

std::string_view setting(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view{} : std::string_view(value);
}

void count() {
  static const int file =
      next<int (*)(const char*, int, ...)>("open")(setting("FAILING_COUNT").data(), O_WRONLY | O_APPEND | O_CREAT, 0600);
  [[maybe_unused]] const auto written = next<ssize_t (*)(int, const void*, std::size_t)>("write")(file, ".", 1);
}

bool is_inside(std::string_view path) {
  const std::string_view folder = setting("FAILING_FOLDER");
  return !folder.empty() && path.starts_with(folder);
}

bool is_inside(int descriptor) {
  std::array<char, 64> link{};
  std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", descriptor);
  std::array<char, PATH_MAX> path{};
  return ::readlink(link.data(), path.data(), path.size() - 1) > 0 && is_inside(path.data());
}

// True when this call is the one to fail; errno is set then.
bool fails() {
  count();
  if (++calls != std::atol(setting("FAILING_CALL").data())) return false;
  errno = std::atoi(setting("FAILING_ERROR").data());
  return true;
}

// A path as the program gives it, seen from the working directory.
bool is_inside_from_here(const char* path) {
  if (path[0] == '/') return is_inside(path);
  std::array<char, PATH_MAX> here{};
  return ::getcwd(here.data(), here.size()) != nullptr && is_inside(here.data());
}

mode_t mode_of(int flags, va_list arguments) { return (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0; }

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  if ((flags & O_CREAT) != 0 && is_inside_from_here(path) && fails()) return -1;
  return next<int (*)(const char*, int, ...)>("open")(path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  if ((flags & O_CREAT) != 0 && is_inside_from_here(path) && fails()) return -1;
  return next<int (*)(const char*, int, ...)>("open64")(path, flags, mode);
}

ssize_t pwrite(int file, const void* data, std::size_t size, off_t offset) {
  if (is_inside(file) && fails()) return -1;
  return next<ssize_t (*)(int, const void*, std::size_t, off_t)>("pwrite")(file, data, size, offset);
}

ssize_t pwrite64(int file, const void* data, std::size_t size, off64_t offset) {
  if (is_inside(file) && fails()) return -1;
  return next<ssize_t (*)(int, const void*, std::size_t, off64_t)>("pwrite64")(file, data, size, offset);
}

ssize_t write(int file, const void* data, std::size_t size) {
  if (is_inside(file) && fails()) return -1;
  return next<ssize_t (*)(int, const void*, std::size_t)>("write")(file, data, size);
}

int fsync(int file) {
  if (is_inside(file) && fails()) return -1;
  return next<int (*)(int)>("fsync")(file);
}

int rename(const char* from, const char* to) noexcept {
  if (is_inside_from_here(to) && fails()) return -1;
  return next<int (*)(const char*, const char*)>("rename")(from, to);
}

int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) noexcept {
  if (is_inside_from_here(to) && fails()) return -1;
  return next<int (*)(int, const char*, int, const char*, unsigned)>("renameat2")(from_folder, from, to_folder, to, flags);
}

int mkdir(const char* path, mode_t mode) noexcept {
  if (is_inside_from_here(path) && fails()) return -1;
  return next<int (*)(const char*, mode_t)>("mkdir")(path, mode);
}

}  // extern "C"
