-- For wrk: every request posts another reading. Ends with a line of JSON about what was answered.

local count = 0

function init()
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  count = count + 1
  local body = string.format(
    '{"sensor_id":"sensor-%03d","cow_id":"cow-%03d","timestamp":%d.%06d,"value":%d.%02d}',
    count % 97, count % 89, 1712466000 + math.floor(count / 1000), count % 1000, 1 + count % 30, count % 100)
  return wrk.format(nil, nil, nil, body)
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"answered":%d,"failed":%d,"seconds":%.6f,"p50_ms":%.3f,"p99_ms":%.3f,"max_ms":%.3f}\n',
    summary.requests, errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3))
end
