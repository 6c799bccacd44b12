-- What the scripts for wrk end with: a line of JSON about what was answered. `unchanged`: how often with a 304, where a script counts it.

local threads = {}

function setup(thread) threads[#threads + 1] = thread end

function done(summary, latency)
  local errors = summary.errors
  local unchanged = 0
  for _, thread in ipairs(threads) do unchanged = unchanged + (thread:get("unchanged") or 0) end
  io.write(string.format(
    '{"answered":%d,"failed":%d,"unchanged":%d,"seconds":%.6f,"p50_ms":%.3f,"p99_ms":%.3f,"max_ms":%.3f}\n',
    summary.requests, errors.connect + errors.read + errors.write + errors.status + errors.timeout, unchanged,
    summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3))
end
