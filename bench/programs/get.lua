-- For wrk: the same GET again and again. Ends with a line of JSON about what was answered.
--   wrk … --script get.lua URL -- [remember]    remember: as a client that sends the newest ETag in If-None-Match
-- Answers are looked at only then: it costs wrk more than to send.

require "answered"

unchanged = 0
local known

-- Before the first request, so that wrk finds the function.
local function remember()
  request = function() return wrk.format(nil, nil, { ["Host"] = wrk.headers["Host"], ["If-None-Match"] = known }) end
  response = function(status, headers)
    if status == 304 then unchanged = unchanged + 1 end
    known = headers["ETag"] or headers["etag"] or known
  end
end

function init(arguments)
  if arguments[1] == "remember" then remember() end
end
