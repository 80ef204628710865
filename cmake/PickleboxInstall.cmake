# What `cmake --install` lays down:
#
#   bin/picklebox
#   libexec/picklebox/picklebox-worker
#   share/man/man1/picklebox.1, and completions for bash, zsh and fish
#   include/picklebox.h and include/picklebox/*
#   lib/libpicklebox.so                 the C interface
#   lib/libpicklebox_*.a
#   lib/cmake/picklebox/                find_package(picklebox)
#   lib/cmake/picklebox-c/              find_package(picklebox-c)
#   lib/pkgconfig/picklebox.pc, picklebox-c.pc
#
# A program links picklebox::picklebox (C++), picklebox::c (the shared library) or
# picklebox::cabi (the same in archives). The prefix may be moved afterwards; the
# worker's place is given to consumers as the variable picklebox_WORKER by
# find_package, and as `worker` by pkg-config.
#
# An instrumented build is not for shipping and has no install rules.
if(PICKLEBOX_INSTRUMENTED)
  return()
endif()
include(CMakePackageConfigHelpers)

set(PICKLEBOX_WORKER_DIR "${CMAKE_INSTALL_LIBEXECDIR}/picklebox")

# Ours are installed; of the others, pkg-config wants the names.
picklebox_link_closure(picklebox_cabi closure)
set(targets "")
set(PC_LIBS "")
set(PC_REQUIRES "")
foreach(library IN LISTS closure)
  if(library MATCHES "^picklebox_(.*)$")
    list(APPEND targets ${library})
    set_target_properties(${library} PROPERTIES EXPORT_NAME ${CMAKE_MATCH_1})
    get_target_property(type ${library} TYPE)
    if(type STREQUAL "STATIC_LIBRARY")
      list(APPEND PC_LIBS "-l${library}")
    endif()
  elseif(library MATCHES "^absl::(.*)$")
    list(APPEND PC_REQUIRES "absl_${CMAKE_MATCH_1}")
  elseif(library MATCHES "^(re2::re2|PkgConfig::RE2|re2)$")
    list(APPEND PC_REQUIRES "re2")
  elseif(library MATCHES "^(Threads::Threads|pthread)$")
    list(APPEND PC_LIBS "-pthread")
  else()
    message(FATAL_ERROR "PickleboxInstall.cmake does not know what ${library} is to consumers")
  endif()
endforeach()
set_target_properties(picklebox_box PROPERTIES EXPORT_NAME picklebox)
if(NOT TARGET picklebox::picklebox)
  add_library(picklebox::picklebox ALIAS picklebox_box)
endif()

install(TARGETS ${targets} EXPORT picklebox ARCHIVE COMPONENT development)
install(TARGETS picklebox RUNTIME COMPONENT programs)
install(TARGETS picklebox-worker
  RUNTIME DESTINATION "${PICKLEBOX_WORKER_DIR}" COMPONENT programs)
set(share "${PROJECT_BINARY_DIR}/share")
install(FILES "${share}/picklebox.1" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1"
  COMPONENT programs)
install(FILES "${share}/picklebox.bash" RENAME picklebox
  DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" COMPONENT programs)
install(FILES "${share}/_picklebox"
  DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions" COMPONENT programs)
install(FILES "${share}/picklebox.fish"
  DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d" COMPONENT programs)
install(FILES include/picklebox.h DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
  COMPONENT development)
install(DIRECTORY include/picklebox DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
  COMPONENT development)

set(package "${CMAKE_INSTALL_LIBDIR}/cmake/picklebox")
install(EXPORT picklebox NAMESPACE picklebox:: FILE picklebox-targets.cmake
  DESTINATION "${package}" COMPONENT development)
configure_package_config_file(cmake/picklebox-config.cmake.in
  "${PROJECT_BINARY_DIR}/picklebox-config.cmake"
  INSTALL_DESTINATION "${package}" PATH_VARS PICKLEBOX_WORKER_DIR)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/picklebox-config-version.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/picklebox-config.cmake"
  "${PROJECT_BINARY_DIR}/picklebox-config-version.cmake"
  DESTINATION "${package}" COMPONENT development)

# The shared library needs none of the others, so it is a package of its own.
set(package "${CMAKE_INSTALL_LIBDIR}/cmake/picklebox-c")
install(TARGETS picklebox_c EXPORT picklebox-c LIBRARY COMPONENT programs
  NAMELINK_COMPONENT development)
install(EXPORT picklebox-c NAMESPACE picklebox:: FILE picklebox-c-targets.cmake
  DESTINATION "${package}" COMPONENT development)
configure_package_config_file(cmake/picklebox-c-config.cmake.in
  "${PROJECT_BINARY_DIR}/picklebox-c-config.cmake"
  INSTALL_DESTINATION "${package}" PATH_VARS PICKLEBOX_WORKER_DIR)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/picklebox-c-config-version.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/picklebox-c-config.cmake"
  "${PROJECT_BINARY_DIR}/picklebox-c-config-version.cmake"
  DESTINATION "${package}" COMPONENT development)

# pkg-config finds the prefix from where the file lies, unless paths are absolute.
list(JOIN PC_LIBS " " PC_LIBS)
list(JOIN PC_REQUIRES ", " PC_REQUIRES)
file(RELATIVE_PATH PC_PREFIX "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
string(REGEX REPLACE "/$" "" PC_PREFIX "${PC_PREFIX}")
configure_file(cmake/picklebox.pc.in "${PROJECT_BINARY_DIR}/picklebox.pc" @ONLY)
configure_file(cmake/picklebox-c.pc.in "${PROJECT_BINARY_DIR}/picklebox-c.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/picklebox.pc" "${PROJECT_BINARY_DIR}/picklebox-c.pc"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT development)
