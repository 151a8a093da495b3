// Long because each script is one text, and all share their first lines.

/** Keys of all jobs begin with this. The braces keep them in one slot of a cluster. */
export const keyPrefix = "{stream-csv}";
/** The queue of BullMQ below it. */
export const queueName = "jobs";
/** The channel on which ids of jobs to cancel are published. */
export const cancelChannel = `${keyPrefix}:cancel`;

/** Records that have no result and are kept at the most. */
const mostPast = 1000;
/** How long after the end of a job a result of its earlier attempts is removed, in milliseconds: they may still run. */
const orphanDelayMs = 60_000;
/** After how long a removal is tried again, in milliseconds. */
const removalRetryMs = 60_000;
/** How old an unfinished job without an entry in the queue must be until it gets a new one, in milliseconds. */
const missingAgeMs = 5000;

/**
 * What the scripts share. Time is that of Redis, so that the clocks of machines need not agree.
 *
 * - `job:ID`: the record, a hash · `plan:DIGEST`: the id of the job that a request for the same plan gets
 * - `queued`, `running`, `owner:NAME`: sets of unfinished jobs · `index`: all jobs by order of submission
 * - `due`: when a result expires or a record is forgotten · `past`: ended jobs without a result
 * - `removals`: results to remove from the store, as `ID:ATTEMPT`
 */
const shared = `
local prefix = KEYS[1]
local time = redis.call("TIME")
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local function ms(value) return string.format("%.0f", value) end
local function at(name) return prefix .. ":" .. name end
local function jobAt(id) return prefix .. ":job:" .. id end
local function read(id) return redis.call("HGETALL", jobAt(id)) end
local function field(id, name) return redis.call("HGET", jobAt(id), name) end

-- The job that a request for the same plan gets.
local function liveOf(plan)
  local known = redis.call("GET", at("plan:" .. plan))
  if not known then return nil end
  local state, expires = field(known, "state"), field(known, "expiresAt")
  if state == "queued" or state == "running" or (state == "completed" and tonumber(expires) > now) then return known end
  return nil
end

local function forgetPlan(id)
  local plan = field(id, "plan")
  if plan and redis.call("GET", at("plan:" .. plan)) == id then redis.call("DEL", at("plan:" .. plan)) end
end

local function leaveResult(id)
  forgetPlan(id)
  redis.call("ZADD", at("past"), ms(now), id)
end

-- Removes a job whose record is gone. Its owner is unknown, so \`submit\` looks at those of an owner itself.
local function drop(id)
  for _, set in ipairs({ "queued", "running" }) do redis.call("SREM", at(set), id) end
  for _, name in ipairs({ "index", "due", "past" }) do redis.call("ZREM", at(name), id) end
end

-- How many unfinished jobs an owner has, without those whose record is gone.
local function countOf(owner)
  local set = at("owner:" .. owner)
  for _, id in ipairs(redis.call("SMEMBERS", set)) do
    if redis.call("EXISTS", jobAt(id)) == 0 then redis.call("SREM", set, id) end
  end
  return redis.call("SCARD", set)
end

local function finish(id, state, keep, error, lastOrphan)
  local owner = field(id, "owner")
  redis.call("SREM", at("queued"), id)
  redis.call("SREM", at("running"), id)
  if owner ~= "" then redis.call("SREM", at("owner:" .. owner), id) end
  redis.call("HSET", jobAt(id), "state", state, "endedAt", ms(now), "expiresAt", ms(now + keep), "error", error)
  redis.call("HDEL", jobAt(id), "cancel", "suspect", "runner")
  redis.call("ZADD", at("due"), ms(now + keep), id)
  if state ~= "completed" then leaveResult(id) end
  for attempt = 1, lastOrphan do
    redis.call("ZADD", at("removals"), ms(now + ${orphanDelayMs}), id .. ":" .. attempt)
  end
end

-- What removes a result needs the record, which therefore stays until then.
local function forget(id)
  for attempt = 1, tonumber(field(id, "attempt") or 0) do
    if redis.call("ZSCORE", at("removals"), id .. ":" .. attempt) then
      redis.call("ZADD", at("due"), ms(now + ${removalRetryMs}), id)
      return
    end
  end
  forgetPlan(id)
  redis.call("DEL", jobAt(id))
  for _, name in ipairs({ "index", "due", "past" }) do redis.call("ZREM", at(name), id) end
end
`;

/**
 * id, plan, owner or empty, limit of the queue, jobs that the submitting process runs at once, limit of the owner, request. Answers
 * what it did, numbers for Retry-After and the record. A job that the process can run at once doesn't wait.
 */
