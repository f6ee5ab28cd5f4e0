import { standaloneMarkerKey } from '@entwine/core';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { RedisServer, temporaryFolder } from '../../apps/demo/src/lab/index.ts';
import { streamScript } from '../../packages/core/src/apply/stream-script.ts';

let server: RedisServer;
let client: Redis;

/** The fragment with nothing around it but what it needs. */
const script = `#!lua
local A, call, try, refused = ARGV, redis.call, redis.pcall, 0
local function failed(r) return type(r) == 'table' and r.err end
${streamScript}
local i = 1
while i <= #A do i = streamOp[A[i]](i) end
return 'ok:' .. refused`;

beforeAll(async () => {
  server = await RedisServer.start({ name: 'streams', folder: temporaryFolder('stream-script') });
  client = server.client();
});

afterAll(async () => {
  await server.stop();
});

beforeEach(async () => {
  await client.flushall();
});

/** Runs operations, twice: the second time must change nothing. */
async function apply(operations: string): Promise<unknown> {
  const words = operations.split(' ');
  const reply = await client.call('EVAL', script, '1', standaloneMarkerKey, ...words);
  const once = await held();
  await client.call('EVAL', script, '1', standaloneMarkerKey, ...words);
  expect(await held(), 'a second time changes nothing').toEqual(once);
  return reply;
}

const run = async (...lines: string[]): Promise<void> => {
  for (const line of lines) {
    const [name, ...args] = line.split(' ');
    await client.call(name!, ...args);
  }
};

type Info = Record<string, unknown>;
const pairs = (flat: unknown[]): Info =>
  Object.fromEntries(Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]));

/** All of stream `s` but its internals. */
async function held(): Promise<unknown> {
  if ((await client.type('s')) !== 'stream') return client.type('s');
  const info = pairs((await client.call('XINFO', 'STREAM', 's', 'FULL', 'COUNT', '0')) as unknown[]);
  return {
    entries: (info.entries as [string, string[]][]).map(([id, fields]) => `${id} ${fields.join(' ')}`),
    last: info['last-generated-id'],
    counts: [info.length, info['entries-added'], info['max-deleted-entry-id']],
    groups: (info.groups as unknown[][]).map((flat) => {
      const group = pairs(flat);
      const consumers = (group.consumers as unknown[][]).map((each) => {
        const { name, pending } = pairs(each);
        return `${name}: ${(pending as unknown[][]).map((p) => p.join(' ')).join(', ')}`;
      });
      return [group.name, group['last-delivered-id'], group['entries-read'], ...consumers];
    }),
  };
}

const entries = async (): Promise<string[]> => ((await held()) as { entries: string[] }).entries;

describe('an entry', () => {
  test('above the last ID is added', async () => {
    expect(await apply('xM s 1-1 2 a b xM s 5-0 4 a b c d')).toBe('ok:0');
    expect(await held()).toEqual({
      entries: ['1-1 a b', '5-0 a b c d'],
      last: '5-0',
      counts: [2, 2, '0-0'],
      groups: [],
    });
  });

  test('below it takes its place: groups, deliveries and the last ID stay', async () => {
    await run('XADD s 1-1 a 1', 'XADD s 3-1 a 3', 'XADD s 3-5 a 3', 'XADD s 9-1 a 9', 'XDEL s 9-1');
    await run('XGROUP CREATE s g 0', 'XREADGROUP GROUP g c COUNT 2 STREAMS s >');
    await run('XCLAIM s g c 0 1-1 3-1 TIME 1000 RETRYCOUNT 1');
    expect(await apply('xM s 3-2 2 late x xM s 1-0 2 first x xM s 18446744073709551615-3 2 z z')).toBe('ok:0');
    expect(await held()).toEqual({
      entries: ['1-0 first x', '1-1 a 1', '3-1 a 3', '3-2 late x', '3-5 a 3', '18446744073709551615-3 z z'],
      last: '18446744073709551615-3',
      counts: [6, 7, '9-1'],
      groups: [['g', '3-1', null, 'c: 1-1 1000 1, 3-1 1000 1']],
    });
  });

  test('below the last ID of an empty stream', async () => {
    await run('XADD s 9-1 a 9', 'XDEL s 9-1');
    await apply('xM s 3-2 2 late x');
    expect(await held()).toMatchObject({ entries: ['3-2 late x'], last: '9-1', counts: [1, 2, '9-1'] });
  });

  test('with other fields than the one that is there takes its place', async () => {
    await run('XADD s 1-1 a 1', 'XADD s 2-1 a 2', 'XADD s 3-1 a 3');
    await apply('xM s 2-1 2 b other xM s 3-1 2 b last xM s 2-9223372036854775809 2 a 2');
    expect(await held()).toMatchObject({
      entries: ['1-1 a 1', '2-1 b other', '2-9223372036854775809 a 2', '3-1 b last'],
      last: '3-1',
    });
  });

  test('comes back at the end of the greatest ID', async () => {
    const most = '18446744073709551615-18446744073709551615';
    await run(`XADD s ${most} a 1`, `XDEL s ${most}`);
    await apply(`xM s 1-1 2 a 1 xM s ${most} 2 a 1`);
    expect(await entries()).toEqual(['1-1 a 1', `${most} a 1`]);
  });

  test('takes the place of another type', async () => {
    await run('SET s v');
    await apply('xM s 2-1 2 a b');
    expect(await held()).toMatchObject({ entries: ['2-1 a b'] });
  });

  test('far down a long stream', async () => {
    const pipeline = client.pipeline();
    for (let n = 2; n < 5000; n++) pipeline.xadd('s', `${n}-0`, 'n', String(n));
    await pipeline.exec();
    await apply('xM s 1-5 2 late x');
    expect(await client.xlen('s')).toBe(4999);
    expect((await entries()).slice(0, 2)).toEqual(['1-5 late x', '2-0 n 2']);
  });

  test('that Lua cannot pass on is refused', async () => {
    expect(await apply(`xM s 1-1 8000 ${'x '.repeat(8000).trim()}`)).toBe('ok:1');
    expect(await held()).toBe('none');
  });
});

