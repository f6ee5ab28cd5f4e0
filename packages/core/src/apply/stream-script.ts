/**
 * The apply script's operations on streams: a fragment of Lua.
 *
 * | name | arguments | does |
 * |---|---|---|
 * | xM | key id n field value … | adds an entry; n counts fields and values. An ID below the last one rebuilds the tail |
 * | xm | key id | XDEL |
 * | xu | key id n id … | XTRIM MINID, sparing n entries |
 * | xo | key | makes an empty stream, unless there is a stream |
 * | xl | key id | raises the last ID to at least this |
 * | xG | key group id read | makes the group, or sets its last ID; `read` -1: unknown |
 * | xV | key group id | makes the group, or moves its last ID forward to this |
 * | xg | key group | XGROUP DESTROY |
 * | xc xk | key group consumer | XGROUP CREATECONSUMER, DELCONSUMER |
 * | xd | key group id consumer time count | gives a delivery its owner; without the entry takes it away, as XCLAIM does |
 * | xp | key group id | XACK |
 *
 * xM xo xl xG xV make the key a stream: one of another type is deleted first. The others leave another type, or a group that is
 * missing, alone. IDs are `ms-seq`. Every operation twice is as good as once.
 *
 * A server reads the entries of one node in the order they were added, deleted ones too, and stops at the first ID beyond a
 * range. So a late entry may not come to stand behind a deleted greater ID: the node that it would be added to is emptied,
 * which frees it, and filled anew.
 *
 * A rebuilt tail keeps groups and deliveries, the last ID, the greatest deleted ID; the entries from the ID on are removed
 * and added again, so consumers that read without a group may see none of it. An entry that Lua cannot pass on (about
 * 3,900 fields), or that would have to pass such a one, counts as refused.
 *
 * It needs the script's `A`, `call`, `try`, `failed`, `refused`; `streamOp[name](i)` returns the next `i`.
 */

/** Arguments of each operation, its letter included; xM and xu take as many more as their fourth says. */
export const streamSizes: Readonly<Record<string, number>> = {
  ...{ xM: 4, xm: 3, xu: 4, xo: 2, xl: 3, xG: 5, xV: 4 },
  ...{ xg: 3, xc: 4, xk: 4, xd: 7, xp: 4 },
};

/** Where in the operation stands how many more arguments follow. */
export const streamCountAt = 3;

