/**
 * The apply script: the only way Entwine writes to a user's Redis.
 *
 * KEYS[1] is the marker hash. ARGV: peer field ('' when the call is about ourselves only), its expected and its new value;
 * own field, its expected and its new value; then operations, each a letter and its arguments.
 *
 * Check phase: both fields must hold what the caller expects ('' stands for "missing"). On mismatch nothing is written, so a
 * copy of a call that arrives late, or a second replicator, does no harm. Write phase: the marker first (so that a server
 * out of memory refuses before anything is written), then the operations, none of which can stop the script.
 *
 * | letter | arguments | does |
 * |---|---|---|
 * | S T K | key value [T: at] | SET; with PXAT; with KEEPTTL |
 * | X | key | UNLINK, the key named twice: tells our deletes in the stream from the server's own |
 * | C | key type | UNLINK unless it is of that type |
 * | H A Z | key field value / key member / key score member | HSET, SADD, ZADD; a key of another type is deleted first |
 * | h a z | key field / key member | HDEL, SREM, ZREM; another type is left alone |
 * | I J Y | key by / key field by / key by member | INCRBY, HINCRBY, ZINCRBY; another type is deleted first; a sum beyond 64 bits is refused and leaves their end |
 * | E P | key at / key | PEXPIREAT, PERSIST; an `at` that has passed (T too) moves on by whole `expiryGraceMs` |
 * | D | db | SELECT |
 * | R | test key field by alone | corrects by difference: when `alone` is not '' and the test holds for it, the cell is removed, and one that is not there stays so; else `by` is added |
 * | G | n command key … | a command of n words on a key; another type is deleted first |
 * | b p q | key offset bit / key element / key | SETBIT, PFADD, PFADD of nothing; another type is deleted first |
 * | r | key `score` or `lex` min max | ZREMRANGEBYSCORE, ZREMRANGEBYLEX |
 * | F W | | FLUSHDB, FLUSHALL; the marker is written again |
 * | f | all n list databases spares pattern … | the same with n rules: see `flush-script.ts` |
 * | B | key n member … | remembers what the key holds; with n > 0 only these members of a sorted set, where they are there |
 * | U | | writes all that was remembered again, without expiries |
 * | V | n command … | a command that reads; its reply joins the values |
 * | x… | | on streams: see `stream-script.ts` |
 * | Q | test key field expected n | skips the next n arguments unless the test holds |
 *
 * Tests: `s` string equals, `n` key is missing, `h` field equals, `i` field is missing, `m` member present, `o` member
 * missing, `z` score equals, `y` score is missing, `e` expiry (absolute ms, -1 none) equals, `x` expiry equals or is where `E`
 * moved one that had passed, `w` expiry is no later; a key that is there and is to stay longer joins the values: database, key.
 *
 * Replies: `ok:N` where N operations were refused by the data they met (e.g. a value that is no integer); `own:VALUE` or
 * `peer:VALUE` on a mismatch, with what the field holds; `type` when the marker key is not a hash (a caller that expects
 * it to be missing replaces it). With values the reply is a list: `ok:N`, then the values in order.
 */
import { expiryGraceMs } from '../merge/expiry-grace.ts';
import { flushScript } from './flush-script.ts';
import { streamScript } from './stream-script.ts';

