#include "gunzip.hpp"

#include <zlib.h>

#include <array>
#include <new>
#include <utility>

namespace herdflow::http {

struct Gunzip::State {
  z_stream stream{};
  std::string packed;
  std::array<char, std::size_t{64} << 10> unpacked{};
  bool is_between = false;  ///< Members. An empty body is none.
};

Gunzip::Gunzip() : state_(std::make_unique<State>()) {
  constexpr int kGzipAlone = 16;
  if (inflateInit2(&state_->stream, MAX_WBITS + kGzipAlone) != Z_OK) throw std::bad_alloc();
}

Gunzip::~Gunzip() { inflateEnd(&state_->stream); }

void Gunzip::Put(std::string packed) {
  state_->packed = std::move(packed);
  // zlib does not write there, but says so only where it is asked to.
  state_->stream.next_in = reinterpret_cast<Bytef*>(state_->packed.data());
  state_->stream.avail_in = static_cast<uInt>(state_->packed.size());
}

Result<std::string_view> Gunzip::Next() {
  z_stream& stream = state_->stream;
  auto& unpacked = state_->unpacked;
  stream.next_out = reinterpret_cast<Bytef*>(unpacked.data());
  stream.avail_out = static_cast<uInt>(unpacked.size());
  while (stream.avail_out > 0) {
    if (state_->is_between) {
      if (stream.avail_in == 0) break;
      inflateReset(&stream);
      state_->is_between = false;
    }
    const int told = inflate(&stream, Z_NO_FLUSH);
    if (told == Z_BUF_ERROR) break;  // Nothing to read, or no room: neither is a fault.
    if (told == Z_STREAM_END) {
      state_->is_between = true;
    } else if (told == Z_MEM_ERROR) {
      throw std::bad_alloc();
    } else if (told != Z_OK) {
      return Fail(ErrorCode::kInvalidInput, "the body is no gzip: {}",
                  stream.msg == nullptr ? "it is damaged" : stream.msg);
    }
  }
  return std::string_view(unpacked.data(), unpacked.size() - stream.avail_out);
}

bool Gunzip::is_whole() const { return state_->is_between && state_->stream.avail_in == 0; }

}  // namespace herdflow::http
