/** Scripts and functions: a driver that executes whatever commands it is given, and scripts that do more than that. */
import { createHash } from 'node:crypto';
import type { Draw } from '../draw.ts';
import type { Rows, Words } from '../row.ts';

/** Executes the commands in its arguments, each behind the number of its words; KEYS[1] says whether errors end it. */
const body = `
local at = 1
local results = {}
while at <= #args do
  local words = tonumber(args[at])
  local call = keys[1] == 'call' and redis.call or redis.pcall
  local result = call(unpack(args, at + 1, at + words))
  results[#results + 1] = type(result) == 'table' and result.err and 'error' or 'done'
  at = at + words + 1
end
return results`;

const driver = `local keys, args = KEYS, ARGV ${body}`;

/** Writes, reads what it wrote, writes again, and fails in the end when told to. */
const partial = `
redis.call('SET', KEYS[1], ARGV[1])
redis.call('APPEND', KEYS[1], redis.call('STRLEN', KEYS[1]))
redis.call('PEXPIREAT', KEYS[1], ARGV[2])
if ARGV[3] == 'fail' then redis.call('LPUSH', KEYS[1], 'x') end
if ARGV[3] == 'undo' then redis.call('DEL', KEYS[1]) end
return redis.call('PTTL', KEYS[1]) > 0`;

/** Loaded at every server before a run, so that EVALSHA finds them. */
export const loadedScripts: readonly string[] = [driver, partial];

export const scriptRows: Rows = {
  eval: { weight: 12, make: (d) => [...(d.random.chance(0.7) ? driven(d, driver) : partially(d, partial))] },
  evalsha: { weight: 8, make: (d) => (d.random.chance(0.7) ? driven(d, sha(driver)) : partially(d, sha(partial))) },
};

export const functionRows: Rows = {
  'function|load': {
    weight: 8,
    make: (d) => [...d.maybe(0.7, 'REPLACE'), library(d.random.integer(0, 2), d.random.integer(0, 9))],
  },
  'function|delete': { weight: 2, make: (d) => [`lib${d.random.integer(0, 2)}`] },
  'function|flush': { weight: 0.6, make: (d) => d.maybe(0.5, d.one('SYNC', 'ASYNC')) },
  'function|restore': {
    weight: 2,
    // Which of two libraries it finds in its way first is left to chance.
    make: (d) => [
      d.options.payloads.functions[d.determinate ? 0 : d.random.integer(0, 1)] ?? '',
      ...d.maybe(0.7, d.one('FLUSH', 'APPEND', 'REPLACE', 'REPLACE')),
    ],
  },
  fcall: { weight: 12, make: (d) => driven(d, `run${d.random.integer(0, 2)}`) },
};

/** A library with the driver as its one function, and a version to tell it by. */
export function library(number: number, version: number): string {
  return `#!lua name=lib${number}\nlocal version = ${version}\nredis.register_function('run${number}', function(keys, args) ${body} end)`;
}

function driven(d: Draw, script: string): Words {
  const commands = d.times(1, 4, () => d.inner());
  const packed = commands.flatMap((command) => [String(command.length), ...command]);
  return [script, '1', d.one('pcall', 'pcall', 'call'), ...packed];
}

function partially(d: Draw, script: string): Words {
  return [script, '1', d.key('s'), d.value(), String(d.expiryAt()), d.one('fail', 'undo', 'keep', 'keep')];
}

function sha(script: string): string {
  return createHash('sha1').update(script, 'latin1').digest('hex');
}
