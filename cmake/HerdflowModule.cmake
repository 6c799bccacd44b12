# A folder below src/ is a module is a target. What a module may include is what it links.

set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")

add_library(herdflow_options INTERFACE)
target_compile_options(herdflow_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wswitch
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>
  $<$<BOOL:${HERDFLOW_WARNINGS_AS_ERRORS}>:-Werror>
  -fstack-protector-strong)
if(NOT HERDFLOW_SANITIZE)
  target_compile_options(herdflow_options INTERFACE $<$<CONFIG:Release>:-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2>)
else()
  target_compile_options(herdflow_options INTERFACE
    -fsanitize=${HERDFLOW_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -O1)
  target_link_options(herdflow_options INTERFACE -fsanitize=${HERDFLOW_SANITIZE})
endif()
if(HERDFLOW_FUZZ)
  target_compile_options(herdflow_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
target_link_options(herdflow_options INTERFACE -Wl,-z,relro,-z,now)

# herdflow_module(<name> SOURCES … [PUBLIC targets…] [PRIVATE targets…])
# The library herdflow::<name>. Public headers lie in include/herdflow/<name>, all else is private.
function(herdflow_module name)
  cmake_parse_arguments(arg "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(herdflow_${name} STATIC ${arg_SOURCES})
  add_library(herdflow::${name} ALIAS herdflow_${name})
  target_include_directories(herdflow_${name}
    PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/include
    PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(herdflow_${name} PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE} herdflow_options)
endfunction()

# herdflow_test(<name> SOURCES … [LINK targets…] [SERVERS]): the GoogleTest program <name>_test, a ctest test a case.
# SERVERS: it needs those of TEST_STACK, and herdflow_server_test says what of it is a ctest test.
function(herdflow_test name)
  if(NOT HERDFLOW_TESTS)
    return()
  endif()
  cmake_parse_arguments(arg "SERVERS" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name}_test ${arg_SOURCES})
  target_include_directories(${name}_test PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_compile_options(${name}_test PRIVATE -O0) # What is tested is optimised: this halves what its tests take to compile.
  target_link_libraries(${name}_test PRIVATE ${arg_LINK} herdflow_options GTest::gmock GTest::gtest_main)
  if(NOT arg_SERVERS)
    gtest_discover_tests(${name}_test DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 300)
  endif()
endfunction()

# herdflow_server_test(<name> <program> <filter>): the cases of a program that match, in one process, so that they share
# what takes a server long to make. Label "stack".
function(herdflow_server_test name program filter)
  if(HERDFLOW_TESTS)
    add_test(NAME ${name} COMMAND ${program} --gtest_brief=1 --gtest_filter=${filter})
    set_tests_properties(${name} PROPERTIES LABELS stack COST 300 TIMEOUT 900
      SKIP_REGULAR_EXPRESSION "its server does not run;no Kafka broker")
  endif()
endfunction()

# herdflow_sql_files(<module> [SHARED <module> OWN <out>]): statements/*.sql as constants of the executable, which needs no file at run time:
# `read_farms.sql` is `herdflow::<module>::sql::kReadFarms` of the generated "herdflow/<module>/sql_files.hpp".
# SHARED: a file whose name the other module's folder has too is no constant but this engine's own text of that one, which
# gives the same columns; <out> receives the source of FindOwnText of own_texts.hpp.
function(herdflow_sql_files module)
  cmake_parse_arguments(arg "" "SHARED;OWN" "" ${ARGN})
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/statements/*.sql)
  set(constants "")
  set(own "")
  set(own_pairs "")
  foreach(file IN LISTS files)
    get_filename_component(name ${file} NAME_WE)
    string(REPLACE "_" ";" words ${name})
    set(constant k)
    foreach(word IN LISTS words)
      string(SUBSTRING ${word} 0 1 initial)
      string(TOUPPER ${initial} initial)
      string(SUBSTRING ${word} 1 -1 rest)
      string(APPEND constant ${initial}${rest})
    endforeach()
    file(READ ${file} text)
    if(arg_SHARED AND EXISTS ${PROJECT_SOURCE_DIR}/src/${arg_SHARED}/statements/${name}.sql)
      set(shared "${arg_SHARED}::sql::${constant}")
      string(APPEND own "constexpr store_sql::Sql ${constant}{${shared}.name, R\"sql(${text})sql\"};\n"
        "static_assert(store_sql::SameColumns(${shared}, ${constant}), \"${name}.sql: other columns than the shared text's\");\n")
      string(APPEND own_pairs "      {${constant}.name, ${constant}.text},\n")
    else()
      string(APPEND constants "inline constexpr store_sql::Sql ${constant}{\"${name}\", R\"sql(${text})sql\"};\n")
    endif()
  endforeach()
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/generated)
  file(CONFIGURE OUTPUT ${generated}/herdflow/${module}/sql_files.hpp @ONLY CONTENT [[
#pragma once

#include "herdflow/store_sql/sql.hpp"

namespace herdflow::@module@::sql {

@constants@
}  // namespace herdflow::@module@::sql
]])
  if(arg_SHARED)
    file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/own_texts.cpp @ONLY CONTENT [[
#include "own_texts.hpp"

#include <unordered_map>

#include "herdflow/store_sql/columns.hpp"
#include "herdflow/@arg_SHARED@/sql_files.hpp"

namespace herdflow::@module@ {
namespace {

@own@
}  // namespace

std::string_view FindOwnText(const store_sql::Sql& sql) {
  if (!sql.list_text.empty()) return sql.list_text;
  static const std::unordered_map<std::string_view, std::string_view> kOwn{
@own_pairs@  };
  const auto found = kOwn.find(sql.name);
  return found == kOwn.end() ? std::string_view() : found->second;
}

}  // namespace herdflow::@module@
]])
    set(${arg_OWN} ${CMAKE_CURRENT_BINARY_DIR}/own_texts.cpp PARENT_SCOPE)
  endif()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${files})
endfunction()

# herdflow_migrations(<out> <namespace> <header>): migrations/*.sql in the order of their numbers as the source file
# <out>, which defines kMigrations of <header>.
function(herdflow_migrations out namespace header)
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/migrations/*.sql)
  list(SORT files)
  set(texts "")
  foreach(file IN LISTS files)
    file(READ ${file} text)
    string(APPEND texts "    R\"sql(${text})sql\",\n")
  endforeach()
  list(LENGTH files count)
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/migrations.cpp @ONLY CONTENT [[
#include <array>

#include "@header@"

namespace @namespace@ {
namespace {

constexpr std::array<std::string_view, @count@> kAll{
@texts@};

}  // namespace

const std::span<const std::string_view> kMigrations = kAll;

}  // namespace @namespace@
]])
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${files})
  set(${out} ${CMAKE_CURRENT_BINARY_DIR}/migrations.cpp PARENT_SCOPE)
endfunction()

# herdflow_embed(<target> <name> <file>): the file's bytes as `herdflow_embedded_<name>` … `_end`.
# One assembler line, so a file of megabytes costs no compile time.
function(herdflow_embed target name file)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/embed_${name}.c)
  file(CONFIGURE OUTPUT ${source} @ONLY CONTENT [[
__asm__(".section .rodata\n"
        ".global herdflow_embedded_@name@\n"
        ".global herdflow_embedded_@name@_end\n"
        "herdflow_embedded_@name@:\n"
        ".incbin \"@file@\"\n"
        "herdflow_embedded_@name@_end:\n"
        ".byte 0\n"
        ".section .note.GNU-stack,\"\",%progbits\n"
        ".text\n");
]])
  set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS ${file})
  target_sources(${target} PRIVATE ${source})
endfunction()
