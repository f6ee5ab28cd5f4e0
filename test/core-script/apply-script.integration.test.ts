import { argumentText, type Command, expiryGraceMs, Shadow, StreamDecoder, standaloneMarkerKey } from '@entwine/core';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { RedisServer, temporaryFolder, waitFor } from '../../apps/demo/src/lab/index.ts';
import { type Held, Keyspace } from '../../packages/core/test-support/keyspace.ts';
import { StreamTail } from '../support/stream-tail.ts';
import { anyKeepingOperations, anyOperations } from './arbitrary-operations.ts';
import { ScriptBench } from './script-bench.ts';

let server: RedisServer;
let client: Redis;
let bench: ScriptBench;

beforeAll(async () => {
  server = await RedisServer.start({ name: 'script', folder: temporaryFolder('core-script') });
  client = server.client();
  bench = new ScriptBench(client);
});

afterAll(async () => {
  await server.stop();
});

beforeEach(async () => {
  await client.config('SET', 'maxmemory', '0');
  await bench.reset();
});

test('any operations make the keyspace and the replies that the table says', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(anyOperations, anyKeepingOperations), { minLength: 1, maxLength: 4 }),
      async (calls) => {
        await bench.reset();
        const model = new Keyspace();
        for (const operations of calls) {
          const refused = model.apply(operations);
          expect(await bench.call(operations)).toBe(`ok:${refused}`);
          expect(await bench.readout()).toEqual(model.readout());
        }
      },
    ),
    { numRuns: 250 },
  );
});

describe('the check phase', () => {
  const write = ['S', 'k', 'v'];
  const keys = async () => [await bench.readout(), await bench.marker()];

  test('the markers move with the operations', async () => {
    expect(await bench.raw(['b/main/1', '', 'p1', 'own', '', 'o1', ...write])).toBe('ok:0');
    expect(await keys()).toEqual([{ '0 k': 'string {""="v"}' }, { 'b/main/1': 'p1', own: 'o1' }]);
    expect(await bench.raw(['b/main/1', 'p1', 'p2', 'own', 'o1', 'o2', 'X', 'k'], true)).toBe('ok:0');
    expect(await keys()).toEqual([{}, { 'b/main/1': 'p2', own: 'o2' }]);
  });

  test.each([
    ['the own field is another', ['', '', '', 'own', 'o0', 'o2'], 'own:o1'],
    ['the own field is there', ['', '', '', 'own', '', 'o2'], 'own:o1'],
    ['the peer field is another', ['b/main/1', 'p0', 'p2', 'own', 'o1', 'o2'], 'peer:p1'],
    ['the peer field is there', ['b/main/1', '', 'p2', 'own', 'o1', 'o2'], 'peer:p1'],
    ['the peer field is missing', ['c/main/1', 'p0', 'p2', 'own', 'o1', 'o2'], 'peer:'],
    ['both are others', ['b/main/1', 'p0', 'p2', 'own', 'o0', 'o2'], 'own:o1'],
  ])('%s: nothing is written', async (_why, marker, reply) => {
    await bench.raw(['b/main/1', '', 'p1', 'own', '', 'o1', ...write]);
    const before = await keys();
    for (const freeing of [false, true])
      expect(await bench.raw([...marker, 'S', 'k', 'w', 'X', 'k'], freeing)).toBe(reply);
    expect(await keys()).toEqual(before);
  });

  test('G4 exact effects: a copy of a call that comes late does nothing', async () => {
    const call = ['b/main/1', '', 'p1', 'own', '', 'o1', 'I', 'k', '5'];
    expect(await bench.raw(call)).toBe('ok:0');
    expect(await bench.raw(call)).toBe('own:o1');
    expect(await client.get('k')).toBe('5');
  });

  test('a marker that is no hash is replaced by who expects none, and told to others', async () => {
    await client.set(standaloneMarkerKey, 'user');
    expect(await bench.raw(['', '', '', 'own', 'o1', 'o2', ...write])).toBe('type');
    expect([await client.get(standaloneMarkerKey), await client.exists('k')]).toEqual(['user', 0]);
    expect(await bench.raw(['', '', '', 'own', '', 'o1', ...write])).toBe('ok:0');
    expect(await keys()).toEqual([{ '0 k': 'string {""="v"}' }, { own: 'o1' }]);
  });
});

