-- Reserves slots for calls. KEYS: segments reserved lately, workers that asked lately.
-- ARGV: calls per second, slots wanted, 1 if they may come at once, how far ahead, worker, a worker's life;
-- times in microseconds. Answers: slots, wait until the first, step between them, workers.
--
-- A segment is "start:count:step". Calls are paced: due is when the next one may follow, were all evenly
-- apart. A burst is taken only when nothing is owed (due has passed) and counts against the second before
-- it; due then lies a burst's length ahead. So in no second there are more slots than the limit.
local second = 1000000
local perSecond, wanted, burst = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3] == '1'
local ahead, worker, life = tonumber(ARGV[4]), ARGV[5], tonumber(ARGV[6])
local clock = redis.call('TIME')
local now = clock[1] * second + clock[2]
-- A little slower than the limit: what is late on its way must not make the next second too full.
local even = second / perSecond * 1.04

local due, used, old, seen = now, 0, 0, false
local newest = {}
for _, segment in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
  local start, count, step = string.match(segment, '(%d+):(%d+):(%d+)')
  start, count, step = tonumber(start), tonumber(count), tonumber(step)
  local last = start + (count - 1) * step
  local after = start + count * even
  if step > 0 and math.abs(step - even) > 1 then
    after = last + even -- of another rate: what was paced then is past
  elseif step == 0 then
    after = start + math.min(count * even, math.max(second * 1.04, even))
  end
  if last <= now - second and after <= now and not seen then
    old = old + 1
  else
    seen = true
    due = math.max(due, after)
    if start > now - second then
      used = used + count
    elseif step > 0 and last > now - second then
      used = used + math.floor((last - (now - second)) / step) + 1
    end
  end
  newest = { start = start, count = count, step = step, after = after }
end
if old > 0 then redis.call('LTRIM', KEYS[1], old, -1) end

local start, count, step = due, 0, math.floor(even)
local free = math.max(math.floor(perSecond), 1) - used
if burst and due <= now and free >= 1 then
  count, step = math.min(wanted, free), 0
elseif due <= now + ahead then
  count = math.min(wanted, math.floor((now + ahead - due) / even) + 1)
end
if count > 0 then
  -- Segments that follow each other are one, so that there are few: paced ones as long as rounding does
  -- no harm, bursts within a fiftieth of a second as if all had come now.
  local from, all, joined = start, count, false
  if seen and newest.step == step then
    if step == 0 and start - newest.start <= second / 50 then
      all, joined = count + newest.count, true
    elseif step > 0 and math.abs(start - newest.after) < 2 and newest.count < 1000 then
      from, all, joined = newest.start, count + newest.count, true
    end
  end
  local segment = string.format('%.0f:%d:%d', from, all, step)
  if joined then
    redis.call('LSET', KEYS[1], -1, segment)
  else
    redis.call('RPUSH', KEYS[1], segment)
  end
  redis.call('PEXPIRE', KEYS[1], math.ceil((start - now + count * even + 2 * second) / 1000))
end

redis.call('ZADD', KEYS[2], string.format('%.0f', now), worker)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', now - life))
redis.call('PEXPIRE', KEYS[2], math.ceil(life / 1000))
return {count, math.ceil(start - now), step, redis.call('ZCARD', KEYS[2])}
