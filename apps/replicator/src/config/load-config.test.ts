import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { ConfigError } from './config-error.ts';
import { configKeys } from './config-keys.ts';
import { loadConfig, loadHttpConfig } from './load-config.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'entwine-config-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const env = { ENTWINE_SECRET: 'a secret of many letters', PRIORITY: '2' };

const good = `site: a
priority: 2
secret: \${ENTWINE_SECRET}
redis:
  endpoints: ["127.0.0.1:7001", "[::1]:7002"]
log: { path: data }
link:
  listen: 127.0.0.1:7101
  security: { kind: plain, token: "0123456789abcdef" }
peers:
  - { site: b, priority: 1, address: "127.0.0.1:7102" }
`;

function load(text: string) {
  const file = join(folder, 'entwine.yaml');
  writeFileSync(file, text);
  return loadConfig(file, env);
}

/** The problems that a text is refused for. */
function problemsOf(text: string): string[] {
  try {
    load(text);
  } catch (error) {
    if (error instanceof ConfigError)
      return error.message.split('\n').map((line) => line.replace(/^.*\/entwine\.yaml:?/, ''));
    throw error;
  }
  return [];
}

/** The good file with one line put in the place of another. */
function withLine(from: string, to: string): string {
  expect(good).toContain(from);
  return good.replace(from, to);
}

describe('a good file', () => {
  test('defaults are filled in, addresses parsed, paths made absolute', () => {
    expect(load(good)).toEqual({
      file: join(folder, 'entwine.yaml'),
      site: 'a',
      shard: 'main',
      priority: 2,
      deployment: 'entwine',
      secret: 'a secret of many letters',
      redis: {
        endpoints: [
          { host: '127.0.0.1', port: 7001 },
          { host: '::1', port: 7002 },
        ],
        capture: 'auto',
        keyspaceEvents: 'set',
        tls: undefined,
      },
      log: { path: join(folder, 'data') },
      link: {
        listen: { host: '127.0.0.1', port: 7101 },
        security: { kind: 'plain', token: '0123456789abcdef', allowRemote: false },
      },
      peers: [{ site: 'b', priority: 1, address: { host: '127.0.0.1', port: 7102 } }],
      eviction: 'local',
      publish: false,
      audit: { values: 'digest', maxValueBytes: 1024 },
      policies: [],
      filters: { out: [], in: [] },
      direction: 'both',
      http: { listen: { host: '127.0.0.1', port: 7380 }, allowRemote: false },
      limits: {},
      logLevel: 'info',
    });
  });

  test('numbers and flags may be quoted or come from variables', () => {
    const text = `${withLine('priority: 2', 'priority: "${PRIORITY}"')}limits: { heartbeatMs: "500" }\nhttp:\n  listen: 0.0.0.0:0\n  allowRemote: "true"\n`;
    const config = load(text);
    expect(config.priority).toBe(2);
    expect(config.limits).toEqual({ heartbeatMs: 500 });
    expect(config.http).toEqual({ listen: { host: '0.0.0.0', port: 0 }, allowRemote: true });
  });

  test('a secret of digits keeps its zeros; a key without a value is as if it were not there', () => {
    const config = load(`${withLine('${ENTWINE_SECRET}', '00000000000000012')}http:\nlimits:\n`);
    expect(config.secret).toBe('00000000000000012');
    expect(config.http.listen.port).toBe(7380);
  });

  test('files for TLS start at the folder of the file', () => {
    const security = 'security: { kind: tls, cert: tls/a.pem, key: /etc/a.key, ca: ca.pem }';
    const text = withLine('security: { kind: plain, token: "0123456789abcdef" }', security);
    expect(load(text.replace('log:', '  tls: { ca: redis.pem }\nlog:'))).toMatchObject({
      link: {
        security: { kind: 'tls', cert: join(folder, 'tls/a.pem'), key: '/etc/a.key', ca: join(folder, 'ca.pem') },
      },
      redis: { tls: { ca: join(folder, 'redis.pem') } },
    });
  });
});

