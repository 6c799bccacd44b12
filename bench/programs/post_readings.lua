-- For wrk: every reading is another one. Ends with a line of JSON about what was answered.
--   wrk … --script post_readings.lua URL -- [READINGS]    so many a request, as an array; nothing: one object
-- A request is made once, but for the time of its readings, which is new each time it is sent: wrk has to be cheap.

require "answered"

local between = {} -- Of each request what stands between the times.
local sent = 0
-- Each run has times of its own.
local second = 1712466000 + os.time() % 10000 * 1000
local micros = {}
for i = 0, 999 do micros[i] = string.format(".%06d", i) end

local function before_time(number)
  return string.format('{"sensor_id":"sensor-%03d","cow_id":"cow-%03d","timestamp":', number % 97, number % 89)
end

local function after_time(number)
  return string.format(',"value":%d.%02d}', 1 + number % 30, number % 100)
end

-- In the same number of bytes each time.
local function time()
  if sent % 1000 == 0 then second = second + 1 end
  return second .. micros[sent % 1000]
end

function init(arguments)
  local readings = tonumber(arguments[1])
  local opening, closing = readings and "[" or "", readings and "]" or ""
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  for i = 1, math.ceil(97 * 89 / (readings or 1)) do
    local parts = {}
    local first = (i - 1) * (readings or 1)
    for j = first + 1, first + (readings or 1) do
      local between_two = (j == first + 1) and opening or (after_time(j - 1) .. ",")
      parts[#parts + 1] = between_two .. before_time(j)
    end
    parts[#parts + 1] = after_time(first + (readings or 1)) .. closing
    local head = wrk.format(nil, nil, nil, table.concat(parts, time()))
    between[i] = parts
    parts[1] = head:sub(1, head:find("\r\n\r\n", 1, true) + 3) .. parts[1]
  end
end

function request()
  sent = sent + 1
  return table.concat(between[sent % #between + 1], time())
end
