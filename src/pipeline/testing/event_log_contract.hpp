#pragma once

// What every event log promises: the suite that each implementation of the ports in
// herdflow/pipeline/event_log.hpp runs unchanged. A test program includes it in one file and writes
//
//   INSTANTIATE_TEST_SUITE_P(Sqlite, EventLogContract, testing::Values(EventLogUnderTest{"sqlite",
//   MakeSqliteFixture}));

#include "event_log_contract/appending.hpp"  // IWYU pragma: export
#include "event_log_contract/reading.hpp"    // IWYU pragma: export
#include "event_log_contract/topics.hpp"     // IWYU pragma: export
