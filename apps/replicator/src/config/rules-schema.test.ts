import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkRules } from '../check/check-rules.ts';
import type { Config } from './config.ts';
import { ConfigError } from './config-error.ts';
import { loadConfig } from './load-config.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'entwine-rules-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const good = `site: a
priority: 2
secret: a secret of many letters
redis: { endpoints: ["127.0.0.1:7001"] }
log: { path: data }
link: { listen: 127.0.0.1:7101, security: { kind: plain, token: "0123456789abcdef" } }
peers: [{ site: b, priority: 1, address: "127.0.0.1:7102" }]
`;

function load(rules: string): Config {
  const file = join(folder, 'entwine.yaml');
  writeFileSync(file, good + rules);
  return loadConfig(file, {});
}

/** The problems that rules are refused for: `line: path: message. remedy`. */
function problemsOf(rules: string): readonly string[] {
  try {
    load(rules);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ path, message }) => `${path} ${message}`);
    throw error;
  }
  return [];
}

const rules = `policies:
  - { keys: "session:*", policy: local }
  - keys: ["flag:*", "café:?"]
    databases: [0, 2]
    policy: { home: b }
  - { keys: "rate:sum:*", databases: 1, policy: { counter: merge } }
  - { keys: "rate:*", policy: { counter: lww } }
  - { keys: "*", policy: lww }
filters:
  out:
    - { keys: "tmp:*", action: deny }
    - { databases: 3, commands: [del, "function load"], action: deny }
    - { action: allow }
  in:
    - { keys: "cache:*", databases: [0], action: deny }
direction: receive
`;

test('rules are read, single values as lists, globs as bytes', () => {
  const { policies, filters, direction } = load(rules);
  expect(policies).toEqual([
    { keys: ['session:*'], policy: 'local' },
    { keys: ['flag:*', 'caf\xc3\xa9:?'], databases: [0, 2], policy: { home: 'b' } },
    { keys: ['rate:sum:*'], databases: [1], policy: { counter: 'merge' } },
    { keys: ['rate:*'], policy: { counter: 'lww' } },
    { keys: ['*'], policy: 'lww' },
  ]);
  expect(filters).toEqual({
    out: [
      { keys: ['tmp:*'], action: 'deny' },
      { databases: [3], commands: ['DEL', 'FUNCTION|LOAD'], action: 'deny' },
      { action: 'allow' },
    ],
    in: [{ keys: ['cache:*'], databases: [0], action: 'deny' }],
  });
  expect(direction).toBe('receive');
});

test('check tells them in words, in order', () => {
  expect(checkRules(load(rules)).map(({ name, message }) => `${name}: ${message}`)).toEqual([
    'policies[0]: keys session:*: local to each site',
    'policies[1]: keys flag:* café:? in database 0, 2: home is b',
    'policies[2]: keys rate:sum:* in database 1: increments add up',
    'policies[3]: keys rate:*: of increments the newest result wins',
    'policies[4]: keys *: the newest write wins',
    'filters.out[0]: keys tmp:*: deny',
    'filters.out[1]: everything in database 3 by DEL, FUNCTION|LOAD: deny',
    'filters.out[2]: everything: allow',
    'filters.in[0]: keys cache:* in database 0: deny',
    'direction: this site only receives',
  ]);
});

describe('what is wrong is named with the rule it is in', () => {
  test.each([
    ['policies: [{ keys: "a*", policy: { home: c } }]', ['policies[0].policy.home no site is called "c"']],
    [
      'policies: [{ keys: "a*", policy: { home: a } }]\ndirection: receive',
      ['policies[0].policy.home this site, which only receives, cannot be the home of keys'],
    ],
    ['policies: [{ keys: a, policy: local }, { policy: local }]', ['policies[1].keys is required']],
    ['policies: [{ keys: [], policy: local }]', ['policies[0].keys has no entry']],
    ['policies: [{ keys: "a[", policy: local }]', ['policies[0].keys[0] has a [ without a ]']],
    ['policies: [{ keys: ["a", ""], policy: local }]', ['policies[0].keys[1] is empty']],
    ['policies: [{ keys: a }]', ['policies[0].policy is required']],
    ['policies: [{ keys: a, policy: newest }]', ['policies[0].policy is no policy']],
    ['policies: [{ keys: a, policy: { counter: sum } }]', ['policies[0].policy is no policy']],
    ['policies: [{ keys: a, policy: { home: a, counter: lww } }]', ['policies[0].policy is no policy']],
    [
      'policies: [{ keys: a, databases: -1, policy: local }]',
      ['policies[0].databases[0] is not a whole number in range'],
    ],
    ['policies: [{ keys: a, policy: local, sites: [a] }]', ['policies[0] unknown key "sites"']],
    ['policies: { keys: a }', ['policies is not a list']],
    ['filters: { out: [{ keys: a }] }', ['filters.out[0].action is required']],
    ['filters: { out: [{ keys: a, action: drop }] }', ['filters.out[0].action is not one of the known values']],
    [
      'filters: { in: [{ commands: DEL, action: deny }] }',
      ['filters.in[0].commands is only for filters.out: what arrives from other sites is no command any more'],
    ],
    [
      'filters: { out: [{ commands: [DEL, DELL], action: deny }] }',
      ['filters.out[0].commands[1] DELL is no write command that is known'],
    ],
    [
      'filters: { out: [{ commands: SPOP, action: deny }] }',
      [
        'filters.out[0].commands[0] SPOP never stands in the stream: servers propagate it as SREM, or DEL when it empties',
      ],
    ],
    ['direction: sideways', ['direction is not one of the known values']],
  ])('%s', (text, problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });
});
