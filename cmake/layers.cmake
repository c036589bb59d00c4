# tightrope_layer(NAME USES targets…): one static library from src/NAME, linked to exactly what the layer may include.
# A new source file needs no edit here.
function(tightrope_layer name)
  cmake_parse_arguments(LAYER "" "" "USES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
  if(NOT sources)
    add_library(tightrope_${name} INTERFACE)
    target_link_libraries(tightrope_${name} INTERFACE ${LAYER_USES})
    return()
  endif()
  add_library(tightrope_${name} STATIC ${sources})
  target_include_directories(tightrope_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
  target_link_libraries(tightrope_${name} PRIVATE ${LAYER_USES} tightrope_flags)
endfunction()