const submit = `
local id, plan, owner = ARGV[1], ARGV[2], ARGV[3]
local known = liveOf(plan)
if known then return { "known", read(known) } end
local meanMs = redis.call("GET", at("pace")) or "0"
local running = redis.call("SCARD", at("running"))
local queued = redis.call("SCARD", at("queued"))
if queued >= tonumber(ARGV[4]) and running + queued >= tonumber(ARGV[5]) then
  return { "full", {}, meanMs, running }
end
if owner ~= "" and redis.call("SCARD", at("owner:" .. owner)) >= tonumber(ARGV[6])
  and countOf(owner) >= tonumber(ARGV[6]) then
  return { "many", {}, meanMs, running }
end
redis.call("HSET", jobAt(id), "id", id, "plan", plan, "owner", owner, "request", ARGV[7], "state", "queued",
  "createdAt", ms(now), "attempt", 0, "stalls", 0, "rows", 0, "bytes", 0)
redis.call("SET", at("plan:" .. plan), id)
redis.call("SADD", at("queued"), id)
if owner ~= "" then redis.call("SADD", at("owner:" .. owner), id) end
redis.call("ZADD", at("index"), redis.call("INCR", at("sequence")), id)
return { "new", read(id) }
`;

/** plan. Answers the record of its job, or nothing. */
const find = `
local known = liveOf(ARGV[1])
return known and read(known) or {}
`;

/** Most records. Answers the records, the latest first. */
const list = `
local records, most, owner = {}, tonumber(ARGV[1]), ARGV[2] == "of" and ARGV[3]
for first = 0, redis.call("ZCARD", at("index")) - 1, most do
  for _, id in ipairs(redis.call("ZREVRANGE", at("index"), first, first + most - 1)) do
    if #records == most then return records end
    if not owner or field(id, "owner") == owner then records[#records + 1] = read(id) end
  end
end
return records
`;

/**
 * id, runner, how long a running job may give no sign of life, how long a job is kept, error of one that stopped twice.
 * Answers what to do: run, wait (with milliseconds), log an end, or nothing.
 */
const start = `
local id, runner, silence, keep = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local state = field(id, "state")
if state ~= "queued" and state ~= "running" then return { "none", {} } end
if state == "running" then
  -- The answer to this runner's first try was lost.
  if field(id, "runner") == runner then return { "run", read(id) } end
  local suspect, beat = tonumber(field(id, "suspect") or 0), tonumber(field(id, "beat"))
  if suspect == 0 or beat >= suspect then
    redis.call("HSET", jobAt(id), "suspect", ms(now))
    return { "wait", {}, ms(silence) }
  end
  if now - suspect < silence then return { "wait", {}, ms(suspect + silence - now) } end
  local attempt = tonumber(field(id, "attempt"))
  if field(id, "cancel") then
    finish(id, "cancelled", keep, "", attempt)
    return { "ended", read(id) }
  end
  if tonumber(field(id, "stalls")) >= 1 then
    finish(id, "failed", keep, ARGV[5], attempt)
    return { "ended", read(id) }
  end
  redis.call("HINCRBY", jobAt(id), "stalls", 1)
end
redis.call("HINCRBY", jobAt(id), "attempt", 1)
redis.call("HSET", jobAt(id), "state", "running", "runner", runner, "startedAt", ms(now), "beat", ms(now), "rows", 0, "bytes", 0)
redis.call("HDEL", jobAt(id), "suspect")
redis.call("SREM", at("queued"), id)
redis.call("SADD", at("running"), id)
return { "run", read(id) }
`;

/** id, attempt, rows, bytes. Answers whether the attempt goes on. */
const beat = `
local id = ARGV[1]
if field(id, "state") ~= "running" or field(id, "attempt") ~= ARGV[2] then return "lost" end
redis.call("HSET", jobAt(id), "beat", ms(now), "rows", ARGV[3], "bytes", ARGV[4])
return field(id, "cancel") and "cancel" or "go on"
`;

/** id, attempt, state, how long a job is kept, error, result, rows, bytes. Answers whether the attempt counts, and the record. */
const finish = `
local id, attempt, state = ARGV[1], ARGV[2], ARGV[3]
if field(id, "attempt") ~= attempt then return { "lost", {} } end
local current = field(id, "state")
-- The answer to the first try was lost.
if current == "completed" or current == "failed" or current == "cancelled" then return { "done", read(id) } end
if current ~= "running" then return { "lost", {} } end
local result = ARGV[6]
if field(id, "cancel") then state, result = "cancelled", "" end
redis.call("HSET", jobAt(id), "result", result, "rows", ARGV[7], "bytes", ARGV[8])
local ran = now - tonumber(field(id, "startedAt"))
local mean = tonumber(redis.call("GET", at("pace")) or ran)
redis.call("SET", at("pace"), ms(mean + (ran - mean) / 8))
finish(id, state, tonumber(ARGV[4]), state == "failed" and ARGV[5] or "", tonumber(attempt) - 1)
return { "done", read(id) }
`;

