-- Each request asks for an address nobody asked for before, so that no page is ever kept ready.
local count = 0
local path = wrk.path
local sign = string.find(path, "?", 1, true) and "&" or "?"
math.randomseed(os.time())
local run = math.random(1, 1000000000)
request = function()
  count = count + 1
  return wrk.format("GET", path .. sign .. "n=" .. run .. "-" .. count)
end
