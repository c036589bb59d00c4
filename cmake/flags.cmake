# Compiler flags every target of ours is built with.
add_library(tightrope_flags INTERFACE)
target_compile_features(tightrope_flags INTERFACE cxx_std_20)
# -ffp-contract=off: a fused multiply-add would change the last bit of an encoded block from one compiler to the next.
target_compile_options(tightrope_flags INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Werror -ffp-contract=off -fno-math-errno -fstack-protector-strong)
target_compile_definitions(tightrope_flags INTERFACE $<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
if(TIGHTROPE_SANITIZE)
  target_compile_options(tightrope_flags INTERFACE -fsanitize=${TIGHTROPE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
  target_link_options(tightrope_flags INTERFACE -fsanitize=${TIGHTROPE_SANITIZE})
endif()
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_EXTENSIONS OFF)
find_program(TIGHTROPE_CCACHE ccache)
if(TIGHTROPE_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${TIGHTROPE_CCACHE})
endif()