describe('each mistake is named with its line and remedy', () => {
  test.each<[string, string, string, string]>([
    ['an unknown key', 'priority: 2', 'priorty: 2', '2: unknown key "priorty". Did you mean "priority"?'],
    [
      'an unknown key in a section',
      '  endpoints:',
      '  endpoint:',
      '5: redis: unknown key "endpoint". Did you mean "endpoints"?',
    ],
    ['an unknown key in a list', 'site: b,', 'sites: b,', '11: peers[0]: unknown key "sites". Did you mean "site"?'],
    ['a missing key', 'priority: 2\n', '', 'priority: is required. Integer, different at every site'],
    ['a bad id', 'site: a', 'site: A', '1: site: is not 1 to 32 of a-z, 0-9 and -'],
    ['a bad number', 'priority: 2', 'priority: 2.5', '2: priority: is not a whole number'],
    ['a huge number', 'priority: 2', 'priority: 9007199254740993', '2: priority: is not a whole number'],
    ['a short secret', '${ENTWINE_SECRET}', 'short', '3: secret: is shorter than 16 characters'],
    [
      'a variable that is not set',
      '${ENTWINE_SECRET}',
      '${NOPE}',
      '3: secret: environment variable NOPE is not set. Set NOPE',
    ],
    ['a file that is not there', '${ENTWINE_SECRET}', '${FILE:nope}', '3: secret: file '],
    ['a bad address', '"127.0.0.1:7001"', '"127.0.0.1"', '5: redis.endpoints[0]: "127.0.0.1" is not host:port'],
    ['no endpoint', '["127.0.0.1:7001", "[::1]:7002"]', '[]', '5: redis.endpoints: has no entry'],
    ['a value for a list', '["127.0.0.1:7001", "[::1]:7002"]', '"127.0.0.1:7001"', '5: redis.endpoints: is not a list'],
    ['a value for a section', '{ path: data }', 'data', '6: log: is not a section'],
    ['a section for a value', 'site: a', 'site: { id: a }', '1: site: is a section or a list'],
    [
      'an unknown kind',
      'kind: plain',
      'kind: tsl',
      '9: link.security.kind: is not one of the known kinds. Did you mean "tls"?',
    ],
    ['no kind', 'kind: plain, ', '', '9: link.security.kind: is required. Write one of: plain, token-tls, tls'],
    ['a key of another kind', 'kind: plain', 'kind: tls', '9: link.security: unknown key "token"'],
    ['a short token', '0123456789abcdef', '0123456789', '9: link.security.token: is shorter than 16 characters'],
    [
      'audit of what there is not',
      'site: a\n',
      'site: a\naudit: { values: hash }\n',
      '2: audit.values: is not one of the known values. Write one of: none, digest, full.',
    ],
    [
      'a limit of nothing',
      'site: a\n',
      'site: a\naudit: { maxValueBytes: 0 }\n',
      '2: audit.maxValueBytes: is not a whole',
    ],
    ['our own site as a peer', 'site: b', 'site: a', '11: peers[0].site: site "a" is this site itself'],
    [
      'our own priority',
      'priority: 1,',
      'priority: 2,',
      '11: peers[0].priority: priority 2 is already taken by this site',
    ],
    [
      'a plain link beyond loopback',
      '127.0.0.1:7101',
      '10.0.0.1:7101',
      '8: link.listen: a plain link on 10.0.0.1:7101',
    ],
    [
      'a plain peer beyond loopback',
      '127.0.0.1:7102',
      'b.example:7102',
      '11: peers[0].address: a plain link to b.example:7102',
    ],
    ['a tab', '  listen: 127', '\tlisten: 127', '8: '],
    ['the same key twice', 'site: a', 'site: a\nsite: b', '2: the same key stands twice'],
  ])('%s', (_, from, to, expected) => {
    const problems = problemsOf(withLine(from, to));
    expect(problems.find((line) => line.includes(expected)) ?? problems).toContain(expected);
  });

  test('duplicates among the peers', () => {
    const problems = problemsOf(`${good}  - { site: b, priority: 1, address: "127.0.0.1:7103" }\n`);
    expect(problems).toEqual([
      '12: peers[1].site: site "b" already stands at peers[0]. List every other site once.',
      expect.stringContaining('12: peers[1].priority: priority 1 is already taken by peers[0].'),
    ]);
  });

  test('HTTP beyond loopback wants a word', () => {
    expect(problemsOf(`${good}http: { listen: "0.0.0.0:7201" }\n`)[0]).toContain('add http.allowRemote: true');
  });

  test('half a client certificate', () => {
    expect(problemsOf(withLine('log:', '  tls: { cert: a.pem }\nlog:'))[0]).toContain('redis.tls.key: is missing');
  });

  test('an unknown limit names the nearest', () => {
    expect(problemsOf(`${good}limits: { heartbeat: 5 }\n`)).toEqual([
      '12: limits: unknown key "heartbeat". Did you mean "heartbeatMs"?',
    ]);
  });

  test('a limit that is no positive whole number', () => {
    const [drift, window] = problemsOf(`${good}limits:\n  maxClockDriftMs: 0\n  maxWindowBytes: 1 GB\n`);
    expect(drift).toMatch(/^13: limits.maxClockDriftMs: is not a whole number in range/);
    expect(window).toMatch(/^14: limits.maxWindowBytes: is not a whole number in range/);
  });

  test('all mistakes come at once, by line', () => {
    const text = withLine('priority: 2', 'priority: x')
      .replace('site: a', 'site: A')
      .replace('  endpoints', '  endpoint');
    expect(problemsOf(text).map((line) => line.split(':')[0])).toEqual(['1', '2', '4', '5']);
  });

  test('an empty file, a list, and no file', () => {
    expect(problemsOf('')[0]).toContain('site: is required');
    expect(problemsOf('- a\n')[0]).toContain('is not a section');
    expect(() => loadConfig(join(folder, 'nope.yaml'), env)).toThrow(
      'there is no such file. Name a readable file with --config.',
    );
  });
});

