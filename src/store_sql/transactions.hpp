#pragma once

#include <memory>

#include "herdflow/pipeline/layer_store.hpp"
#include "scope.hpp"

/// The transactions of the layer store, each in a file of its own.
namespace herdflow::store_sql {

inline constexpr std::string_view kConsumerGroup = "herdflow";

std::unique_ptr<pipeline::LoadTx> MakeLoadTx(std::unique_ptr<WriteScope> scope);
std::unique_ptr<pipeline::CleanseTx> MakeCleanseTx(std::unique_ptr<WriteScope> scope);
Result<std::unique_ptr<pipeline::CleanseAhead>> MakeCleanseAhead(ReadSessions& readers);
std::unique_ptr<pipeline::HerdBookTx> MakeHerdBookTx(std::unique_ptr<WriteScope> scope);

struct FeedSessions {
  std::shared_ptr<WriteSessions> writers;
  std::shared_ptr<ReadSessions> readers;
};
Result<std::unique_ptr<pipeline::FeedTx>> MakeFeedTx(FeedSessions sessions,
                                                     const pipeline::DerivedTable& table);

}  // namespace herdflow::store_sql
