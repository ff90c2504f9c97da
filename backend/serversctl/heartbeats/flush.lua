-- One flush of one web replica: all heartbeats of the last 100 ms, in the order in which they came.
-- Atomic, so that two replicas never see half of each other, and on the store's own clock.
-- KEYS: seen, tracks, bodies, replicas, canary, pending, cancel
-- ARGV: replica, msgpack list of beats, canary age in seconds or "", fine samples, coarse samples (8 bytes for each
--       beat), then each beat's body. Binary data stays out of the msgpack: this cmsgpack knows no `bin` type.
-- Answer: now, dropped, msgpack list of changes, members with jobs, members with jobs to cancel
local t = redis.call('TIME')
local now = tonumber(t[1]) + tonumber(t[2]) / 1000000
local beats = cmsgpack.unpack(ARGV[2])
local dropped, changes, seen, tracks, bodies = 0, {}, {}, {}, {}
local fresh = {}  -- no nil inside an array: it would become a map

-- Track, by place: 1 seen, 2 proven, 3 run since, 4 interval, 5 boot, 6 seq, 7 version, 8 ip, 9 source,
-- 10 monitored, 11 active, 12 inactive reports, 13 clone suspected until, 14 earlier boot, 15 its seq,
-- 16 returns of an earlier boot, 17 time of the last switch, 18 stacks, 19 probe results, 20 replica
for i, b in ipairs(beats) do
  -- Beat: 1 member, 2 age, 3 boot, 4 seq, 5 issued (nil: no echo; -1: not ours), 6 version, 7 ip, 8 source,
  -- 9 monitored, 10 active, 11 interval, 12 stacks, 13 probes,
  -- 14 window of the coarse sample, nil: none
  local id, at, boot, seq = b[1], now - b[2], b[3], b[4]
  local old = fresh[id]
  if old == nil then
    local raw = redis.call('HGET', KEYS[2], id)
    if raw then old = cmsgpack.unpack(raw) end
  end
  local take = true
  if old and boot ~= '' and seq > 0 then
    if boot == old[5] and seq <= old[6] then take = false end
    if boot == old[14] and seq <= old[15] then take = false end
  end
  if not take then
    dropped = dropped + 1
  else
    local n = {}
    -- Times of one member never run backwards, unless the store's own clock was set back.
    local back = old and old[1] > now + 1
    if old and at < old[1] and not back then at = old[1] end
    n[1] = at
    local before = old and old[2] or 0
    if not b[5] then n[2] = at
    elseif b[5] < 0 then n[2] = before
    else n[2] = math.max(before, math.min(at, b[5])) end
    local limit = math.max(3, 3 * math.max(b[11], old and old[4] or 0))
    -- A report that was on its way for long proves the past: it does not carry a run on to the present.
    local broken = not old or back or at - old[1] > limit or at - n[2] > limit
    n[3] = broken and at or old[3]
    n[4], n[5], n[6], n[7], n[8], n[9] = b[11], boot, seq, b[6], b[7] or '', b[8]
    n[10], n[11] = b[9], b[10]
    n[12] = 0
    if b[9] and not b[10] then n[12] = (broken and 0 or old[12]) + 1 end
    n[13], n[14], n[15], n[16], n[17] = 0, '', 0, 0, 0
    if old then
      n[13], n[14], n[15], n[16], n[17] = old[13], old[14], old[15], old[16], old[17]
      if boot ~= old[5] then
        n[14], n[15], n[17] = old[5], old[6], at
        n[16] = (at - old[17] > 60) and 0 or old[16]
        if boot == old[14] then n[16] = n[16] + 1 end
        if n[16] >= 2 then
          n[13] = at + 60
          if old[13] < at then table.insert(changes, {id, 'clone', old[5], boot}) end
        end
      end
      if old[8] ~= n[8] then table.insert(changes, {id, 'ip', old[8], n[8]}) end
      if old[9] ~= b[8] then table.insert(changes, {id, 'source', old[9], b[8]}) end
      if old[7] ~= b[6] then table.insert(changes, {id, 'version', old[7], b[6]}) end
      if old[18] ~= b[12] then table.insert(changes, {id, 'stacks', old[18], b[12]}) end
    end
    n[18], n[20] = b[12], ARGV[1]
    n[19] = old and old[19] or {}
    if #b[13] > 0 then
      n[19] = {}
      for _, p in ipairs(b[13]) do table.insert(n[19], {p[1], p[2], p[3], p[4], at - p[5]}) end
    end
    fresh[id] = n
    table.insert(seen, at)
    table.insert(seen, id)
    table.insert(bodies, id)
    table.insert(bodies, ARGV[5 + i])
    local second = math.floor(at)
    redis.call('SETRANGE', 'hb:1s:' .. id, (second % 600) * 10, struct.pack('<H', math.floor(second / 600) % 65536) .. string.sub(ARGV[4], i * 8 - 7, i * 8))
    if b[14] then
      local step = b[14]
      redis.call('SETRANGE', 'hb:10s:' .. id, (step % 2160) * 10, struct.pack('<H', math.floor(step / 2160) % 65536) .. string.sub(ARGV[5], i * 8 - 7, i * 8))
    end
  end
end

for id, n in pairs(fresh) do
  table.insert(tracks, id)
  table.insert(tracks, cmsgpack.pack(n))
end
-- unpack() fails beyond a few thousand values (LUAI_MAXCSTACK), so the writes go in slices.
local function write(command, key, values)
  for i = 1, #values, 1000 do
    redis.call(command, key, unpack(values, i, math.min(i + 999, #values)))
  end
end
write('ZADD', KEYS[1], seen)
write('HSET', KEYS[2], tracks)
write('HSET', KEYS[3], bodies)
redis.call('HSET', KEYS[4], ARGV[1], tostring(t[1]) .. '.' .. string.format('%06d', tonumber(t[2])))
if ARGV[3] ~= '' then redis.call('SET', KEYS[5], string.format('%.6f', now - tonumber(ARGV[3]))) end
return {string.format('%.6f', now), dropped, cmsgpack.pack(changes), redis.call('SMEMBERS', KEYS[6]), redis.call('SMEMBERS', KEYS[7])}
