#include "herd_view.hpp"
#include "transactions.hpp"
#include "unjudged.hpp"

namespace herdflow::store_sql {
namespace {

class SqlCleanseAhead final : public pipeline::CleanseAhead {
 public:
  explicit SqlCleanseAhead(std::unique_ptr<Transaction> snapshot)
      : snapshot_(std::move(snapshot)), herd_(snapshot_->session(), /*gives_refs=*/false) {}

  pipeline::Judging& judging() override { return herd_; }

  Result<pipeline::BronzeRead> ReadBronze(const pipeline::BronzePlace& place, std::size_t max,
                                          const pipeline::EachMeasurement& each) override {
    HERDFLOW_ASSIGN(const std::int64_t revision, snapshot_->session().herd().Revision());
    HERDFLOW_ASSIGN(
        const TakenBronze taken,
        TakeBronze(snapshot_->session(), sql::kReadBronzeMeasurements, place, max, kChunkBytes,
                   [&](const Statement& row) { return herd_.Give(row, each); }));
    return pipeline::BronzeRead{place, taken.next, taken.rows, revision};
  }

 private:
  std::unique_ptr<Transaction> snapshot_;
  HerdView herd_;
};

}  // namespace

Result<std::unique_ptr<pipeline::CleanseAhead>> MakeCleanseAhead(ReadSessions& readers) {
  HERDFLOW_ASSIGN(auto snapshot, readers.BeginRead());
  return std::make_unique<SqlCleanseAhead>(std::move(snapshot));
}

}  // namespace herdflow::store_sql