export const streamScript: string = `
local streamOp = {}
local function idLess(a, b)
  local p, q = string.find(a, '-', 1, true), string.find(b, '-', 1, true)
  local s, t = string.sub(a, 1, p - 1), string.sub(b, 1, q - 1)
  if s == t then s, t = string.sub(a, p + 1), string.sub(b, q + 1) end
  if #s ~= #t then return #s < #t end
  return s < t
end
local function beStream(key)
  local held = call('TYPE', key).ok
  if held == 'stream' then return end
  if held ~= 'none' then call('UNLINK', key, key) end
  call('XGROUP', 'CREATE', key, 'entwine', '0', 'MKSTREAM')
  call('XGROUP', 'DESTROY', key, 'entwine')
end
local function streamInfo(key)
  local reply, info = call('XINFO', 'STREAM', key), {}
  for j = 1, #reply, 2 do info[reply[j]] = reply[j + 1] end
  return info
end
local function removeEntries(key, ids)
  for j = 1, #ids, 1000 do call('XDEL', key, unpack(ids, j, math.min(j + 999, #ids))) end
end
local function sameFields(a, b)
  if #a ~= #b then return false end
  for j = 1, #a do if a[j] ~= b[j] then return false end end
  return true
end
-- Removes the entries that share the last node, newest first, until it is gone; returns them.
local function removeLastNode(key)
  local nodes, removed = streamInfo(key)['radix-tree-keys'], {}
  while true do
    local entry = call('XREVRANGE', key, '+', '-', 'COUNT', '1')[1]
    if not entry then return removed end
    removed[#removed + 1] = entry
    call('XDEL', key, entry[1])
    if streamInfo(key)['radix-tree-keys'] < nodes then return removed end
  end
end
local function rebuildTail(key, late)
  local id = late[1][1]
  local tail, there = call('XRANGE', key, id, '+'), {}
  for j = 1, #tail do there[tail[j][1]] = tail[j][2] end
  local new, replaced = {}, {}
  for j = 1, #late do
    local held = there[late[j][1]]
    if not held or not sameFields(held, late[j][2]) then
      new[#new + 1] = late[j]
      if held then replaced[late[j][1]] = true end
    end
  end
  if #new == 0 then return end
  local info, ids = streamInfo(key), {}
  local last, added = info['last-generated-id'], info['entries-added']
  for j = 1, #tail do ids[j] = tail[j][1] end
  local before = call('XREVRANGE', key, '(' .. id, '-', 'COUNT', '100')
  for _, list in ipairs({ tail, before }) do
    for j = 1, #list do
      if #list[j][2] > 7900 then refused = refused + 1 return end
    end
  end
  removeEntries(key, ids)
  local head = removeLastNode(key)
  local top = call('XREVRANGE', key, '+', '-', 'COUNT', '1')[1]
  -- The last ID is not let below the greatest deleted one, so that goes down first. It cannot be 0-0 again.
  call('XSETID', key, last, 'ENTRIESADDED', added, 'MAXDELETEDID', '0-1')
  try('XSETID', key, top and top[1] or '0-1', 'ENTRIESADDED', added, 'MAXDELETEDID', '0-1')
  for j = #head, 1, -1 do call('XADD', key, head[j][1], unpack(head[j][2])) end
  local at = 1
  local function addUpTo(limit)
    while at <= #new and (not limit or idLess(new[at][1], limit)) do
      if failed(try('XADD', key, new[at][1], unpack(new[at][2]))) then refused = refused + 1 end
      if idLess(last, new[at][1]) then last = new[at][1] end
      if not there[new[at][1]] then added = added + 1 end
      at = at + 1
    end
  end
  for j = 1, #tail do
    addUpTo(tail[j][1])
    if not replaced[tail[j][1]] then call('XADD', key, tail[j][1], unpack(tail[j][2])) end
  end
  addUpTo(nil)
  call('XSETID', key, last, 'ENTRIESADDED', string.format('%.0f', added), 'MAXDELETEDID', info['max-deleted-entry-id'])
end
local function addEntry(key, id, first, last, late)
  local r = try('XADD', key, id, unpack(A, first, last))
  if not failed(r) then return end
  if string.find(r.err, 'WRONGTYPE', 1, true) then
    beStream(key)
    r = try('XADD', key, id, unpack(A, first, last))
    if failed(r) then refused = refused + 1 end
  elseif string.find(r.err, 'equal or smaller', 1, true) or string.find(r.err, 'exhausted', 1, true) then
    local fields = {}
    for j = first, last do fields[#fields + 1] = A[j] end
    late[#late + 1] = { id, fields }
  else refused = refused + 1 end
end
-- Late entries that stand together in the call are put in at once.
streamOp.xM = function(i)
  local key, late = A[i+1], {}
  while A[i] == 'xM' and A[i+1] == key do
    local n = tonumber(A[i+3])
    if n > 7900 then refused = refused + 1
    else addEntry(key, A[i+2], i + 4, i + 3 + n, late) end
    i = i + 4 + n
  end
  if #late > 0 then
    table.sort(late, function(a, b) return idLess(a[1], b[1]) end)
    rebuildTail(key, late)
  end
  return i
end
streamOp.xm = function(i) try('XDEL', A[i+1], A[i+2]) return i + 3 end
streamOp.xu = function(i)
  local key, before, n = A[i+1], A[i+2], tonumber(A[i+3])
  if n == 0 then try('XTRIM', key, 'MINID', before) return i + 4 end
  local spared, ids = {}, {}
  for j = i + 4, i + 3 + n do spared[A[j]] = true end
  local found = try('XRANGE', key, '-', '(' .. before)
  if not failed(found) then
    for j = 1, #found do if not spared[found[j][1]] then ids[#ids + 1] = found[j][1] end end
    removeEntries(key, ids)
  end
  return i + 4 + n
end
streamOp.xo = function(i) beStream(A[i+1]) return i + 2 end
streamOp.xl = function(i)
  beStream(A[i+1])
  if idLess(streamInfo(A[i+1])['last-generated-id'], A[i+2]) then call('XSETID', A[i+1], A[i+2]) end
  return i + 3
end
local function setGroup(how, key, group, id, read)
  if read == '-1' then return try('XGROUP', how, key, group, id) end
  return try('XGROUP', how, key, group, id, 'ENTRIESREAD', read)
end
streamOp.xG = function(i)
  local key, group, id, read = A[i+1], A[i+2], A[i+3], A[i+4]
  beStream(key)
  local r = setGroup('SETID', key, group, id, read)
  if failed(r) then r = setGroup('CREATE', key, group, id, read) end
  if failed(r) then refused = refused + 1 end
  return i + 5
end
streamOp.xV = function(i)
  local key, group, id = A[i+1], A[i+2], A[i+3]
  beStream(key)
  local groups, at = call('XINFO', 'GROUPS', key), nil
  for j = 1, #groups do
    local g, name, last = groups[j], nil, nil
    for f = 1, #g, 2 do
      if g[f] == 'name' then name = g[f + 1] elseif g[f] == 'last-delivered-id' then last = g[f + 1] end
    end
    if name == group then at = last end
  end
  if at == nil then call('XGROUP', 'CREATE', key, group, id)
  elseif idLess(at, id) then call('XGROUP', 'SETID', key, group, id) end
  return i + 4
end
streamOp.xg = function(i) try('XGROUP', 'DESTROY', A[i+1], A[i+2]) return i + 3 end
streamOp.xc = function(i) try('XGROUP', 'CREATECONSUMER', A[i+1], A[i+2], A[i+3]) return i + 4 end
streamOp.xk = function(i) try('XGROUP', 'DELCONSUMER', A[i+1], A[i+2], A[i+3]) return i + 4 end
streamOp.xd = function(i)
  local key, group, id, consumer = A[i+1], A[i+2], A[i+3], A[i+4]
  local r = try('XCLAIM', key, group, consumer, '0', id, 'TIME', A[i+5], 'RETRYCOUNT', A[i+6], 'FORCE', 'JUSTID')
  if not failed(r) and #r == 0 then try('XGROUP', 'CREATECONSUMER', key, group, consumer) end
  return i + 7
end
streamOp.xp = function(i) try('XACK', A[i+1], A[i+2], A[i+3]) return i + 4 end
`;
