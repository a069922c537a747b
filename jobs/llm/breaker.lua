-- The circuit breaker of pennie/lib/circuit_breaker.py, step for step, in one atomic step of Redis.
-- docs/algorithms/circuit-breaker.md is the specification of both.
--
-- KEYS[1]  the circuit, as JSON
-- ARGV[1]  the policy, as JSON
-- ARGV[2]  the step, as JSON
-- ARGV[3]  milliseconds for which the circuit is kept
-- ARGV[4]  now, in milliseconds; empty: by Redis' own clock
-- Answers  the circuit (JSON), the answer, the wait (ms), the reason to be open before the step, now (ms)

local policy = cjson.decode(ARGV[1])
local step = cjson.decode(ARGV[2])
local now = tonumber(ARGV[4])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

local function closed(since, era)
  return {
    reason = '', since_ms = since, era = era, cool_off_ms = 0, most_cool_off_ms = 0, due_ms = 0,
    probe = '', probe_until_ms = 0, row = 0, row_since_ms = 0, slots = {},
  }
end

local function opened(reason, cool_off, most)
  local circuit = closed(now, now)
  circuit.reason = reason
  circuit.cool_off_ms = cool_off
  circuit.most_cool_off_ms = most
  circuit.due_ms = now + cool_off
  return circuit
end

local function free_probe(circuit)
  circuit.probe = ''
  circuit.probe_until_ms = 0
end

local function open_again(circuit)
  circuit.cool_off_ms = math.min(2 * circuit.cool_off_ms, circuit.most_cool_off_ms)
  circuit.due_ms = now + circuit.cool_off_ms
  free_probe(circuit)
end

local function add(circuit)
  local number = math.floor(now / policy.slot_ms)
  local recent = {}
  for _, slot in ipairs(circuit.slots) do
    if number - policy.slots < slot.number and slot.number <= number then
      recent[#recent + 1] = slot
    end
  end
  if #recent == 0 or recent[#recent].number ~= number then
    recent[#recent + 1] = { number = number, healthy = 0, unhealthy = 0 }
  end
  recent[#recent].healthy = recent[#recent].healthy + step.healthy
  recent[#recent].unhealthy = recent[#recent].unhealthy + step.unhealthy
  circuit.slots = recent
end

local function trips(circuit)
  local healthy, unhealthy = 0, 0
  for _, slot in ipairs(circuit.slots) do
    healthy = healthy + slot.healthy
    unhealthy = unhealthy + slot.unhealthy
  end
  return (unhealthy >= policy.least_failed and unhealthy >= healthy)
    or (circuit.row >= policy.row and now - circuit.row_since_ms >= policy.row_ms)
end

local function count(circuit)
  if circuit.reason ~= '' or step.era ~= circuit.era or step.healthy + step.unhealthy == 0 then
    return circuit
  end
  add(circuit)
  if step.healthy > 0 then
    circuit.row = 0
    circuit.row_since_ms = 0
  end
  if step.unhealthy == 0 then
    return circuit
  end
  if circuit.row == 0 then
    circuit.row_since_ms = now
  end
  circuit.row = circuit.row + step.unhealthy
  if trips(circuit) then
    return opened(policy.trip_reason, policy.cool_off_ms, policy.most_cool_off_ms)
  end
  return circuit
end

local function admit(circuit)
  if circuit.reason == '' then
    return 'allowed', 0
  end
  if now < circuit.due_ms then
    return 'refused', circuit.due_ms - now
  end
  if circuit.probe ~= '' and circuit.probe ~= step.token and now < circuit.probe_until_ms then
    return 'refused', math.min(circuit.probe_until_ms - now, policy.look_ms)
  end
  circuit.probe = step.token
  circuit.probe_until_ms = now + policy.lease_ms
  return 'probe', 0
end

local function report(circuit)
  if step.token == '' or circuit.probe ~= step.token then
    return circuit
  end
  if step.health == 'healthy' then
    return closed(now, circuit.era)
  end
  if step.health == 'unhealthy' then
    open_again(circuit)
  else
    free_probe(circuit)
  end
  return circuit
end

local function suspend(circuit)
  if circuit.reason ~= step.reason then
    return opened(step.reason, step.for_ms, math.max(step.for_ms, policy.most_suspended_ms))
  end
  if now >= circuit.due_ms then
    open_again(circuit)
  end
  return circuit
end

local circuit = closed(0, 0)
local kept = redis.call('GET', KEYS[1])
if kept then
  for name, value in pairs(cjson.decode(kept)) do -- what another release does not write keeps its default
    circuit[name] = value
  end
end
local before = circuit.reason
local answer, wait = '', 0

if step.verb ~= 'read' then
  circuit = count(circuit)
  if step.verb == 'admit' then
    answer, wait = admit(circuit)
  elseif step.verb == 'report' then
    circuit = report(circuit)
  elseif step.verb == 'suspend' then
    circuit = suspend(circuit)
  elseif step.verb == 'reset' then
    circuit = closed(now, circuit.era)
  end
  redis.call('SET', KEYS[1], cjson.encode(circuit), 'PX', ARGV[3])
end

return { cjson.encode(circuit), answer, wait, before, now }
