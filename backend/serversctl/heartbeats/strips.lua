-- The last seconds of many members' 1 s rings, on the store's own clock, in one trip.
-- ARGV: seconds, then member ids. Answer: now, then for each member its slots, oldest first, the running second left
-- out; an empty string where there is no ring.
local SLOT, SLOTS = 10, 600
local t = redis.call('TIME')
local seconds = tonumber(ARGV[1])
local first = (tonumber(t[1]) - seconds) % SLOTS
local answer = {t[1] .. '.' .. string.format('%06d', tonumber(t[2]))}

local function part(key, slot, count)
  if count <= 0 then return '' end
  local bytes = redis.call('GETRANGE', key, slot * SLOT, (slot + count) * SLOT - 1)
  return bytes .. string.rep('\0', count * SLOT - #bytes)
end

for i = 2, #ARGV do
  local key = 'hb:1s:' .. ARGV[i]
  local before_wrap = math.min(seconds, SLOTS - first)
  if redis.call('EXISTS', key) == 1 then
    answer[i] = part(key, first, before_wrap) .. part(key, 0, seconds - before_wrap)
  else
    answer[i] = ''
  end
end
return answer
