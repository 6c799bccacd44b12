#include <algorithm>
#include <unordered_map>

#include "bulk_write.hpp"
#include "herdflow/pipeline/bronze_codec.hpp"
#include "transactions.hpp"
#include "unjudged.hpp"

namespace herdflow::store_sqlite {
namespace {

using pipeline::CowRef;
using pipeline::Lineage;
using pipeline::QuarantineEntry;
using pipeline::ReadingKey;
using pipeline::SensorRef;
using pipeline::SilverReading;

constexpr std::string_view kStep = "measurements";

void BindKey(sqlite::Statement& statement, const ReadingKey& key) {
  statement.Bind(1, static_cast<std::int64_t>(key.cow))
      .Bind(2, key.day.days)
      .Bind(3, static_cast<std::int64_t>(key.sensor))
      .Bind(4, ToMicros(key.at));
}

/// The farm day, the sensor and the instant from column `first` on.
ReadingKey ReadKey(const sqlite::Statement& statement, int first, CowRef cow) {
  return {cow, FarmDay{static_cast<std::int32_t>(statement.Int(first))},
          SensorRef{statement.Int(first + 1)}, FromMicros(statement.Int(first + 2))};
}

class SqliteCleanseTx final : public pipeline::CleanseTx {
 public:
  explicit SqliteCleanseTx(std::unique_ptr<WriteScope> scope) : scope_(std::move(scope)) {}

  Result<std::size_t> TakeWaiting(std::size_t max, const EachMeasurement& each) override {
    HERDFLOW_ASSIGN(const auto requests, ReadRequests());
    std::size_t taken = 0;
    for (const Request& request : requests) {
      if (taken >= max) break;
      HERDFLOW_ASSIGN(const auto waiting, ReadWaiting(request, max - taken));
      for (const Waiting& version : waiting.versions) {
        HERDFLOW_CHECK(GiveAgain(version, each));
      }
      taken += waiting.versions.size();
      if (waiting.all) HERDFLOW_CHECK(DeleteRequest(request));
    }
    return taken;
  }

  Result<std::size_t> ReadBronze(std::size_t max, const EachMeasurement& each) override {
    HERDFLOW_ASSIGN(const auto partitions, ReadUnjudgedPartitions(*scope_, kStep));
    std::size_t given = 0;
    for (const UnjudgedPartition& partition : partitions) {
      if (given >= max) break;
      HERDFLOW_ASSIGN(sqlite::Statement * read, scope_->Get("read_bronze_measurements"));
      BindUnjudged(*read, partition, max - given);
      std::int64_t next = partition.from;
      while (true) {
        HERDFLOW_ASSIGN(const bool there, read->Step());
        if (!there) break;
        next = read->Int(0) + 1;
        HERDFLOW_CHECK(Give(*read, each));
        ++given;
      }
      HERDFLOW_CHECK(WriteWatermark(*scope_, kStep, partition, next));
    }
    return given;
  }

  Result<std::optional<herd::UnitKind>> UnitOf(SensorRef sensor) override {
    if (const auto known = units_.find(sensor); known != units_.end()) return known->second;
    HERDFLOW_ASSIGN(sqlite::Statement * read, scope_->Get("read_sensor_unit"));
    read->Bind(1, static_cast<std::int64_t>(sensor));
    HERDFLOW_ASSIGN(const bool there, read->Step());
    std::optional<herd::UnitKind> unit;
    if (there) unit = herd::UnitKindOf(read->Text(0));
    read->Reset();
    units_.emplace(sensor, unit);
    return unit;
  }

  Result<bool> IsKnown(CowRef cow) override {
    if (const auto known = cows_.find(cow); known != cows_.end()) return known->second;
    HERDFLOW_ASSIGN(sqlite::Statement * read, scope_->Get("read_cow_known"));
    read->Bind(1, static_cast<std::int64_t>(cow));
    HERDFLOW_ASSIGN(const auto found, FirstInt(*read));
    cows_.emplace(cow, found.has_value());
    return found.has_value();
  }

  Result<> ReadExisting(std::span<const ReadingKey> keys, std::vector<SilverReading>& readings,
                        std::vector<pipeline::OpenEntry>& open_entries) override {
    while (!keys.empty()) {
      const auto other_cow = std::find_if(keys.begin(), keys.end(), [&](const ReadingKey& key) {
        return key.cow != keys.front().cow;
      });
      const auto of_cow = keys.first(static_cast<std::size_t>(other_cow - keys.begin()));
      HERDFLOW_CHECK(ReadOpenEntries(of_cow, open_entries));
      HERDFLOW_CHECK(ReadReadings(of_cow, readings));
      keys = keys.subspan(of_cow.size());
    }
    return {};
  }

  Result<> Write(const pipeline::SilverChange& change) override {
    HERDFLOW_CHECK(WriteReadings(change));
    HERDFLOW_CHECK(WriteQuarantine(change));
    return NoteDirtyDays(change.dirty);
  }

  Result<> Commit() override { return scope_->Commit(); }