describe('removing', () => {
  test('an entry, the last one too, leaves the stream', async () => {
    await run('XADD s 1-1 a 1');
    await apply('xm s 1-1 xm s 7-7');
    expect(await held()).toMatchObject({ entries: [], last: '1-1' });
  });

  test('by a trim, which spares the newer', async () => {
    await run('XADD s 1-1 a 1', 'XADD s 2-1 a 2', 'XADD s 3-1 a 3', 'XADD s 4-1 a 4');
    await apply('xu s 3-1 1 2-1');
    expect(await entries()).toEqual(['2-1 a 2', '3-1 a 3', '4-1 a 4']);
    await apply('xu s 4-1 0');
    expect(await entries()).toEqual(['4-1 a 4']);
  });

  test('leaves other types and missing keys alone', async () => {
    expect(await apply('xm s 1-1 xu s 5-0 0 xu s 5-0 1 2-1 xg s g xk s g c xc s g c xp s g 1-1 xd s g 1-1 c 5 1')).toBe(
      'ok:0',
    );
    expect(await held()).toBe('none');
    await run('SET s v');
    await apply('xm s 1-1 xu s 5-0 0 xu s 5-0 1 2-1 xg s g xk s g c xc s g c xp s g 1-1 xd s g 1-1 c 5 1');
    expect(await held()).toBe('string');
  });
});

describe('the stream itself', () => {
  test('is made empty, and left alone when it is there', async () => {
    await apply('xo s');
    expect(await held()).toEqual({ entries: [], last: '0-0', counts: [0, 0, '0-0'], groups: [] });
    await apply('xM s 1-1 2 a b xo s');
    expect(await entries()).toEqual(['1-1 a b']);
  });

  test('its last ID is raised, never lowered', async () => {
    await apply('xl s 10-1');
    await apply('xl s 9-5 xl s 10-0');
    expect(await held()).toMatchObject({ last: '10-1' });
  });
});

describe('a group', () => {
  test('is made, set back, moved on but not back, destroyed', async () => {
    await apply('xG s g 5-0 -1');
    expect(await held()).toMatchObject({ groups: [['g', '5-0', null]] });
    await apply('xG s g 2-0 7');
    expect(await held()).toMatchObject({ groups: [['g', '2-0', expect.anything()]] });
    await apply('xV s g 1-0 xV s g 3-0 xV s h 9-0');
    expect(await held()).toMatchObject({
      groups: [
        ['g', '3-0', null],
        ['h', '9-0', null],
      ],
    });
    await apply('xg s g');
    expect(await held()).toMatchObject({ entries: [], groups: [['h', '9-0', null]] });
  });

  test('its deliveries have owners, which change and go', async () => {
    await apply('xM s 1-1 2 a 1 xM s 2-1 2 a 2 xG s g 0-0 -1 xV s g 1-1 xd s g 1-1 c 1000 3 xd s g 2-1 c 1000 1');
    expect(await held()).toMatchObject({ groups: [['g', '1-1', null, 'c: 1-1 1000 3, 2-1 1000 1']] });
    await apply('xd s g 1-1 e 900 1 xp s g 2-1 xc s g f');
    expect(await held()).toMatchObject({ groups: [['g', '1-1', null, 'c: ', 'e: 1-1 900 1', 'f: ']] });
    await apply('xk s g e');
    expect(await held()).toMatchObject({ groups: [['g', '1-1', null, 'c: ', 'f: ']] });
  });

  test('a delivery whose entry is gone goes as soon as it is given to somebody', async () => {
    await run('XADD s 1-1 a 1', 'XGROUP CREATE s g 0', 'XREADGROUP GROUP g c STREAMS s >', 'XDEL s 1-1');
    await apply('xd s g 1-1 c 1000 2 xd s g 3-1 new 1000 1');
    expect(await held()).toMatchObject({ entries: [], groups: [['g', '1-1', 1, 'c: ', 'new: ']] });
  });

  test('an entry that is replaced keeps its delivery', async () => {
    await run('XADD s 1-1 a 1', 'XGROUP CREATE s g 0', 'XREADGROUP GROUP g c STREAMS s >');
    await run('XCLAIM s g c 0 1-1 TIME 1000 RETRYCOUNT 1');
    await apply('xM s 1-1 2 b other');
    expect(await held()).toMatchObject({ entries: ['1-1 b other'], groups: [['g', '1-1', 1, 'c: 1-1 1000 1']] });
  });
});
