-- pennie/lib/windowed_limit.py, step by step and to the last bit: whoever changes one changes both.
--
-- KEYS: state, slots, waiters, flows, members.
-- ARGV: step, now ('' = the server's clock; tests give it), member ('' = none), bounds of the settings on requests and
-- on tokens (0 = none), and what the step needs.
-- Gives: members, told requests, told tokens, ratio, and what the step gives. Numbers as strings: Redis would cut them.

local SLOT_SECONDS, WINDOW_SLOTS, BURST_SECONDS = 0.25, 243, 5
local START_REQUESTS, START_TOKENS, START_RATIO = 500, 200000, 0.30
local RATIO_MARGIN, RATIO_STEP, LEAST_RATIO, MOST_RATIO = 1.01, 0.1, 0.02, 4.0
local LIFE_SECONDS, FLOW_SECONDS, SWEEP_SECONDS, MEMBER_SECONDS = 3, 10, 1, 30
local LEAST_POLL_SECONDS, MOST_POLL_SECONDS, LEAST_WAIT_SECONDS, MOST_WAIT_SECONDS = 0.02, 0.5, 0.001, 2
local NOTICEABLE, MOST_EVIDENCE, REFUNDS_FROM, REFUNDS_UNTIL, MOST_MISSES = 0.03, 8, 5, 3, 5
local UNKNOWN, NONE = -1, 0
local KEPT_MILLISECONDS = 3600000
local CHUNK = 32  -- slots read at once, where one is looked for

local call, floor, max, min = redis.call, math.floor, math.max, math.min
local STATE, SLOTS, WAITERS, FLOWS, MEMBERS = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]

local function text(number) return string.format('%.17g', number) end
local function whole(number) return string.format('%d', number) end

-- One dimension: requests or tokens

local FIELDS = {'told', 'misses', 'used', 'granted', 'level', 'by_reserve', 'by_usage'}

local function set_limit(d)
  if d.told == UNKNOWN then d.theirs = d.start else d.theirs = d.told end
  if d.theirs == NONE then d.limit = d.most
  elseif d.most == 0 then d.limit = d.theirs
  else d.limit = min(d.theirs, d.most) end
  d.burst = max(1, d.limit * BURST_SECONDS / 60)
end

local function add(d, level, theirs)
  d.level = min(d.burst, d.level + level)
  d.by_reserve = min(d.theirs, d.by_reserve + theirs)
  d.by_usage = min(d.theirs, d.by_usage + theirs)
end

local function charge(d, amount)
  d.used = d.used + amount
  d.granted = d.granted + amount
  add(d, -amount, -amount)
end

local function learn(d, told)
  local had_limit, had_theirs, had_burst = d.limit, d.theirs, d.burst
  d.told = told
  set_limit(d)
  if had_theirs == NONE then
    d.by_reserve = d.theirs - d.used
    d.by_usage = d.by_reserve
  else
    d.by_reserve = d.by_reserve + (d.theirs - had_theirs)
    d.by_usage = d.by_usage + (d.theirs - had_theirs)
  end
  if had_limit == NONE then d.level = max(0, d.limit - d.used)
  else d.level = d.level + (d.burst - had_burst) end
  add(d, 0, 0)
end

-- The state, read and written whole

local OTHERS = {'at', 'gone', 'ratio', 'evidence', 'refunds', 'paused_until', 'virtual', 'sequence', 'ready_at', 'swept_at'}
local R = {name = 'r_', start = START_REQUESTS, most = tonumber(ARGV[4])}
local T = {name = 't_', start = START_TOKENS, most = tonumber(ARGV[5])}
local S = {}