 private:
  enum class RequestKind : std::int64_t { kCow = 0, kSensor = 1 };
  struct Request {
    RequestKind kind;
    std::int64_t ref;
  };
  struct Waiting {
    ReadingKey key;
    Lineage lineage;
  };
  struct WaitingVersions {
    std::vector<Waiting> versions;
    bool all = false;  ///< No further one of the request is waiting.
  };

  Result<std::vector<Request>> ReadRequests() {
    std::vector<Request> requests;
    HERDFLOW_ASSIGN(sqlite::Statement * read, scope_->Get("read_rejudge_requests"));
    while (true) {
      HERDFLOW_ASSIGN(const bool there, read->Step());
      if (!there) return requests;
      requests.push_back({RequestKind{read->Int(0)}, read->Int(1)});
    }
  }

  Result<> DeleteRequest(const Request& request) {
    HERDFLOW_ASSIGN(sqlite::Statement * remove, scope_->Get("delete_rejudge_request"));
    return remove->Bind(1, static_cast<std::int64_t>(request.kind)).Bind(2, request.ref).Run();
  }

  /// About `max` versions: the last reading's are all there.
  Result<WaitingVersions> ReadWaiting(const Request& request, std::size_t max) {
    WaitingVersions waiting;
    // Without its sensor's unit a reading of a known cow waits for the sensor's request.
    HERDFLOW_ASSIGN(sqlite::Statement * read,
                    scope_->Get(request.kind == RequestKind::kSensor ? "read_waiting_of_sensor"
                                                                     : "read_waiting_of_cow"));
    read->Bind(1, request.ref);
    while (true) {
      HERDFLOW_ASSIGN(const bool there, read->Step());
      if (!there) {
        waiting.all = true;
        return waiting;
      }
      const ReadingKey key = ReadKey(*read, 1, CowRef{read->Int(0)});
      if (waiting.versions.size() >= max && key != waiting.versions.back().key) break;
      waiting.versions.push_back({key, ReadLineage(*read, 4)});
    }
    read->Reset();
    return waiting;
  }

  Result<> GiveAgain(const Waiting& version, const EachMeasurement& each) {
    HERDFLOW_ASSIGN(sqlite::Statement * remove, scope_->Get("delete_waiting"));
    BindKey(*remove, version.key);
    BindLineage(*remove, 5, version.lineage);
    HERDFLOW_CHECK(remove->Run());
    HERDFLOW_ASSIGN(sqlite::Statement * read, scope_->Get("read_bronze_measurement"));
    read->Bind(1, static_cast<std::int64_t>(version.lineage.stream))
        .Bind(2, version.lineage.partition)
        .Bind(3, version.lineage.offset);
    HERDFLOW_ASSIGN(const bool there, read->Step());
    if (!there) {
      return Fail(ErrorCode::kCorruptData,
                  "judging again what waited: bronze has no message at stream {}, partition {}, "
                  "offset {}",
                  static_cast<std::int64_t>(version.lineage.stream), version.lineage.partition,
                  version.lineage.offset);
    }
    HERDFLOW_CHECK(Give(*read, each));
    read->Reset();
    return {};
  }

  /// Gives the message in hand of one of the read_bronze_measurement… statements.
  Result<> Give(const sqlite::Statement& row, const EachMeasurement& each) {
    pipeline::UnjudgedMeasurement message;
    message.lineage = {row.Int(1), pipeline::StreamRef{row.Int(10)},
                       static_cast<std::int32_t>(row.Int(11)), row.Int(0)};
    message.received_at = FromMicros(row.Int(2));
    if (const auto sensor = row.MaybeInt(3)) message.sensor = SensorRef{*sensor};
    if (const auto cow = row.MaybeInt(4)) message.cow = CowRef{*cow};
    if (const auto kinds = row.MaybeInt(5)) {
      herd::MeasurementFields fields;
      fields.timestamp.text = row.Text(6);
      fields.value.text = row.Text(7);
      fields.deleted.text = row.Text(8);
      pipeline::UnpackKinds(*kinds, fields);
      message.fields = fields;
      HERDFLOW_ASSIGN(message.sensor_id, scope_->writer().sensors.TextOf(row.Int(3)));
      HERDFLOW_ASSIGN(message.cow_id, scope_->writer().cows.TextOf(row.Int(4)));
    } else {
      message.payload = row.Blob(9);
    }
    each(message);
    return {};
  }

  Result<> ReadOpenEntries(std::span<const ReadingKey> of_cow,
                           std::vector<pipeline::OpenEntry>& entries) {
    // Days that lie close together are read at once; what lies between far ones is left alone.
    constexpr std::int32_t kClose = 7;
    HERDFLOW_ASSIGN(sqlite::Statement * read, scope_->Get("read_open_entries"));
    while (!of_cow.empty()) {
      std::size_t count = 1;
      while (count < of_cow.size() && of_cow[count].day <= of_cow[count - 1].day + kClose) ++count;
      read->Bind(1, static_cast<std::int64_t>(of_cow.front().cow))
          .Bind(2, of_cow.front().day.days)
          .Bind(3, of_cow[count - 1].day.days);
      while (true) {
        HERDFLOW_ASSIGN(const bool there, read->Step());
        if (!there) break;
        entries.push_back({ReadKey(*read, 0, of_cow.front().cow), ReadLineage(*read, 3)});
      }
      of_cow = of_cow.subspan(count);
    }
    return {};
  }

