import type { AuditRecord } from '@entwine/engine';
import { afterEach, describe, expect, test } from 'vitest';
import { type HttpServer, serveHttp } from '../http/serve-http.ts';
import { textConsole } from '../testing/text-console.ts';
import { conflictsCommand } from './conflicts-command.ts';
import { runCli } from './run-cli.ts';

const servers: HttpServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const conflict = (number: number, more: Partial<Extract<AuditRecord, { type: 'conflict' }>> = {}): AuditRecord => ({
  ...{ type: 'conflict', number, before: 0, at: 1_772_366_400_000 + number * 60_000, kind: 'hash', db: 0 },
  ...{ key: `user:${number}`, cell: 'name', outcome: 'local-lost' },
  winner: { site: 'b', unixMs: 1_772_366_400_100, version: [9, 1, 0] },
  loser: { site: 'a', unixMs: 1_772_366_400_000, version: [8, 2, 0] },
  discarded: { bytes: 5, value: 'Grace' },
  ...more,
});

const sample: readonly AuditRecord[] = [
  conflict(1),
  conflict(2, { kind: 'delete', key: 'bin\0\xff', cell: '', outcome: 'remote-lost', discarded: null }),
  { type: 'unrecorded', number: 3, before: 0, at: 1_772_366_400_000 + 180_000, count: 12 },
  conflict(4, { key: 'gr\xc3\xbcn', cell: '', kind: 'string', discarded: { bytes: 2048, digest: 'abc' } }),
  conflict(5, { key: 's', cell: '1-1', kind: 'stream', outcome: 'moved', discarded: null, moved: '1-92' }),
];

async function serve(records: readonly AuditRecord[] | undefined): Promise<string> {
  const read = (before: number, most: number) => {
    if (records === undefined) return undefined;
    const older = records.filter(({ number }) => number < before).toReversed();
    return { records: older.slice(0, most), next: older.length > most ? older[most - 1]!.number : 0 };
  };
  const view = {
    site: 'a',
    shard: 'main',
    status: () => undefined,
    stopping: () => false,
    conflicts: read,
    declareOut: () => undefined,
  };
  const server = await serveHttp({ host: '127.0.0.1', port: 0 }, view, (text) => text.replaceAll('hunter2', '…'));
  servers.push(server);
  return `http://127.0.0.1:${server.address.port}`;
}

async function ask(records: readonly AuditRecord[] | undefined, ...args: string[]) {
  const console = textConsole();
  const code = await runCli(['conflicts', '--url', await serve(records), ...args], console);
  return { code, ...console.written };
}

const numbersOf = (out: string): number[] =>
  out
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { number: number }).number);

