-- Arguments: the version, then the body of a node with [<id>] in its name, which becomes another number each time.
local before, after, count = "", "", 0

function init(args)
  wrk.headers["X-OpenStack-Ironic-API-Version"] = args[1]
  wrk.headers["Content-Type"] = "application/json"
  before, after = args[2]:match("^(.*)%[<id>%](.*)$")
end

function request()
  count = count + 1
  return wrk.format("POST", "/v1/nodes", nil, before .. count .. after)
end
