# A room is one static library with one set of flags. In a build with sanitizers
# every room that the worker links is built twice: the instrumented library for
# tests and the parent, and a `_plain` one for the worker, which is static and may
# make no system call that a runtime wants. The counters of coverage want none.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}")

# The shipped programs are optimized as a whole: a node passes through machine,
# builder, ledger and judge, and a call at each step would cost as much as the
# work. The libraries hold ordinary code as well, which tests and others link,
# and have to ask for: GCC takes the other as soon as it is there.
set(PICKLEBOX_LTO OFF)
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(PICKLEBOX_LTO ON)
endif()
function(picklebox_program TARGET)
  set_target_properties(${TARGET} PROPERTIES PICKLEBOX_WHOLE ON)
  target_link_options(${TARGET} PRIVATE $<$<BOOL:${PICKLEBOX_LTO}>:-flto=auto>)
endfunction()

# Of the target that is compiled or linked: a program that is not shipped.
set(in_parts "$<AND:$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>,$<NOT:$<BOOL:$<TARGET_PROPERTY:PICKLEBOX_WHOLE>>>>")

add_library(picklebox_plain_flags INTERFACE)
target_include_directories(picklebox_plain_flags INTERFACE
  "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>"
  "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>"
  "$<BUILD_INTERFACE:${PROJECT_BINARY_DIR}>")
target_compile_options(picklebox_plain_flags INTERFACE
  -Wall -Wextra -Wno-sign-compare -Wshadow -Wnon-virtual-dtor
  # Two warnings of GCC 12 that are wrong about std::string.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict;-Wno-stringop-overflow>
  -fno-omit-frame-pointer -fstack-protector-strong
  $<$<STREQUAL:${CMAKE_SYSTEM_PROCESSOR},x86_64>:-fcf-protection=full>
  $<$<BOOL:${PICKLEBOX_WERROR}>:-Werror>
  $<$<AND:$<BOOL:${PICKLEBOX_LTO}>,$<NOT:${in_parts}>>:-flto=auto;-ffat-lto-objects>)
target_compile_definitions(picklebox_plain_flags INTERFACE
  $<$<CONFIG:Release,RelWithDebInfo>:_FORTIFY_SOURCE=2>
  _GLIBCXX_ASSERTIONS)
target_link_options(picklebox_plain_flags INTERFACE
  -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code
  $<$<AND:$<BOOL:${PICKLEBOX_LTO}>,${in_parts}>:-fno-lto>)

