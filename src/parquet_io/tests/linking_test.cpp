#include <dlfcn.h>
#include <gmock/gmock.h>

namespace herdflow::parquet_io {
namespace {

// Two versions of simdjson are loaded: ours, and one that libparquet brings along and exports.
TEST(Linking, OurSimdjsonIsFoundBeforeArrows) {
  constexpr const char* kValidateUtf8 = "_ZN8simdjson13validate_utf8EPKcm";
  const void* symbol = dlsym(RTLD_DEFAULT, kValidateUtf8);
  ASSERT_NE(symbol, nullptr);
  Dl_info info{};
  ASSERT_NE(dladdr(symbol, &info), 0);
  EXPECT_THAT(info.dli_fname, testing::HasSubstr("libsimdjson.so"));
}

}  // namespace
}  // namespace herdflow::parquet_io
