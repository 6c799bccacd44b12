// A Parquet file for `herdflow seed`: checked as a whole, then read.

#include <string>

#include "fuzz.hpp"
#include "herdflow/parquet_io/event_sources.hpp"
#include "memory_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace herdflow;
  using namespace herdflow::fuzz;
  const MemoryFile file(Text(data, size));
  const auto opened = parquet_io::OpenEventSources({file.path()}, {}, {});
  if (!opened) {
    Require(opened.error().message().find(file.path()) != std::string::npos,
            "a refused file is named");
    return 0;
  }
  for (const auto& source : opened->sources) {
    std::int64_t rows = 0;
    for (;;) {
      const auto events = source->Next({});
      Require(events.has_value(), "a file that was found good can be read");
      if (events->empty()) break;
      rows += static_cast<std::int64_t>(events->size());
      for (const auto& event : *events) {
        Require(event.value.size() <= pipeline::kMaxEventBytes, "no event is too large");
      }
    }
    Require(rows == source->rows(), "a file gives as many events as it says");
  }
  return 0;
}