add_library(picklebox_flags INTERFACE)
target_link_libraries(picklebox_flags INTERFACE picklebox_plain_flags)
set(PICKLEBOX_INSTRUMENTED OFF)
if(PICKLEBOX_SANITIZE)
  set(PICKLEBOX_INSTRUMENTED ON)
  target_compile_options(picklebox_flags INTERFACE
    -fsanitize=${PICKLEBOX_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(picklebox_flags INTERFACE -fsanitize=${PICKLEBOX_SANITIZE})
endif()
if(PICKLEBOX_COVERAGE)
  set(PICKLEBOX_INSTRUMENTED ON)
  # The counters are a file that is mapped before main() begins: so those of a
  # worker, which ends by a call or a signal, are there as well.
  set(profiles "${PROJECT_BINARY_DIR}/profiles/%m%c.profraw")
  target_compile_options(picklebox_flags INTERFACE -fprofile-instr-generate=${profiles}
    -fcoverage-mapping "SHELL:-mllvm -runtime-counter-relocation")
  target_link_options(picklebox_flags INTERFACE -fprofile-instr-generate=${profiles})
endif()
if(PICKLEBOX_FUZZ)
  set(PICKLEBOX_INSTRUMENTED ON)
  # Who brings an engine brings the flags that go with it.
  if(PICKLEBOX_FUZZ_ENGINE STREQUAL "-fsanitize=fuzzer")
    target_compile_options(picklebox_flags INTERFACE -fsanitize=fuzzer-no-link)
    target_link_options(picklebox_flags INTERFACE -fsanitize=fuzzer-no-link)
  endif()
endif()
# How the rooms of a worker end in their names, and what it is compiled with.
set(PICKLEBOX_PLAIN "")
set(PICKLEBOX_WORKER_FLAGS picklebox_flags)
if(PICKLEBOX_SANITIZE OR PICKLEBOX_FUZZ)
  set(PICKLEBOX_PLAIN "_plain")
  set(PICKLEBOX_WORKER_FLAGS picklebox_plain_flags)
endif()

# picklebox_room(NAME SOURCES a.cc ... [ROOMS base ...] [LIBS absl::span ...] [WORKER])
#   ROOMS   rooms below this one that it uses
#   LIBS    outside libraries
#   WORKER  the worker links this room too
function(picklebox_room NAME)
  cmake_parse_arguments(ARG "WORKER" "" "SOURCES;ROOMS;LIBS" ${ARGN})
  set(flavours ":picklebox_flags")
  if(ARG_WORKER AND PICKLEBOX_PLAIN)
    list(APPEND flavours "_plain:picklebox_plain_flags")
  endif()
  foreach(flavour IN LISTS flavours)
    string(REPLACE ":" ";" parts "${flavour}")
    list(GET parts 0 suffix)
    list(GET parts 1 flags)
    set(target picklebox_${NAME}${suffix})
    add_library(${target} STATIC ${ARG_SOURCES})
    target_link_libraries(${target} PUBLIC ${ARG_LIBS} PRIVATE ${flags})
    target_include_directories(${target} PUBLIC
      "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>"
      "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>"
      "$<BUILD_INTERFACE:${PROJECT_BINARY_DIR}>"
      "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
    foreach(room IN LISTS ARG_ROOMS)
      target_link_libraries(${target} PUBLIC picklebox_${room}${suffix})
    endforeach()
  endforeach()
endfunction()

# Sets OUT to the libraries that TARGET needs at a link, itself first, each
# before those that it uses: the order that a linker wants.
function(picklebox_link_closure TARGET OUT)
  set(done "")
  set(stack "enter:${TARGET}")
  while(stack)
    list(POP_FRONT stack top)
    string(REGEX REPLACE "^([a-z]+):(.*)$" "\\1;\\2" parts "${top}")
    list(GET parts 0 step)
    list(GET parts 1 target)
    if(step STREQUAL "leave")
      list(PREPEND order ${target})
    elseif(NOT target IN_LIST done)
      list(APPEND done ${target})
      set(below "")
      if(TARGET ${target} AND target MATCHES "^picklebox_")
        get_target_property(used ${target} INTERFACE_LINK_LIBRARIES)
        foreach(library IN LISTS used)
          string(REGEX REPLACE "^\\$<LINK_ONLY:(.*)>$" "\\1" library "${library}")
          if(library)
            list(APPEND below "enter:${library}")
          endif()
        endforeach()
      endif()
      list(PREPEND stack ${below} "leave:${target}")
    endif()
  endwhile()
  set(${OUT} ${order} PARENT_SCOPE)
endfunction()

# picklebox_link_shared(TARGET LIBRARY): links LIBRARY, a room, and what it needs to
# TARGET, a shared library or a module. Of the distribution's libraries it takes
# the shared objects, since only our own archives are sure to be fit for it.
function(picklebox_link_shared TARGET LIBRARY)
  picklebox_link_closure(${LIBRARY} closure)
  set(objects "")
  while(closure)
    list(POP_FRONT closure library)
    set(type "")
    set(shared "")
    if(TARGET ${library})
      get_target_property(type ${library} TYPE)
      get_target_property(shared ${library} PICKLEBOX_SHARED_OBJECT)
    endif()
    if(library MATCHES "^picklebox_" AND type STREQUAL "STATIC_LIBRARY")
      target_link_libraries(${TARGET} PRIVATE $<TARGET_FILE:${library}>)
      add_dependencies(${TARGET} ${library})
    elseif(shared)
      list(APPEND objects "${shared}")
    elseif(type STREQUAL "INTERFACE_LIBRARY" AND NOT library MATCHES "^(picklebox_|Threads)")
      get_target_property(used ${library} INTERFACE_LINK_LIBRARIES)
      list(APPEND closure ${used})
    elseif(NOT library MATCHES "^picklebox_|NOTFOUND$")
      list(APPEND objects "${library}")
    endif()
  endwhile()
  list(REMOVE_DUPLICATES objects)
  target_link_libraries(${TARGET} PRIVATE ${objects})
endfunction()

# picklebox_test(NAME SOURCES a_test.cc ... [ROOMS vm ...] [LIBS ...])
# One GoogleTest binary, registered with CTest as NAME.
function(picklebox_test NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;ROOMS;LIBS" ${ARGN})
  add_executable(${NAME} ${ARG_SOURCES})
  foreach(room IN LISTS ARG_ROOMS)
    target_link_libraries(${NAME} PRIVATE picklebox_${room})
  endforeach()
  target_link_libraries(${NAME} PRIVATE ${ARG_LIBS} GTest::gmock GTest::gtest_main picklebox_flags)
  target_compile_definitions(${NAME} PRIVATE
    PICKLEBOX_SOURCE_DIR="${PROJECT_SOURCE_DIR}" PICKLEBOX_BINARY_DIR="${PROJECT_BINARY_DIR}")
  set_target_properties(${NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
  add_test(NAME ${NAME} COMMAND ${NAME})
  set_tests_properties(${NAME} PROPERTIES TIMEOUT 300)
endfunction()