describe('secrets', () => {
  const value = 'hunter2-hunter2-hunter2';

  test.each<[string, string, string]>([
    ['a misspelt key', 'secret: ${ENTWINE_SECRET}', `sceret: ${value}`],
    ['a section below the secret', '${ENTWINE_SECRET}', `{ value: ${value} }`],
    ['a token of the wrong type', '"0123456789abcdef"', `["${value}"]`],
    ['an unclosed quote', '${ENTWINE_SECRET}', `"${value}`],
    ['an alias', '${ENTWINE_SECRET}', `*${value}`],
    ['a tag', '${ENTWINE_SECRET}', `!${value} x`],
    ['a block header', '${ENTWINE_SECRET}', `|${value}`],
    ['a reserved character', '${ENTWINE_SECRET}', `@${value}`],
    ['a bad escape', '${ENTWINE_SECRET}', `"\\${value}"`],
    ['an unclosed variable', '${ENTWINE_SECRET}', `a\${${value}`],
    ['a colon within', '${ENTWINE_SECRET}', `${value}: x: y`],
    ['a secret in the place of a key', 'secret: ${ENTWINE_SECRET}', `"${value} with blanks": x`],
    ['a password in an address', '127.0.0.1:7001', `user:${value}@127.0.0.1:7001`],
  ])('%s is reported without the value', (_, from, to) => {
    const problems = problemsOf(withLine(from, to)).join('\n');
    expect(problems).not.toBe('');
    expect(problems).not.toContain('hunter2');
  });
});

describe('the http section alone', () => {
  test('needs nothing else of the file', () => {
    const file = join(folder, 'http.yaml');
    writeFileSync(file, 'secret: ${NOT_SET}\nhttp: { listen: "[::1]:7201" }\n');
    expect(loadHttpConfig(file, {}).listen).toEqual({ host: '::1', port: 7201 });
    writeFileSync(file, 'site: a\n');
    expect(loadHttpConfig(file, {}).listen).toEqual({ host: '127.0.0.1', port: 7380 });
    writeFileSync(file, 'http: { listen: nope }\n');
    expect(() => loadHttpConfig(file, {})).toThrow('http.yaml:1: http.listen: "nope" is not host:port');
  });
});

describe('the table of keys', () => {
  test('holds the schema: each example is accepted where it stands', () => {
    const secrets = { ENTWINE_SECRET: 'x'.repeat(16), REDIS_PASSWORD: 'x', LINK_TOKEN: 'x'.repeat(16) };
    const base = { site: 'z', priority: 9, secret: 'x'.repeat(16), log: { path: 'l' }, redis: { endpoints: ['h:1'] } };
    const link = { listen: '127.0.0.1:1', security: { kind: 'plain', token: 'x'.repeat(16) } };
    const file = join(folder, 'whole.yaml');
    for (const key of configKeys.filter((one) => !one.path.includes('.') && !['link', 'peers'].includes(one.path))) {
      const rest: Record<string, unknown> = { ...base, link };
      delete rest[key.path];
      writeFileSync(file, `${stringify(rest)}${key.example}\n`);
      expect(() => loadConfig(file, secrets), key.path).not.toThrow();
    }
  });

  test('the README documents every key', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    for (const key of configKeys) expect(readme).toContain(`\`${key.path}\``);
  });
});
