#include <dlfcn.h>
#include <gmock/gmock.h>

#include <string>

namespace herdflow::parquet_io {
namespace {

/// The library that whoever names the symbol gets it from.
std::string HomeOf(const char* name) {
  const void* symbol = dlsym(RTLD_DEFAULT, name);
  Dl_info info{};
  if (symbol == nullptr || dladdr(symbol, &info) == 0) return "";
  return info.dli_fname;
}

// Two versions of each are loaded: ours, and one that libparquet brings along and exports.
TEST(Linking, OurSimdjsonIsFoundBeforeArrows) {
  EXPECT_THAT(HomeOf("_ZN8simdjson13validate_utf8EPKcm"), testing::HasSubstr("libsimdjson.so"));
}

// The drivers of Kafka and of the database compare certificates by it.
TEST(Linking, TheSystemsOpenSslIsFoundBeforeArrows) {
  for (const char* name : {"X509_check_host", "X509_verify_cert", "EVP_sha256", "HMAC"}) {
    EXPECT_THAT(HomeOf(name), testing::HasSubstr("libcrypto.so")) << name;
  }
}

}  // namespace
}  // namespace herdflow::parquet_io
