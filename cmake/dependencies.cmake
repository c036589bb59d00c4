# Finds every library we stand on; tools/setup installs them all.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(CLI11 REQUIRED)

pkg_check_modules(SIMDJSON REQUIRED IMPORTED_TARGET simdjson)
add_library(tightrope_simdjson INTERFACE)
target_link_libraries(tightrope_simdjson INTERFACE PkgConfig::SIMDJSON)

pkg_check_modules(PCRE2 REQUIRED IMPORTED_TARGET libpcre2-8)
add_library(tightrope_pcre2 INTERFACE)
target_link_libraries(tightrope_pcre2 INTERFACE PkgConfig::PCRE2)

pkg_check_modules(HWY REQUIRED IMPORTED_TARGET libhwy)
add_library(hwy::hwy ALIAS PkgConfig::HWY)

if(TIGHTROPE_TESTS)
  find_package(GTest REQUIRED)
endif()
if(TIGHTROPE_BENCHMARKS)
  find_package(benchmark REQUIRED)
endif()