/** id, attempt, how long a job is kept. Answers whether the job is queued again, ended, or somebody else's, and the record. */
const handBack = `
local id = ARGV[1]
if field(id, "attempt") ~= ARGV[2] then return { "lost", {} } end
local state = field(id, "state")
if state == "queued" then return { "queued", read(id) } end
if state ~= "running" then return { "lost", {} } end
if field(id, "cancel") then
  finish(id, "cancelled", tonumber(ARGV[3]), "", tonumber(ARGV[2]) - 1)
  return { "ended", read(id) }
end
redis.call("HSET", jobAt(id), "state", "queued", "rows", 0, "bytes", 0)
redis.call("HDEL", jobAt(id), "startedAt", "suspect", "runner")
redis.call("SREM", at("running"), id)
redis.call("SADD", at("queued"), id)
return { "queued", read(id) }
`;

/** id, how long a job is kept, channel. Answers whether it is known, had ended, ended now or will end, and the record. */
const cancel = `
local id = ARGV[1]
local state = field(id, "state")
if not state then return { "unknown", {} } end
if state == "queued" then
  finish(id, "cancelled", tonumber(ARGV[2]), "", tonumber(field(id, "attempt")))
  return { "cancelled", read(id) }
end
if state ~= "running" then return { "ended", read(id) } end
-- The next request for the plan gets a new job.
forgetPlan(id)
redis.call("HSET", jobAt(id), "cancel", 1)
redis.call("PUBLISH", ARGV[3], id)
return { "asked", read(id) }
`;

/** id, error. Makes a failed job of a completed one. */
const lose = `
local id = ARGV[1]
if field(id, "state") ~= "completed" then return "none" end
redis.call("HSET", jobAt(id), "state", "failed", "error", ARGV[2])
leaveResult(id)
redis.call("ZADD", at("removals"), ms(now), id .. ":" .. field(id, "attempt"))
return "lost"
`;

/**
 * How long a job is kept, and for how long no other machine sweeps. Expires results, forgets records, and answers the results to
 * remove, and the ids of unfinished jobs that the queue doesn't have.
 */
const sweep = `
local keep = tonumber(ARGV[1])
if not redis.call("SET", at("sweep"), 1, "NX", "PX", ARGV[2]) then return { {}, {} } end
for _, id in ipairs(redis.call("ZRANGEBYSCORE", at("due"), 0, ms(now), "LIMIT", 0, 100)) do
  local state = field(id, "state")
  if state == "completed" then
    redis.call("HSET", jobAt(id), "state", "expired")
    leaveResult(id)
    redis.call("ZADD", at("due"), ms(now + keep), id)
    redis.call("ZADD", at("removals"), ms(now), id .. ":" .. field(id, "attempt"))
  else
    forget(id)
  end
end
local excess = math.min(redis.call("ZCARD", at("past")) - ${mostPast}, 100)
if excess > 0 then
  for _, id in ipairs(redis.call("ZRANGE", at("past"), 0, excess - 1)) do forget(id) end
end
local removals = redis.call("ZRANGEBYSCORE", at("removals"), 0, ms(now), "LIMIT", 0, 100)
for _, removal in ipairs(removals) do redis.call("ZADD", at("removals"), ms(now + ${removalRetryMs}), removal) end
local missing = {}
for _, set in ipairs({ "queued", "running" }) do
  for _, id in ipairs(redis.call("SRANDMEMBER", at(set), 100)) do
    local isKnown = redis.call("EXISTS", at("${queueName}:" .. id)) == 1
    local created = field(id, "createdAt")
    if not created then
      -- Redis or somebody else has removed the record; the job would take up its place for ever.
      drop(id)
    elseif not isKnown and now - tonumber(created) > ${missingAgeMs} then
      missing[#missing + 1] = id
    end
  end
end
return { removals, missing }
`;

/** A removal that is done. */
const removed = `return redis.call("ZREM", at("removals"), ARGV[1])`;

/** Answers how many jobs are queued, and how many run. */
const count = `return { redis.call("SCARD", at("queued")), redis.call("SCARD", at("running")) }`;

/**
 * The first line of scripts that end, expire or remove something. A Redis whose memory is full refuses commands that may need more
 * until a script has written something. Removing needs none, so these go on and make room; submissions are refused.
 */
const evenWhenFull = `redis.call("DEL", at("none"))`;

/** The scripts by name; each takes the prefix as its only key. */
export const scripts = Object.fromEntries(
  Object.entries({
    submit,
    find,
    list,
    start: evenWhenFull + start,
    beat: evenWhenFull + beat,
    finish: evenWhenFull + finish,
    handBack: evenWhenFull + handBack,
    cancel: evenWhenFull + cancel,
    lose: evenWhenFull + lose,
    sweep: evenWhenFull + sweep,
    removed,
    count,
  }).map(([name, text]) => [name, `${shared}${text}`]),
);
