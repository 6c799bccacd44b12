#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "herdflow/herd/message.hpp"
#include "herdflow/pipeline/event_log.hpp"
#include "herdflow/pipeline/layer_store.hpp"

namespace herdflow::pipeline {

/// Bronze's rows of messages of one partition.
class BronzeRows {
 public:
  /// `versions`: of each message.
  BronzeRows(herd::MessageParser& parser, std::span<const Message> messages,
             std::vector<std::int64_t> versions)
      : parser_(parser), messages_(messages), versions_(std::move(versions)) {}

  /// Measurements are parsed in pieces on a thread of their own, while the piece before is
  /// inserted.
  Result<> Insert(LoadTx& tx, const PartitionClaim& claim);

 private:
  Result<> InsertMeasurements(LoadTx& tx, const PartitionClaim& claim);
  Result<> InsertOne(LoadTx& tx, const PartitionClaim& claim, std::size_t i);

  herd::MessageParser& parser_;
  std::span<const Message> messages_;
  std::vector<std::int64_t> versions_;
};

}  // namespace herdflow::pipeline
