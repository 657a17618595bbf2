-- Arguments: the version, then uuids of nodes, asked for in turn.
local uuids, at = {}, 0

function init(args)
  wrk.headers["X-OpenStack-Ironic-API-Version"] = args[1]
  for i = 2, #args do uuids[#uuids + 1] = args[i] end
end

function request()
  at = at % #uuids + 1
  return wrk.format("GET", "/v1/nodes/" .. uuids[at])
end