describe('what a server refuses', () => {
  test('above maxmemory nothing is written, not even the marker', async () => {
    await client.set('old', 'x');
    await bench.call([]);
    await client.config('SET', 'maxmemory', '1');
    const { own } = bench;
    expect(await bench.call(['H', 'h', 'f', 'v', 'S', 'k', 'v'])).toMatch(/OOM/);
    expect([await bench.readout(), await bench.marker()]).toEqual([{ '0 old': 'string {""="x"}' }, { own }]);
  });

  test('calls that only free memory run above maxmemory', async () => {
    await bench.call(['S', 'k', 'v', 'H', 'h', 'f', 'v', 'H', 'h', 'g', 'v']);
    await client.config('SET', 'maxmemory', '1');
    expect(await bench.call(['X', 'k', 'h', 'h', 'f'], true)).toBe('ok:0');
    expect(await bench.readout()).toEqual({ '0 h': 'hash {"g"="v"}' });
  });

  test('a replica takes nothing', async () => {
    await client.replicaof('127.0.0.1', '1');
    try {
      expect(await bench.call(['S', 'k', 'v'])).toMatch(/READONLY/);
    } finally {
      await client.replicaof('NO', 'ONE');
    }
  });
});

describe('what the data refuses', () => {
  test('is counted, and the rest is written', async () => {
    await bench.call(['S', 'text', 'x', 'S', 'full', '9223372036854775807', 'H', 'h', 'f', 'x', 'Z', 'z', 'inf', 'm']);
    const refused = ['I', 'text', '1', 'I', 'full', '1', 'J', 'h', 'f', '1', 'Y', 'z', '-inf', 'm'];
    expect(await bench.call([...refused, 'R', 's', 'text', '', '1', '', 'S', 'k', 'v'])).toBe('ok:5');
    expect(await bench.readout()).toEqual({
      '0 full': 'string {""="9223372036854775807"}',
      '0 h': 'hash {"f"="x"}',
      '0 k': 'string {""="v"}',
      '0 text': 'string {""="x"}',
      '0 z': 'zset {"m"="Infinity"}',
    });
  });

  test('a sum beyond 64 bits is counted, and stays at their end', async () => {
    const [most, least] = ['9223372036854775807', '-9223372036854775808'];
    await bench.call([
      'S',
      's',
      '70',
      'E',
      's',
      '4000000000000',
      'H',
      'h',
      'up',
      '70',
      'H',
      'h',
      'down',
      '-70',
      'S',
      'r',
      '-1',
    ]);
    expect(await bench.call(['I', 's', most, 'J', 'h', 'up', most, 'J', 'h', 'down', least])).toBe('ok:3');
    expect(await bench.call(['R', 's', 'r', '', least, '', 'R', 'h', 'h', 'down', '-1', ''])).toBe('ok:2');
    expect(await bench.readout()).toEqual({
      '0 h': `hash {"down"="${least}" "up"="${most}"}`,
      '0 r': `string {""="${least}"}`,
      '0 s': `string {""="${most}"} until 4000000000000`,
    });
  });

  test('a key of another type gives way to a write, and is left alone by a removal', async () => {
    await bench.call(['A', 's', 'm', 'Z', 'z', '1', 'm', 'H', 'h', 'f', 'v', 'S', 'k', 'v']);
    expect(await bench.call(['h', 's', 'm', 'a', 'z', 'm', 'z', 'h', 'f', 'h', 'k', ''])).toBe('ok:0');
    expect(Object.keys(await bench.readout())).toHaveLength(4);
    expect(await bench.call(['H', 's', 'f', 'v', 'A', 'z', 'm', 'I', 'h', '3', 'Y', 'k', '2', 'm'])).toBe('ok:0');
    expect(await bench.readout()).toEqual({
      '0 h': 'string {""="3"}',
      '0 k': 'zset {"m"="2"}',
      '0 s': 'hash {"f"="v"}',
      '0 z': 'set {"m"="true"}',
    });
  });

  test('an unknown operation is an error', async () => {
    expect(await bench.call(['?'])).toContain('unknown operation');
  });
});

