-- Shares calls in flight among workers. KEYS: a hash of worker to "held:wanted:until".
-- ARGV: limit, calls this worker holds, calls it wants, worker, a worker's life in microseconds.
-- Answers: calls this worker may have in flight. What it holds stays its own until it says that it holds
-- less, so that there are never more than the limit.
local limit, holds, want = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local worker, life = ARGV[4], tonumber(ARGV[5])
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]

local others, workers, wants = 0, 1, {}
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local held, wanted, till = string.match(all[i + 1], '(%d+):(%d+):(%d+)')
  held, wanted = tonumber(held), tonumber(wanted)
  if all[i] ~= worker then
    if tonumber(till) < now then
      redis.call('HDEL', KEYS[1], all[i])
    else
      others, workers = others + held, workers + 1
      wants[#wants + 1] = { held = held, wanted = wanted }
    end
  end
end

local may = math.min(want, limit - others)
local part = math.max(math.floor(limit / workers), 1)
for _, other in ipairs(wants) do
  if other.held < math.min(other.wanted, part) then
    may = math.min(may, part) -- somebody waits for an equal part
  end
end
may = math.max(may, 0)
if want == 0 and holds == 0 then
  redis.call('HDEL', KEYS[1], worker)
else
  redis.call('HSET', KEYS[1], worker, string.format('%d:%d:%.0f', math.max(may, holds), want, now + life))
  redis.call('PEXPIRE', KEYS[1], math.ceil(life / 1000))
end
return {may}