const body = `
local m, A = KEYS[1], ARGV
local call, try = redis.call, redis.pcall
local function failed(r) return type(r) == 'table' and r.err end
local own = try('HGET', m, A[4])
if failed(own) then
  if A[5] ~= '' then return 'type' end
  call('UNLINK', m, m)
  own = false
end
if (own or '') ~= A[5] then return 'own:' .. (own or '') end
if A[1] ~= '' then
  local peer = call('HGET', m, A[1]) or ''
  if peer ~= A[2] then return 'peer:' .. peer end
  call('HSET', m, A[1], A[3], A[4], A[6])
else
  call('HSET', m, A[4], A[6])
end
local refused = 0
local db = '0'
local values = {''}
${streamScript}
local function write(key, ...)
  local r = try(...)
  if not failed(r) then return end
  if string.find(r.err, 'WRONGTYPE', 1, true) then
    call('UNLINK', key, key)
    if not failed(try(...)) then return end
  end
  refused = refused + 1
  return r.err
end
local function saturate(err, by, key, field)
  if not err or not string.find(err, 'overflow', 1, true) then return end
  local last = string.sub(by, 1, 1) == '-' and '-9223372036854775808' or '9223372036854775807'
  if field then call('HSET', key, field, last) else call('SET', key, last, 'KEEPTTL') end
end
local function holds(test, key, field, expected)
  local r
  if test == 's' then r = try('GET', key) return not failed(r) and r == expected end
  if test == 'n' then return call('EXISTS', key) == 0 end
  if test == 'e' then return tostring(call('PEXPIRETIME', key)) == expected end
  if test == 'x' then
    r = call('PEXPIRETIME', key) - expected
    return r >= 0 and r % ${expiryGraceMs} == 0
  end
  if test == 'w' then
    r = call('PEXPIRETIME', key)
    if r >= 0 and r <= tonumber(expected) then return true end
    if r ~= -2 then
      values[#values + 1] = db
      values[#values + 1] = key
    end
    return false
  end
  if test == 'h' or test == 'i' then r = try('HGET', key, field)
  elseif test == 'm' or test == 'o' then r = try('SISMEMBER', key, field)
  else r = try('ZSCORE', key, field) end
  if failed(r) then return false end
  if test == 'h' then return r == expected end
  if test == 'i' then return r == false end
  if test == 'm' then return r == 1 end
  if test == 'o' then return r == 0 end
  if test == 'z' then return r ~= false and tonumber(r) == tonumber(expected) end
  return r == false
end
local missing = {s = 'n', h = 'i', z = 'y'}
local now
local function future(at)
  if now == nil then
    local t = call('TIME')
    now = t[1] * 1000 + math.floor(t[2] / 1000)
  end
  if tonumber(at) > now then return at end
  return string.format('%.0f', at + math.ceil((now + 1 - at) / ${expiryGraceMs}) * ${expiryGraceMs})
end
local function flush(command)
  if db ~= '0' then call('SELECT', '0') end
  local kept = (db == '0' or command == 'FLUSHALL') and call('HGETALL', m) or {}
  if db ~= '0' and command == 'FLUSHDB' then call('SELECT', db) end
  call(command)
  for at = 1, #kept, 2 do call('HSET', m, kept[at], kept[at + 1]) end
  if db ~= '0' and command == 'FLUSHALL' then call('SELECT', db) end
end
${flushScript}
local kept = {}
local function keep(key, members)
  if #members == 0 then
    local payload = call('DUMP', key)
    if payload then kept[#kept + 1] = {db, 'RESTORE', key, '0', payload, 'REPLACE'} end
    return
  end
  for at = 1, #members do
    local score = try('ZSCORE', key, members[at])
    if score and not failed(score) then kept[#kept + 1] = {db, 'ZADD', key, score, members[at]} end
  end
end
local function unkeep()
  for _, command in ipairs(kept) do
    call('SELECT', command[1])
    write(command[3], unpack(command, 2))
  end
  kept = {}
  call('SELECT', db)
end
local i, n = 7, #A
while i <= n do
  local c = A[i]
  if c == 'S' then call('SET', A[i+1], A[i+2]) i = i + 3
  elseif c == 'H' then write(A[i+1], 'HSET', A[i+1], A[i+2], A[i+3]) i = i + 4
  elseif c == 'A' then write(A[i+1], 'SADD', A[i+1], A[i+2]) i = i + 3
  elseif c == 'Z' then write(A[i+1], 'ZADD', A[i+1], A[i+2], A[i+3]) i = i + 4
  elseif c == 'I' then saturate(write(A[i+1], 'INCRBY', A[i+1], A[i+2]), A[i+2], A[i+1]) i = i + 3
  elseif c == 'T' then call('SET', A[i+1], A[i+2], 'PXAT', future(A[i+3])) i = i + 4
  elseif c == 'X' then call('UNLINK', A[i+1], A[i+1]) i = i + 2
  elseif c == 'E' then call('PEXPIREAT', A[i+1], future(A[i+2])) i = i + 3
  elseif c == 'K' then call('SET', A[i+1], A[i+2], 'KEEPTTL') i = i + 3
  elseif c == 'J' then
    saturate(write(A[i+1], 'HINCRBY', A[i+1], A[i+2], A[i+3]), A[i+3], A[i+1], A[i+2])
    i = i + 4
  elseif c == 'Y' then write(A[i+1], 'ZINCRBY', A[i+1], A[i+2], A[i+3]) i = i + 4
  elseif c == 'h' then try('HDEL', A[i+1], A[i+2]) i = i + 3
  elseif c == 'a' then try('SREM', A[i+1], A[i+2]) i = i + 3
  elseif c == 'z' then try('ZREM', A[i+1], A[i+2]) i = i + 3
  elseif c == 'C' then
    local held = call('TYPE', A[i+1]).ok
    if held ~= A[i+2] and held ~= 'none' then call('UNLINK', A[i+1], A[i+1]) end
    i = i + 3
  elseif c == 'P' then call('PERSIST', A[i+1]) i = i + 2
  elseif c == 'D' then db = A[i+1] call('SELECT', db) i = i + 2
  elseif c == 'R' then
    local test, k, f, by, alone = A[i+1], A[i+2], A[i+3], A[i+4], A[i+5]
    local lone = alone ~= '' and holds(test, k, f, alone)
    local r
    if alone ~= '' and holds(missing[test], k, f) then r = nil
    elseif test == 's' then if lone then call('UNLINK', k, k) else r = try('INCRBY', k, by) end
    elseif test == 'h' then if lone then call('HDEL', k, f) else r = try('HINCRBY', k, f, by) end
    elseif lone then call('ZREM', k, f) else r = try('ZINCRBY', k, by, f) end
    if failed(r) then
      refused = refused + 1
      saturate(r.err, by, k, test == 'h' and f)
    end
    i = i + 6
  elseif c == 'G' then
    local n = tonumber(A[i+1])
    write(A[i+3], unpack(A, i + 2, i + 1 + n))
    i = i + 2 + n
  elseif c == 'b' then write(A[i+1], 'SETBIT', A[i+1], A[i+2], A[i+3]) i = i + 4
  elseif c == 'p' then write(A[i+1], 'PFADD', A[i+1], A[i+2]) i = i + 3
  elseif c == 'q' then write(A[i+1], 'PFADD', A[i+1]) i = i + 2
  elseif c == 'r' then
    try(A[i+2] == 'lex' and 'ZREMRANGEBYLEX' or 'ZREMRANGEBYSCORE', A[i+1], A[i+3], A[i+4])
    i = i + 5
  elseif c == 'F' then flush('FLUSHDB') i = i + 1
  elseif c == 'W' then flush('FLUSHALL') i = i + 1
  elseif c == 'f' then i = flushBut(i)
  elseif c == 'B' then
    local n = tonumber(A[i+2])
    keep(A[i+1], {unpack(A, i + 3, i + 2 + n)})
    i = i + 3 + n
  elseif c == 'U' then unkeep() i = i + 1
  elseif c == 'V' then
    local n = tonumber(A[i+1])
    local r = try(unpack(A, i + 2, i + 1 + n))
    if failed(r) then r = false end
    values[#values + 1] = r
    i = i + 2 + n
  elseif c == 'Q' then
    if holds(A[i+1], A[i+2], A[i+3], A[i+4]) then i = i + 6 else i = i + 6 + tonumber(A[i+5]) end
  elseif streamOp[c] then i = streamOp[c](i)
  else return redis.error_reply('ENTWINE unknown operation') end
end
values[1] = 'ok:' .. refused
return #values == 1 and values[1] or values
`;

/**
 * For calls that may need memory: refused as a whole above maxmemory, and by a replica. The first line makes the server
 * check both before it runs anything (Redis 7.0 and newer).
 */
export const applyScript: string = `#!lua\n${body}`;

/** For calls that only free memory: runs above maxmemory too. */
export const applyFreeingScript: string = `#!lua flags=allow-oom\n${body}`;
