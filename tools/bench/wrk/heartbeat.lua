-- Arguments: the version, then for each agent the uuid of its node, a space, and the body of its heartbeat.
local uuids, bodies, at = {}, {}, 0

function init(args)
  wrk.headers["X-OpenStack-Ironic-API-Version"] = args[1]
  wrk.headers["Content-Type"] = "application/json"
  for i = 2, #args do uuids[i - 1], bodies[i - 1] = args[i]:match("^(%S+) (.*)$") end
end

function request()
  at = at % #uuids + 1
  return wrk.format("POST", "/v1/heartbeat/" .. uuids[at], nil, bodies[at])
end
