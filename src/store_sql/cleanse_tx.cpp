#include <algorithm>
#include <unordered_map>

#include "herdflow/pipeline/bronze_codec.hpp"
#include "row_writer.hpp"
#include "transactions.hpp"
#include "unjudged.hpp"

namespace herdflow::store_sql {
namespace {

using pipeline::CowRef;
using pipeline::Lineage;
using pipeline::ReadingKey;
using pipeline::SensorRef;
using pipeline::SilverReading;

constexpr std::string_view kStep = "measurements";

/// The farm day, the sensor and the instant from column `first` on.
ReadingKey ReadKey(const Statement& statement, int first, CowRef cow) {
  return {cow, FarmDay{static_cast<std::int32_t>(statement.Int(first))},
          SensorRef{statement.Int(first + 1)}, FromMicros(statement.Int(first + 2))};
}

class SqlCleanseTx final : public pipeline::CleanseTx {
 public:
  explicit SqlCleanseTx(std::unique_ptr<WriteScope> scope) : scope_(std::move(scope)) {}

  Result<std::size_t> TakeWaiting(std::size_t max, const EachMeasurement& each) override {
    HERDFLOW_ASSIGN(const auto requests, ReadRequests());
    std::size_t taken = 0;
    for (const Request& request : requests) {
      if (taken >= max) break;
      HERDFLOW_ASSIGN(const auto waiting, ReadWaiting(request, max - taken));
      HERDFLOW_CHECK(GiveAgain(waiting.versions, each));
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
      HERDFLOW_ASSIGN(Statement * read, scope_->Get("read_bronze_measurements"));
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
    HERDFLOW_ASSIGN(Statement * read, scope_->Get("read_sensor_unit"));
    read->Bind(1, sensor);
    HERDFLOW_ASSIGN(const bool there, read->Step());
    std::optional<herd::UnitKind> unit;
    if (there) unit = herd::UnitKindOf(read->Bytes(0));
    read->Reset();
    units_.emplace(sensor, unit);
    return unit;
  }

  Result<bool> IsKnown(CowRef cow) override {
    if (const auto known = cows_.find(cow); known != cows_.end()) return known->second;
    HERDFLOW_ASSIGN(Statement * read, scope_->Get("read_cow_known"));
    read->Bind(1, cow);
    HERDFLOW_ASSIGN(const auto found, FirstInt(*read));
    cows_.emplace(cow, found.has_value());
    return found.has_value();
  }

  Result<> ReadExisting(std::span<const ReadingKey> keys, std::vector<SilverReading>& readings,
                        std::vector<pipeline::OpenEntry>& open_entries) override {
    std::vector<Value> to_look_for;
    while (!keys.empty()) {
      const auto other_cow = std::find_if(keys.begin(), keys.end(), [&](const ReadingKey& key) {
        return key.cow != keys.front().cow;
      });
      const auto of_cow = keys.first(static_cast<std::size_t>(other_cow - keys.begin()));
      HERDFLOW_CHECK(ReadOpenEntries(of_cow, open_entries));
      HERDFLOW_CHECK(LookFor(of_cow, to_look_for));
      keys = keys.subspan(of_cow.size());
    }
    return ReadReadings(to_look_for, readings);
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
    HERDFLOW_ASSIGN(Statement * read, scope_->Get("read_rejudge_requests"));
    while (true) {
      HERDFLOW_ASSIGN(const bool there, read->Step());
      if (!there) return requests;
      requests.push_back({RequestKind{read->Int(0)}, read->Int(1)});
    }
  }

  Result<> DeleteRequest(const Request& request) {
    HERDFLOW_ASSIGN(Statement * remove, scope_->Get("delete_rejudge_request"));
    return remove->Bind(1, request.kind).Bind(2, request.ref).Run();
  }

  /// About `max` versions: the last reading's are all there.
  Result<WaitingVersions> ReadWaiting(const Request& request, std::size_t max) {
    WaitingVersions waiting;
    auto& versions = waiting.versions;
    // Without its sensor's unit a reading of a known cow waits for the sensor's request.
    const bool of_sensor = request.kind == RequestKind::kSensor;
    HERDFLOW_ASSIGN(Statement * read,
                    scope_->Get(of_sensor ? "read_waiting_of_sensor" : "read_waiting_of_cow"));
    read->Bind(1, request.ref).Bind(2, max);
    while (true) {
      HERDFLOW_ASSIGN(const bool there, read->Step());
      if (!there) break;
      versions.push_back({ReadKey(*read, 1, CowRef{read->Int(0)}), ReadLineage(*read, 4)});
    }
    waiting.all = versions.size() < max;
    if (!waiting.all) HERDFLOW_CHECK(ReadLastWhole(!of_sensor, versions));
    return waiting;
  }

  /// The last reading again, with those of its versions that were beyond the limit.
  Result<> ReadLastWhole(bool unit_known, std::vector<Waiting>& versions) {
    const ReadingKey key = versions.back().key;
    while (!versions.empty() && versions.back().key == key) versions.pop_back();
    HERDFLOW_ASSIGN(Statement * read, scope_->Get("read_waiting_of_reading"));
    read->Bind(1, key.cow)
        .Bind(2, key.day.days)
        .Bind(3, key.sensor)
        .Bind(4, ToMicros(key.at))
        .Bind(5, unit_known);
    while (true) {
      HERDFLOW_ASSIGN(const bool there, read->Step());
      if (!there) return {};
      versions.push_back({key, ReadLineage(*read, 0)});
    }
  }

  Result<> GiveAgain(const std::vector<Waiting>& versions, const EachMeasurement& each) {
    RowWriter<8> remove(scope_->session(), "delete_waiting");
    std::vector<Value> places;
    for (const auto& [key, lineage] : versions) {
      HERDFLOW_CHECK(
          remove.Add({key.cow, key.day.days, key.sensor, ToMicros(key.at), lineage.version,
                      lineage.stream, lineage.partition, lineage.offset}));
      places.insert(places.end(), {lineage.stream, lineage.partition, lineage.offset});
    }
    HERDFLOW_CHECK(remove.Finish());
    std::size_t found = 0;
    HERDFLOW_CHECK(scope_->session().ReadForKeys("read_bronze_measurement", 3, places,
                                                 [&](const Statement& row) {
                                                   ++found;
                                                   return Give(row, each);
                                                 }));
    if (found == versions.size()) return {};
    return Fail(ErrorCode::kCorruptData,
                "judging again what waited: bronze has {} of {} messages that wait", found,
                versions.size());
  }

  /// Gives the message in hand of one of the read_bronze_measurement… statements.
  Result<> Give(const Statement& row, const EachMeasurement& each) {
    pipeline::UnjudgedMeasurement message;
    message.lineage = {row.Int(1), pipeline::StreamRef{row.Int(10)},
                       static_cast<std::int32_t>(row.Int(11)), row.Int(0)};
    message.received_at = FromMicros(row.Int(2));
    if (const auto sensor = row.MaybeInt(3)) message.sensor = SensorRef{*sensor};
    if (const auto cow = row.MaybeInt(4)) message.cow = CowRef{*cow};
    if (const auto kinds = row.MaybeInt(5)) {
      herd::MeasurementFields fields;
      fields.timestamp.text = row.Bytes(6);
      fields.value.text = row.Bytes(7);
      fields.deleted.text = row.Bytes(8);
      pipeline::UnpackKinds(*kinds, fields);
      message.fields = fields;
      HERDFLOW_ASSIGN(message.sensor_id, scope_->sensors().TextOf(row.Int(3)));
      HERDFLOW_ASSIGN(message.cow_id, scope_->cows().TextOf(row.Int(4)));
    } else {
      message.payload = row.Bytes(9);
    }
    each(message);
    return {};
  }

  Result<> ReadOpenEntries(std::span<const ReadingKey> of_cow,
                           std::vector<pipeline::OpenEntry>& entries) {
    // Days that lie close together are read at once; what lies between far ones is left alone.
    constexpr std::int32_t kClose = 7;
    HERDFLOW_ASSIGN(Statement * read, scope_->Get("read_open_entries"));
    while (!of_cow.empty()) {
      std::size_t count = 1;
      while (count < of_cow.size() && of_cow[count].day <= of_cow[count - 1].day + kClose) ++count;
      read->Bind(1, of_cow.front().cow)
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

  /// Adds those keys of one cow that silver may have.
  Result<> LookFor(std::span<const ReadingKey> of_cow, std::vector<Value>& keys) {
    const CowRef cow = of_cow.front().cow;
    HERDFLOW_ASSIGN(Statement * newest, scope_->Get("read_newest_reading_key"));
    newest->Bind(1, cow);
    HERDFLOW_ASSIGN(const bool any, newest->Step());
    if (!any) return {};
    const ReadingKey last = ReadKey(*newest, 0, cow);
    newest->Reset();
    for (const ReadingKey& key : of_cow) {
      if (key > last) break;  // Readings mostly come in order: nothing there to look for.
      keys.insert(keys.end(), {key.cow, key.day.days, key.sensor, ToMicros(key.at)});
    }
    return {};
  }

  Result<> ReadReadings(std::span<const Value> keys, std::vector<SilverReading>& readings) {
    HERDFLOW_CHECK(scope_->session().ReadForKeys(
        "read_reading", 4, keys, [&](const Statement& row) -> Result<> {
          readings.push_back({ReadKey(row, 1, CowRef{row.Int(0)}), row.Int(4),
                              static_cast<pipeline::ReadingState>(row.Int(5)), ReadLineage(row, 6),
                              FromMicros(row.Int(10)), FromMicros(row.Int(11))});
          return {};
        }));
    std::sort(readings.begin(), readings.end(),
              [](const auto& a, const auto& b) { return a.key < b.key; });
    return {};
  }

  Result<> WriteReadings(const pipeline::SilverChange& change) {
    RowWriter<12> write(scope_->session(), "write_reading");
    for (const SilverReading& reading : change.readings) {
      const auto& [key, value, state, lineage, created_at, updated_at] = reading;
      HERDFLOW_CHECK(write.Add({key.cow, key.day.days, key.sensor, ToMicros(key.at), value, state,
                                lineage.version, lineage.stream, lineage.partition, lineage.offset,
                                ToMicros(created_at), ToMicros(updated_at)}));
    }
    HERDFLOW_CHECK(write.Finish());
    RowWriter<4> remove(scope_->session(), "delete_reading");
    for (const ReadingKey& key : change.removed) {
      HERDFLOW_CHECK(remove.Add({key.cow, key.day.days, key.sensor, ToMicros(key.at)}));
    }
    HERDFLOW_CHECK(remove.Finish());
    RowWriter<9> wait(scope_->session(), "insert_waiting");
    for (const auto& [key, lineage, unit_known] : change.waiting) {
      HERDFLOW_CHECK(wait.Add({key.cow, key.day.days, key.sensor, ToMicros(key.at), lineage.version,
                               lineage.stream, lineage.partition, lineage.offset, unit_known}));
    }
    return wait.Finish();
  }

  Result<> WriteQuarantine(const pipeline::SilverChange& change) {
    HERDFLOW_CHECK(InsertQuarantine(*scope_, change.quarantine));
    RowWriter<3> supersede(scope_->session(), "supersede_entry");
    for (const Lineage& lineage : change.superseded) {
      HERDFLOW_CHECK(supersede.Add({lineage.stream, lineage.partition, lineage.offset}));
    }
    return supersede.Finish();
  }

  /// Notes the days under the number of this chunk, which is the next of all chunks that note any.
  Result<> NoteDirtyDays(std::span<const pipeline::DirtyDay> days) {
    if (days.empty()) return {};
    HERDFLOW_ASSIGN(const std::int64_t last_chunk, ReadChunkCounter(*scope_));
    HERDFLOW_ASSIGN(Statement * count, scope_->Get("write_counter"));
    HERDFLOW_CHECK(count->Bind(1, kChunkCounter).Bind(2, last_chunk + 1).Run());
    RowWriter<4> note(scope_->session(), "note_dirty_day");
    for (const auto& [cow, day, sensor] : days) {
      HERDFLOW_CHECK(note.Add({cow, day.days, sensor, last_chunk + 1}));
    }
    return note.Finish();
  }

  std::unique_ptr<WriteScope> scope_;
  std::unordered_map<SensorRef, std::optional<herd::UnitKind>> units_;
  std::unordered_map<CowRef, bool> cows_;
};

}  // namespace

std::unique_ptr<pipeline::CleanseTx> MakeCleanseTx(std::unique_ptr<WriteScope> scope) {
  return std::make_unique<SqlCleanseTx>(std::move(scope));
}

}  // namespace herdflow::store_sql