test('an expiry that has passed becomes a short one', async () => {
  const started = Date.now();
  await bench.call([
    'T',
    't',
    'v',
    '1000',
    'S',
    'e',
    'v',
    'E',
    'e',
    String(started - 1),
    'T',
    'f',
    'v',
    '4000000000000',
  ]);
  for (const [key, told] of [
    ['t', 1000],
    ['e', started - 1],
  ] as const) {
    const at = Number(await client.call('PEXPIRETIME', key));
    expect((at - told) % expiryGraceMs, 'whole steps, so that all sites come to the same').toBe(0);
    expect(at).toBeGreaterThan(started);
    expect(at).toBeLessThanOrEqual(Date.now() + expiryGraceMs);
  }
  expect(await client.call('PEXPIRETIME', 'f')).toBe(4_000_000_000_000);
});

describe('the stream echo', () => {
  test('our deletes name their key twice', async () => {
    const seen: string[][] = [];
    const tail = await StreamTail.commands(server, (command) => seen.push(command));
    await bench.call(['S', 'k', 'v', 'X', 'k', 'A', 's', 'm', 'H', 's', 'f', 'v', 'R', 's', 'n', '', '1', '']);
    await bench.call(['R', 's', 'n', '', '1', '1']);
    await client.set('end', '1');
    await waitFor('the end is seen', () => seen.some((command) => command[1] === 'end'));
    tail.close();
    expect(seen.filter(([name]) => /unlink|del/i.test(name!))).toEqual([
      ['UNLINK', 'k', 'k'],
      ['UNLINK', 's', 's'],
      ['UNLINK', 'n', 'n'],
    ]);
  });

  test('read along, it says what the keyspace holds', async () => {
    const stream: Buffer[] = [];
    const tail = await StreamTail.attach(server, (bytes) => stream.push(bytes));
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(anyOperations, { minLength: 1, maxLength: 4 }), async (calls) => {
        await bench.reset();
        stream.length = 0;
        await client.select(0);
        for (const operations of calls) await bench.call(operations);
        const held = await bench.readout();
        const end = `end ${++run}`;
        await client.publish('end', end);
        await waitFor('the end is seen', () => Buffer.concat(stream).includes(end), { everyMs: 1 });
        expect(readAlong(Buffer.concat(stream))).toEqual(withoutExpiries(held));
      }),
      { numRuns: 100 },
    );
    tail.close();
  });
});

/** What the stream's commands make of keys that began empty. Expiries are left out: an emptied key loses its own unseen. */
function readAlong(bytes: Buffer): Record<string, string> {
  const decoder = new StreamDecoder(0);
  decoder.push(Uint8Array.from(bytes));
  const shadows = new Map<string, Shadow>();
  let db = '0';
  for (let next = decoder.next(); next !== undefined; next = decoder.next()) {
    if ('code' in next) throw new Error(next.message);
    if (next.name === 'SELECT') db = argumentText(next, 1);
    else if (hasKey(next)) {
      const id = `${db} ${argumentText(next, 1)}`;
      const shadow = shadows.get(id) ?? emptyShadow();
      shadows.set(id, shadow);
      shadow.echo([next], (_kind, _field, added) => added, []);
    } else if (next.name === 'FLUSHALL') shadows.clear();
  }
  const lines = [...shadows].flatMap(([id, shadow]): [string, string][] => {
    const cells = [...shadow.cells.values()].filter(({ known }) => known !== null);
    const text = (value: Held | Uint8Array): string =>
      value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value);
    const shown = cells.map(
      ({ field, known }) => `${JSON.stringify(field)}=${JSON.stringify(text(known as Held | Uint8Array))}`,
    );
    return cells.length === 0 ? [] : [[id, `{${shown.sort().join(' ')}}`]];
  });
  return Object.fromEntries(lines.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const dataless = ['MULTI', 'EXEC', 'PING', 'PUBLISH', 'FLUSHALL', 'SELECT', 'REPLCONF'];
const hasKey = (command: Command): boolean =>
  !dataless.includes(command.name) && argumentText(command, 1) !== standaloneMarkerKey;

function emptyShadow(): Shadow {
  const shadow = new Shadow();
  shadow.local({ type: 'delete', db: 0, index: 0, key: '' });
  return shadow;
}

function withoutExpiries(readout: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(readout).map(([id, line]) => [id, line.slice(line.indexOf(' ') + 1).replace(/ until \d+$/, '')]),
  );
}
