/**
 * The part of the apply script that flushes a database, or all, but for the keys that rules spare.
 *
 * Arguments: `1` for all databases; the number of rules; of each its list (`1`, `2`), its databases (`,0,3,`; '' for every
 * one), whether it spares (`1`), its glob. Of each list the first rule that matches a key counts; a key that either spares
 * stays. The server's own globs are used (SCAN), once for each rule. It takes time in proportion to the keys of the
 * database; one in which no rule spares anything is flushed as ever. Keys are named twice, like all that a script deletes.
 */
import { reservedPrefix } from '../marker/marker.ts';

export const flushScript: string = `
local function scan(pattern, visit)
  local cursor = '0'
  repeat
    local page = call('SCAN', cursor, 'MATCH', pattern, 'COUNT', '1000')
    cursor = page[1]
    for _, key in ipairs(page[2]) do visit(key) end
  until cursor == '0'
end
local function flushBut(i)
  local outer, dbs, rules = db, {db}, {}
  local at = i + 3
  for n = 1, tonumber(A[i+2]) do
    rules[n] = {A[at], A[at+1], A[at+2] == '1', A[at+3]}
    at = at + 4
  end
  if A[i+1] == '1' then
    dbs = {}
    for found in string.gmatch(call('INFO', 'keyspace'), 'db(%d+):') do dbs[#dbs + 1] = found end
  end
  for _, name in ipairs(dbs) do
    db = name
    call('SELECT', db)
    local here, spares = {}, false
    for _, rule in ipairs(rules) do
      if rule[2] == '' or string.find(rule[2], ',' .. db .. ',', 1, true) then
        here[#here + 1] = rule
        spares = spares or rule[3]
      end
    end
    if not spares then flush('FLUSHDB')
    else
      local told, spared = {['1'] = {}, ['2'] = {}}, {}
      for _, rule in ipairs(here) do
        local seen = told[rule[1]]
        scan(rule[4], function (key)
          if seen[key] then return end
          seen[key] = true
          if rule[3] then spared[key] = true end
        end)
      end
      scan('*', function (key)
        if not spared[key] and string.sub(key, 1, ${reservedPrefix.length}) ~= '${reservedPrefix}' then call('UNLINK', key, key) end
      end)
    end
  end
  db = outer
  call('SELECT', db)
  return at
end
`;
