# The habits of the house as tests (label `house`): layers, sizes, banned calls, stray vector instructions.
find_package(Python3 COMPONENTS Interpreter REQUIRED)
get_property(libraries GLOBAL PROPERTY TIGHTROPE_STATIC_LIBRARIES)
list(TRANSFORM libraries REPLACE "(.+)" "$<TARGET_FILE:\\1>" OUTPUT_VARIABLE library_files)

add_test(NAME house.layers COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/tools/check_layers ${CMAKE_SOURCE_DIR})
add_test(NAME house.size COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/tools/check_size ${CMAKE_SOURCE_DIR})
add_test(NAME house.banned_calls COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/tools/check_banned ${library_files})
add_test(NAME house.isa_symbols COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/tools/check_isa_symbols ${library_files})
add_test(NAME house.checkers
  COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/tests/house/checkers_test.py ${CMAKE_CXX_COMPILER})
set_tests_properties(house.layers house.size house.banned_calls house.isa_symbols house.checkers PROPERTIES LABELS house TIMEOUT 300)