local function read_state()
  local names = {}
  for _, field in ipairs(OTHERS) do names[#names + 1] = field end
  for _, d in ipairs({R, T}) do
    for _, field in ipairs(FIELDS) do names[#names + 1] = d.name .. field end
  end
  local values = call('HMGET', STATE, unpack(names))
  if not values[1] then
    S = {at = 0, gone = -WINDOW_SLOTS, ratio = START_RATIO, evidence = 0, refunds = 0, paused_until = 0, virtual = 0,
      sequence = 0, ready_at = 0, swept_at = 0}
    for _, d in ipairs({R, T}) do
      d.told, d.misses, d.used, d.granted = UNKNOWN, 0, 0, 0
      set_limit(d)
      d.level, d.by_reserve, d.by_usage = d.burst, d.theirs, d.theirs
    end
    return
  end
  local place = 0
  for _, field in ipairs(OTHERS) do
    place = place + 1
    S[field] = tonumber(values[place])
  end
  for _, d in ipairs({R, T}) do
    for _, field in ipairs(FIELDS) do
      place = place + 1
      d[field] = tonumber(values[place])
    end
    set_limit(d)
  end
end

local function write_state()
  local pairs_ = {}
  for _, field in ipairs(OTHERS) do
    pairs_[#pairs_ + 1] = field
    pairs_[#pairs_ + 1] = text(S[field])
  end
  for _, d in ipairs({R, T}) do
    for _, field in ipairs(FIELDS) do
      pairs_[#pairs_ + 1] = d.name .. field
      pairs_[#pairs_ + 1] = text(d[field])
    end
  end
  call('HSET', STATE, unpack(pairs_))
  for _, key in ipairs(KEYS) do call('PEXPIRE', key, KEPT_MILLISECONDS) end
end

-- Slots: fields r<slot> and t<slot>

local function slot_of(now) return floor(now / SLOT_SECONDS) end

local function slot_field(letter, slot) return letter .. whole(slot) end

local function read_slots(letter, first, last)
  local fields = {}
  for slot = first, last do fields[#fields + 1] = slot_field(letter, slot) end
  return call('HMGET', SLOTS, unpack(fields))
end

local function add_to_slot(slot, requests, tokens)
  call('HINCRBY', SLOTS, slot_field('r', slot), whole(requests))
  call('HINCRBY', SLOTS, slot_field('t', slot), whole(tokens))
end

local function correct_slot(d, letter, slot, change)
  if slot <= S.gone then return end
  local held = call('HGET', SLOTS, slot_field(letter, slot))
  if not held then return end
  change = max(change, -tonumber(held))
  call('HINCRBY', SLOTS, slot_field(letter, slot), whole(change))
  d.used = d.used + change
end

local function forget_slots(first, last)
  for _, pair in ipairs({{R, 'r'}, {T, 't'}}) do
    local d, letter = pair[1], pair[2]
    local held, fields = read_slots(letter, first, last), {}
    for place, amount in ipairs(held) do
      if amount then
        d.used = d.used - tonumber(amount)
        fields[#fields + 1] = slot_field(letter, first + place - 1)
      end
    end
    if #fields > 0 then call('HDEL', SLOTS, unpack(fields)) end
  end
end

-- Time

local function sweep(now)
  S.swept_at = now
  local flows = call('HGETALL', FLOWS)
  for place = 1, #flows, 2 do
    local seen = tonumber(string.match(flows[place + 1], ' (.+)$'))
    if not (seen + FLOW_SECONDS > now) then call('HDEL', FLOWS, flows[place]) end
  end
  local members = call('HGETALL', MEMBERS)
  for place = 1, #members, 2 do
    if tonumber(members[place + 1]) + MEMBER_SECONDS < now then call('HDEL', MEMBERS, members[place]) end
  end
end

local function advance(now)
  now = max(now, S.at)
  local elapsed = now - S.at
  for _, d in ipairs({R, T}) do add(d, elapsed * (d.limit / 60), elapsed * (d.theirs / 60)) end
  local gone = slot_of(now) - WINDOW_SLOTS
  local last = min(gone, S.gone + WINDOW_SLOTS)
  if last > S.gone then forget_slots(S.gone + 1, last) end
  S.at, S.gone = now, gone
  if now >= S.swept_at + SWEEP_SECONDS then sweep(now) end
  return now
end

-- Those who wait: "expires sequence start tokens flow"

local function read_waiters(now)
  local waiters, stored = {}, call('HGETALL', WAITERS)
  for place = 1, #stored, 2 do
    local expires, sequence, start, tokens, flow = string.match(stored[place + 1], '^(%S+) (%S+) (%S+) (%S+) (.*)$')
    if tonumber(expires) > now then
      waiters[stored[place]] = {expires = tonumber(expires), sequence = tonumber(sequence), start = tonumber(start),
        tokens = tonumber(tokens), flow = flow}
    else
      call('HDEL', WAITERS, stored[place])
    end
  end
  return waiters
end

local function write_waiter(name, w)
  local parts = {text(w.expires), text(w.sequence), text(w.start), text(w.tokens), w.flow}
  call('HSET', WAITERS, name, table.concat(parts, ' '))
end

local function take_place(waiters, name, flow)
  local own = waiters[name]
  if own == nil or own.flow ~= flow then
    S.sequence = S.sequence + 1
    local held = call('HGET', FLOWS, flow)
    local finish = held and tonumber(string.match(held, '^(%S+)')) or 0
    own = {sequence = S.sequence, flow = flow, start = max(S.virtual, finish), tokens = 0, expires = 0}
    waiters[name] = own
  end
  return own
end

local function when_gone(letter, amount, now)
  local slot, current = S.gone, slot_of(now)
  while amount > 0 and slot < current do
    local held = read_slots(letter, slot + 1, min(slot + CHUNK, current))
    for _, each in ipairs(held) do
      slot = slot + 1
      amount = amount - (each and tonumber(each) or 0)
      if amount <= 0 then break end
    end
  end
  return (slot + WINDOW_SLOTS) * SLOT_SECONDS
end

local function missing_of(d, letter, now, cost, ahead)
  if d.limit == NONE then return 0 end
  local need, missing = min(cost, d.burst) + ahead, 0
  if d.level < need then missing = (need - d.level) / (d.limit / 60) end
  local too_much = d.used + ahead + cost - d.limit
  if cost > d.limit and ahead == 0 then too_much = d.used end
  if too_much <= 0 then return missing end
  if ahead > 0 then return max(missing, LEAST_POLL_SECONDS) end
  return max(missing, when_gone(letter, too_much, now) - now)
end

local function grant(waiters, name, own, weight, now)
  waiters[name] = nil
  call('HDEL', WAITERS, name)
  S.virtual = max(S.virtual, own.start)
  local finish = own.start + own.tokens / weight
  call('HSET', FLOWS, own.flow, text(finish) .. ' ' .. text(now))
  for other, each in pairs(waiters) do
    if each.flow == own.flow and each.start < finish then
      each.start = finish
      write_waiter(other, each)
    end
  end
  local slot = slot_of(now)
  charge(R, 1)
  charge(T, own.tokens)
  add_to_slot(slot, 1, own.tokens)
  return {'granted', text(own.tokens), text(slot), text(R.granted), text(R.by_reserve), text(R.by_usage),
    text(T.granted), text(T.by_reserve), text(T.by_usage)}
end

local function reserve(now, name, flow, weight, characters, output_tokens)
  local tokens = math.ceil(characters * S.ratio * RATIO_MARGIN) + output_tokens
  local waiters = read_waiters(now)
  local own = take_place(waiters, name, flow)
  own.tokens = tokens
  local ahead_requests, ahead_tokens = 0, 0
  for _, each in pairs(waiters) do
    if each.start < own.start or (each.start == own.start and each.sequence < own.sequence) then
      ahead_requests = ahead_requests + 1
      ahead_tokens = ahead_tokens + each.tokens
    end
  end
  if now < S.paused_until then
    own.expires = S.paused_until + LIFE_SECONDS
    write_waiter(name, own)
    return {'paused', text(S.paused_until - now)}
  end
  local seconds = max(missing_of(R, 'r', now, 1, ahead_requests), missing_of(T, 't', now, tokens, ahead_tokens))
  if seconds <= 0 then return grant(waiters, name, own, weight, now) end
  own.expires = now + LIFE_SECONDS
  write_waiter(name, own)
  if ahead_requests == 0 then
    S.ready_at = now + seconds
    return {'limit', text(min(max(seconds, LEAST_WAIT_SECONDS), MOST_WAIT_SECONDS))}
  end
  seconds = max(seconds, S.ready_at - now)
  return {'turn', text(min(max(seconds, LEAST_POLL_SECONDS), MOST_POLL_SECONDS))}
end

-- What came of a call

local function correct(g, input, output)
  local unforeseen = input - (g.tokens - g.output_tokens)
  unforeseen = unforeseen + max(0, output - g.output_tokens)
  local unused = max(0, g.output_tokens - output)
  local given_back = 0
  if S.refunds == 1 then given_back = unused end
  add(T, given_back - unforeseen, -unforeseen)
  T.by_usage = min(T.theirs, T.by_usage + unused)
  correct_slot(T, 't', g.slot, unforeseen - given_back)
  if g.characters > 0 then
    local seen = input / g.characters
    S.ratio = min(max(S.ratio + RATIO_STEP * (seen - S.ratio), LEAST_RATIO), MOST_RATIO)
  end
end

local function learn_limit(d, said, is_whole)
  local learnt = d.told
  if said and said > 0 then
    d.misses = 0
    learnt = said
  elseif is_whole and d.told ~= NONE then
    d.misses = d.misses + 1
    if d.told == UNKNOWN or d.misses >= MOST_MISSES then learnt = NONE end
  end
  if learnt == d.told then return false end
  d.misses = 0
  learn(d, learnt)
  return true
end

local function weigh(belief, remaining)
  if belief.by_usage - belief.by_reserve < NOTICEABLE * T.told then return end
  local as_reserved = min(math.abs(remaining - belief.by_reserve), math.abs(remaining - T.by_reserve))
  local step = -1
  if math.abs(remaining - belief.by_usage) < as_reserved then step = 1 end
  S.evidence = min(max(S.evidence + step, -MOST_EVIDENCE), MOST_EVIDENCE)
  local from = REFUNDS_FROM
  if S.refunds == 1 then from = REFUNDS_UNTIL end
  if S.evidence >= from then S.refunds = 1 else S.refunds = 0 end
end

local function respect(d, belief, remaining, reset_seconds, cost)
  local thought = belief.by_reserve
  if S.refunds == 1 then thought = belief.by_usage end
  local refills_in = (d.told - remaining) / (d.told / 60)
  if reset_seconds and reset_seconds < refills_in / 2 then thought = min(thought, d.told - d.used) end
  if remaining >= thought - max(NOTICEABLE * d.told, 2 * cost) then return end
  local unseen = d.granted - belief.granted
  d.level = min(d.level, max(remaining - unseen, -d.told))
end

local function take_in(d, belief, said, is_whole, cost)
  local has_changed = learn_limit(d, said.limit, is_whole)
  if has_changed or d.told <= 0 or not said.remaining then return end
  if d == T then weigh(belief, said.remaining) end
  respect(d, belief, said.remaining, said.reset_seconds, cost)
end

-- The steps

local now = tonumber(ARGV[2])
if not now then
  local clock = call('TIME')
  now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
end
read_state()
now = advance(now)
if ARGV[3] ~= '' then call('HSET', MEMBERS, ARGV[3], text(now)) end

-- From ARGV[from]: tokens, slot, characters, output_tokens, and what was believed of requests and of tokens
local function read_granted(from)
  local n = {}
  for place = 0, 9 do n[place] = tonumber(ARGV[from + place]) end
  return {tokens = n[0], slot = n[1], characters = n[2], output_tokens = n[3],
    of_requests = {granted = n[4], by_reserve = n[5], by_usage = n[6]},
    of_tokens = {granted = n[7], by_reserve = n[8], by_usage = n[9]}}
end

local steps = {}

function steps.reserve()
  return reserve(now, ARGV[6], ARGV[7], tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10]))
end

function steps.settle()
  local g = read_granted(6)
  local input, output = tonumber(ARGV[16]), tonumber(ARGV[17])
  if input then correct(g, input, output) end
  if ARGV[18] == '1' then
    local of_requests = {limit = tonumber(ARGV[19]), remaining = tonumber(ARGV[20]), reset_seconds = tonumber(ARGV[21])}
    local of_tokens = {limit = tonumber(ARGV[22]), remaining = tonumber(ARGV[23]), reset_seconds = tonumber(ARGV[24])}
    take_in(R, g.of_requests, of_requests, input ~= nil, 1)
    take_in(T, g.of_tokens, of_tokens, input ~= nil, g.tokens)
  end
  return {}
end

function steps.pause()
  S.paused_until = max(S.paused_until, now + tonumber(ARGV[6]))
  return {}
end

function steps.withdraw()
  call('HDEL', WAITERS, ARGV[6])
  if ARGV[7] == nil then return {} end
  local g = read_granted(7)
  for _, each in ipairs({{R, 'r', 1}, {T, 't', g.tokens}}) do
    local d, letter, amount = each[1], each[2], each[3]
    d.granted = d.granted - amount
    correct_slot(d, letter, g.slot, -amount)
    add(d, amount, amount)
  end
  return {}
end

function steps.absorb()
  local shift = slot_of(now) - tonumber(ARGV[6])
  for place = 7, #ARGV, 3 do
    local slot = tonumber(ARGV[place]) + shift
    if S.gone < slot and slot <= S.gone + WINDOW_SLOTS then
      local requests, tokens = tonumber(ARGV[place + 1]), tonumber(ARGV[place + 2])
      add_to_slot(slot, requests, tokens)
      R.used = R.used + requests
      T.used = T.used + tokens
    end
  end
  R.level = min(R.level, 0)
  T.level = min(T.level, 0)
  return {}
end

function steps.describe()
  local waiting = 0
  for _ in pairs(read_waiters(now)) do waiting = waiting + 1 end
  return {text(R.limit), text(T.limit), text(R.used), text(T.used), text(max(0, S.paused_until - now)), text(waiting),
    text(S.refunds)}
end

local given = steps[ARGV[1]]()
write_state()
return {text(call('HLEN', MEMBERS)), text(R.told), text(T.told), text(S.ratio), unpack(given)}
