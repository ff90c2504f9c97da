-- wrk: each request is the next member's heartbeat, rendered before the run. BENCH_DATA: lines of "secret<TAB>body".
local requests, count, at = {}, 0, 0
function init()
  for line in io.lines(os.getenv("BENCH_DATA")) do
    local secret, body = line:match("^(%S+)\t(.*)$")
    count = count + 1
    requests[count] = wrk.format("POST", "/api/agents/heartbeat",
      { ["Authorization"] = "Bearer " .. secret, ["Content-Type"] = "application/json" }, body)
  end
  at = math.random(count)
end
function request()
  at = at % count + 1
  return requests[at]
end