  Result<> ReadReadings(std::span<const ReadingKey> of_cow, std::vector<SilverReading>& readings) {
    const CowRef cow = of_cow.front().cow;
    HERDFLOW_ASSIGN(sqlite::Statement * newest, scope_->Get("read_newest_reading_key"));
    newest->Bind(1, static_cast<std::int64_t>(cow));
    HERDFLOW_ASSIGN(const bool any, newest->Step());
    if (!any) return {};
    const ReadingKey last = ReadKey(*newest, 0, cow);
    newest->Reset();
    HERDFLOW_ASSIGN(sqlite::Statement * read, scope_->Get("read_reading"));
    for (const ReadingKey& key : of_cow) {
      if (key > last) return {};  // Readings mostly come in order: nothing there to look for.
      BindKey(*read, key);
      HERDFLOW_ASSIGN(const bool there, read->Step());
      if (!there) continue;
      readings.push_back({key, read->Int(0), static_cast<pipeline::ReadingState>(read->Int(1)),
                          ReadLineage(*read, 2), FromMicros(read->Int(6)),
                          FromMicros(read->Int(7))});
      read->Reset();
    }
    return {};
  }

  Result<> WriteReadings(const pipeline::SilverChange& change) {
    BulkWrite<12> write(*scope_, "write_reading");
    for (const SilverReading& reading : change.readings) {
      HERDFLOW_CHECK(
          write.Add({static_cast<std::int64_t>(reading.key.cow), reading.key.day.days,
                     static_cast<std::int64_t>(reading.key.sensor), ToMicros(reading.key.at),
                     reading.value_millionths, static_cast<std::int64_t>(reading.state),
                     reading.lineage.version, static_cast<std::int64_t>(reading.lineage.stream),
                     reading.lineage.partition, reading.lineage.offset,
                     ToMicros(reading.created_at), ToMicros(reading.updated_at)}));
    }
    HERDFLOW_CHECK(write.Finish());
    HERDFLOW_ASSIGN(sqlite::Statement * remove, scope_->Get("delete_reading"));
    for (const ReadingKey& key : change.removed) {
      BindKey(*remove, key);
      HERDFLOW_CHECK(remove->Run());
    }
    HERDFLOW_ASSIGN(sqlite::Statement * wait, scope_->Get("insert_waiting"));
    for (const pipeline::WaitingVersion& version : change.waiting) {
      BindKey(*wait, version.key);
      BindLineage(*wait, 5, version.lineage);
      HERDFLOW_CHECK(wait->Bind(9, version.unit_known ? 1 : 0).Run());
    }
    return {};
  }

  Result<> WriteQuarantine(const pipeline::SilverChange& change) {
    for (const QuarantineEntry& entry : change.quarantine) {
      HERDFLOW_CHECK(InsertQuarantine(*scope_, entry));
    }
    HERDFLOW_ASSIGN(sqlite::Statement * supersede, scope_->Get("supersede_entry"));
    for (const Lineage& lineage : change.superseded) {
      HERDFLOW_CHECK(supersede->Bind(1, static_cast<std::int64_t>(lineage.stream))
                         .Bind(2, lineage.partition)
                         .Bind(3, lineage.offset)
                         .Run());
    }
    return {};
  }

  /// Notes the days under the number of this chunk, which is the next of all chunks that note any.
  Result<> NoteDirtyDays(std::span<const pipeline::DirtyDay> days) {
    if (days.empty()) return {};
    HERDFLOW_ASSIGN(const std::int64_t last_chunk, ReadChunkCounter(*scope_));
    HERDFLOW_ASSIGN(sqlite::Statement * count, scope_->Get("write_counter"));
    HERDFLOW_CHECK(count->Bind(1, kChunkCounter).Bind(2, last_chunk + 1).Run());
    BulkWrite<4> note(*scope_, "note_dirty_day");
    for (const pipeline::DirtyDay& day : days) {
      HERDFLOW_CHECK(note.Add({static_cast<std::int64_t>(day.cow), day.day.days,
                               static_cast<std::int64_t>(day.sensor), last_chunk + 1}));
    }
    return note.Finish();
  }

  std::unique_ptr<WriteScope> scope_;
  std::unordered_map<SensorRef, std::optional<herd::UnitKind>> units_;
  std::unordered_map<CowRef, bool> cows_;
};

}  // namespace

std::unique_ptr<pipeline::CleanseTx> MakeCleanseTx(std::unique_ptr<WriteScope> scope) {
  return std::make_unique<SqliteCleanseTx>(std::move(scope));
}

}  // namespace herdflow::store_sqlite
