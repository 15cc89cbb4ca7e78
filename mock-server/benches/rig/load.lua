-- What wrk asks for: the whole object, or ranges at random places: `-- RANGE_BYTES OBJECT_BYTES`.
-- The places are drawn once, from a fixed seed, so that every contender is asked for the same ones.

local requests = {}
local last = 0

function init(args)
  local len, of = tonumber(args[1]), tonumber(args[2])
  if not len then
    requests[1] = wrk.format()
    return
  end
  math.randomseed(9110)
  for n = 1, 4096 do
    local first = math.random(0, of - len)
    wrk.headers["Range"] = string.format("bytes=%d-%d", first, first + len - 1)
    requests[n] = wrk.format()
  end
end

function request()
  last = last % #requests + 1
  return requests[last]
end

-- load REQUESTS MICROSECONDS ERRORS
function done(summary)
  local e = summary.errors
  local errors = e.connect + e.read + e.write + e.status + e.timeout
  io.write(string.format("load %d %d %d\n", summary.requests, summary.duration, errors))
end
