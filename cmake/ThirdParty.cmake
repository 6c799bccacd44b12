# Every third party herdflow is built from. Packages come from the system; Arrow, SQLite, librdkafka and the
# browser assets are fetched (and the two in the middle compiled, once for all presets) by scripts/bootstrap.

set(HERDFLOW_THIRD_PARTY ${CMAKE_SOURCE_DIR}/build/third_party CACHE PATH "Where scripts/bootstrap puts what it fetches")
foreach(library sqlite/lib/libsqlite3.a librdkafka/lib/librdkafka.a)
  if(NOT EXISTS ${HERDFLOW_THIRD_PARTY}/${library})
    message(FATAL_ERROR "${library} is not in ${HERDFLOW_THIRD_PARTY}: run scripts/bootstrap first")
  endif()
endforeach()

find_package(Threads REQUIRED)
find_package(ZLIB REQUIRED)
if(POLICY CMP0167)
  cmake_policy(SET CMP0167 NEW) # Boost's own package files, which every supported system has
endif()
find_package(Boost 1.81 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(simdjson REQUIRED)
find_package(CLI11 REQUIRED)
find_package(tl-expected REQUIRED)
find_package(date REQUIRED)
find_package(tomlplusplus REQUIRED)

find_package(PkgConfig REQUIRED)
pkg_check_modules(libmariadb REQUIRED IMPORTED_TARGET libmariadb)
add_library(mariadb_client ALIAS PkgConfig::libmariadb)
pkg_check_modules(kafka_client_needs REQUIRED IMPORTED_TARGET libssl libcrypto libsasl2 zlib libzstd)
set(kafka_client_library ${HERDFLOW_THIRD_PARTY}/librdkafka/lib/librdkafka.a)
if(HERDFLOW_SANITIZE STREQUAL "thread") # Whose suppressions name shared libraries.
  set(kafka_client_archive ${kafka_client_library})
  set(kafka_client_library ${CMAKE_BINARY_DIR}/lib/librdkafka.so.1)
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
  add_custom_command(OUTPUT ${kafka_client_library} DEPENDS ${kafka_client_archive} VERBATIM
    COMMAND ${CMAKE_C_COMPILER} -shared -Wl,-soname,librdkafka.so.1 -o ${kafka_client_library}
      -Wl,--whole-archive ${kafka_client_archive} -Wl,--no-whole-archive -lssl -lcrypto -lsasl2 -lz -lzstd -lpthread -ldl -lm)
  add_custom_target(kafka_client_library DEPENDS ${kafka_client_library})
endif()
add_library(kafka_client UNKNOWN IMPORTED)
set_target_properties(kafka_client PROPERTIES
  IMPORTED_LOCATION ${kafka_client_library}
  INTERFACE_INCLUDE_DIRECTORIES ${HERDFLOW_THIRD_PARTY}/librdkafka/include
  INTERFACE_LINK_LIBRARIES "PkgConfig::kafka_client_needs;Threads::Threads;${CMAKE_DL_LIBS};m;rt")
if(TARGET kafka_client_library)
  add_dependencies(kafka_client kafka_client_library)
endif()

add_library(sqlite3 STATIC IMPORTED)
set_target_properties(sqlite3 PROPERTIES
  IMPORTED_LOCATION ${HERDFLOW_THIRD_PARTY}/sqlite/lib/libsqlite3.a
  INTERFACE_INCLUDE_DIRECTORIES ${HERDFLOW_THIRD_PARTY}/sqlite/include
  INTERFACE_LINK_LIBRARIES "Threads::Threads;${CMAKE_DL_LIBS}")

file(GLOB arrow_so ${HERDFLOW_THIRD_PARTY}/arrow/lib/libarrow.so.*)
file(GLOB parquet_so ${HERDFLOW_THIRD_PARTY}/arrow/lib/libparquet.so.*)
add_library(arrow SHARED IMPORTED)
set_target_properties(arrow PROPERTIES IMPORTED_LOCATION "${arrow_so}"
  INTERFACE_INCLUDE_DIRECTORIES ${HERDFLOW_THIRD_PARTY}/arrow/include)
add_library(parquet SHARED IMPORTED)
set_target_properties(parquet PROPERTIES IMPORTED_LOCATION "${parquet_so}"
  INTERFACE_INCLUDE_DIRECTORIES ${HERDFLOW_THIRD_PARTY}/arrow/include
  INTERFACE_LINK_LIBRARIES arrow)

if(HERDFLOW_TESTS)
  find_package(GTest REQUIRED)
  find_package(Boost 1.81 REQUIRED COMPONENTS json)
  include(GoogleTest)
  add_library(valijson INTERFACE)
  target_include_directories(valijson SYSTEM INTERFACE ${HERDFLOW_THIRD_PARTY}/valijson/include)
  find_path(RAPIDCHECK_INCLUDE rapidcheck.h REQUIRED)
  find_library(RAPIDCHECK_LIBRARY rapidcheck REQUIRED)
  add_library(rapidcheck STATIC IMPORTED)
  set_target_properties(rapidcheck PROPERTIES IMPORTED_LOCATION ${RAPIDCHECK_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${RAPIDCHECK_INCLUDE})
endif()