describe('conflicts', () => {
  test('one line each, in columns, newest last, bytes as Redis prints them', async () => {
    const { code, out } = await ask(sample);
    expect(code).toBe(0);
    expect(out).toMatchInlineSnapshot(`
      "2026-03-01T12:01:00.000Z  hash    0 "user:1" "name"  b over a  local-lost   "Grace"
      2026-03-01T12:02:00.000Z  delete  0 "bin\\x00\\xff"    b over a  remote-lost
      2026-03-01T12:03:00.000Z  12 further conflicts were not recorded
      2026-03-01T12:04:00.000Z  string  0 "gr\\xc3\\xbcn"    b over a  local-lost   2.0 KiB abc
      2026-03-01T12:05:00.000Z  stream  0 "s" "1-1"        b over a  moved        now 1-92
      "
    `);
  });

  test('--json: one object a line, text where bytes are text, else base64', async () => {
    const { out } = await ask(sample, '--json');
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toHaveLength(5);
    expect(lines[0]).toEqual({
      ...{ number: 1, at: '2026-03-01T12:01:00.000Z', kind: 'hash', outcome: 'local-lost', db: 0 },
      ...{ key: 'user:1', cell: 'name' },
      winner: { site: 'b', at: '2026-03-01T12:00:00.100Z', version: '9.1.0' },
      loser: { site: 'a', at: '2026-03-01T12:00:00.000Z', version: '8.2.0' },
      discarded: { bytes: 5, value: 'Grace' },
    });
    expect(lines[1]).toMatchObject({ keyBase64: 'YmluAP8=', discarded: null });
    expect(lines[2]).toEqual({ number: 3, at: '2026-03-01T12:03:00.000Z', unrecorded: 12 });
    expect(lines[3]).toMatchObject({ key: 'grün' });
  });

  test.each([
    [
      ['--key', 'user:*'],
      [1, 3],
    ],
    [
      ['--key', 'bin\\x00\\xff'],
      [2, 3],
    ],
    [
      ['--since', '2026-03-01T12:03:30Z'],
      [4, 5],
    ],
    [['--since', '1s'], []],
    [
      ['--limit', '2'],
      [4, 5],
    ],
    [['--key', 's', '--limit', '1'], [5]],
  ])('%s', async (args, numbers) => {
    expect(numbersOf((await ask(sample, '--json', ...args)).out)).toEqual(numbers);
  });

  test('many are read a part at a time', async () => {
    const many = Array.from({ length: 2500 }, (_, i) => conflict(i + 1));
    const { out } = await ask(many, '--json', '--limit', '10000');
    expect(numbersOf(out)).toEqual(many.map(({ number }) => number));
    const { out: text } = await ask(many, '--limit', '3');
    expect(text).toContain('(older ones left out: see --limit)\n');
    expect(text.trim().split('\n')).toHaveLength(4);
  });

  test('none', async () => {
    expect(await ask([])).toMatchObject({ code: 0, out: 'no conflicts on record\n' });
    expect(await ask([], '--json')).toMatchObject({ code: 0, out: '' });
  });

  test('secrets are taken out', async () => {
    const { out } = await ask([conflict(1, { discarded: { bytes: 7, value: 'hunter2' } })]);
    expect(out).toContain('"\\xe2\\x80\\xa6"');
    expect(out).not.toContain('hunter2');
  });
});

describe('what goes wrong', () => {
  test.each([
    [['--key', '[a'], 'key is no pattern: [a'],
    [['--since', 'yesterday'], 'since is no time: yesterday'],
    [['--limit', '0'], 'limit is not 1 to 10000: 0'],
    [['--limit', 'all'], 'limit is not 1 to 10000: all'],
  ])('%s is a usage error', async (args, message) => {
    const { code, err } = await ask(sample, ...args);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
    expect(err).toContain('Try: entwine conflicts --help');
  });

  test('the replicator is opening its log', async () => {
    const { code, err } = await ask(undefined);
    expect([code, err]).toEqual([12, expect.stringContaining('is not ready: the log is being opened')]);
  });

  test('the log has been closed, or is damaged', async () => {
    const closed: readonly AuditRecord[] = new Proxy([], {
      get: () => {
        throw new Error('The log is closed');
      },
    });
    const { code, err } = await ask(closed);
    expect([code, err]).toEqual([12, expect.stringContaining('the log cannot be read: The log is closed')]);
  });

  test('nobody answers', async () => {
    const console = textConsole();
    const options = { config: undefined, key: undefined, since: undefined, limit: undefined, json: false };
    expect(await conflictsCommand({ ...options, url: 'http://127.0.0.1:1' }, console)).toBe('unreachable');
    expect(console.written.err).toContain('http://127.0.0.1:1 does not answer (');
    expect(await conflictsCommand({ ...options, url: 'nope' }, console)).toBe('usage');
  });

  test('--config and --url exclude each other', async () => {
    const console = textConsole();
    expect(await runCli(['conflicts', '--config', 'f', '--url', 'http://h:1'], console)).toBe(2);
  });

  test('a parameter that nobody knows is named', async () => {
    const answer = await fetch(`${await serve([])}/conflicts?keys=x`);
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { error: 'no such parameter: keys; known: key, since, limit' },
    ]);
  });
});
