import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { compareServers } from './compare.ts';
import { RedisServer } from './redis-server.ts';
import { temporaryFolder } from './temporary.ts';
import { waitFor } from './wait.ts';

let a: RedisServer;
let b: RedisServer;

beforeAll(async () => {
  const folder = temporaryFolder('compare');
  a = await RedisServer.start({ name: 'a', folder });
  b = await RedisServer.start({ name: 'b', folder });
});

afterAll(async () => {
  await Promise.all([a.stop(), b.stop()]);
});

beforeEach(async () => {
  for (const server of [a, b]) {
    await server.with(async (client) => {
      await client.flushall();
      await client.call('FUNCTION', 'FLUSH');
    });
  }
});

/** The same commands at both servers. */
async function both(...commands: (string | Buffer)[][]): Promise<void> {
  for (const server of [a, b]) {
    await server.with(async (client) => {
      for (const [name = '', ...args] of commands) await client.call(String(name), ...args);
    });
  }
}

/** One command at one server. */
async function at(server: RedisServer, name: string, ...args: (string | Buffer)[]): Promise<void> {
  await server.with((client) => client.call(name, ...args));
}

const everyType: (string | Buffer)[][] = [
  ['SET', Buffer.from([0xff, 0x00, 0x80]), Buffer.from([0xc3, 0x28])],
  ['HSET', 'h', 'f', '1', 'g', '2'],
  ['SADD', 's', 'x', 'y'],
  ['ZADD', 'z', '1.5', 'x', '-inf', 'y'],
  ['RPUSH', 'l', 'x', 'y'],
  ['XADD', 'stream', '1-1', 'f', 'v'],
  ['XADD', 'stream', '2-1', 'f', 'v'],
  ['XGROUP', 'CREATE', 'stream', 'g', '0'],
  ['XREADGROUP', 'GROUP', 'g', 'c', 'COUNT', '1', 'STREAMS', 'stream', '>'],
  ['PFADD', 'visits', 'x', 'y', 'z'],
  ['FUNCTION', 'LOAD', "#!lua name=lib\nredis.register_function('f', function() return 1 end)"],
  ['SET', 'later', '1', 'PXAT', '4102444800000'],
  ['SELECT', '3'],
  ['SET', 'k', 'v'],
];

describe('what is equal', () => {
  test('every type in every database', async () => {
    await both(...everyType);
    expect(await compareServers([a, b])).toMatchObject({ keys: 9, expiries: 1, differing: 0, differences: [] });
  });

  test('hashes and sets in another order and encoding', async () => {
    await both(['SADD', 's', '1', '2', '3']);
    await at(b, 'SADD', 's', 'text');
    await at(b, 'SREM', 's', 'text');
    expect((await compareServers([a, b])).differing).toBe(0);
  });

  test('the estimate cached in a HyperLogLog, and its encoding', async () => {
    await both(['PFADD', 'visits', 'x', 'y', 'z']);
    await at(a, 'PFCOUNT', 'visits');
    await at(b, 'PFDEBUG', 'TODENSE', 'visits');
    expect((await compareServers([a, b])).differing).toBe(0);
  });

  test('when and how often entries of a stream were delivered, and consumers with nothing pending', async () => {
    await both(...everyType);
    await at(b, 'XCLAIM', 'stream', 'g', 'c', '0', '1-1', 'IDLE', '1000', 'RETRYCOUNT', '5');
    await at(b, 'XGROUP', 'CREATECONSUMER', 'stream', 'g', 'idle');
    expect((await compareServers([a, b])).differing).toBe(0);
  });

  test('bookkeeping keys are left out', async () => {
    await at(a, 'HSET', 'entwine:{1}', 'f', 'v');
    expect(await compareServers([a, b])).toMatchObject({ keys: 0, differing: 0 });
  });

  test('a key that has expired at one and is gone at the other', async () => {
    await both(['SET', 'k', 'v']);
    await at(a, 'SET', 'gone', 'v', 'PX', '1');
    await waitFor('the millisecond is over', async () => (await a.with((client) => client.pttl('gone'))) < 0);
    expect(await compareServers([a, b])).toMatchObject({ keys: 1, differing: 0 });
  });
});

describe('what differs', () => {
  const cases: [string, string[], string][] = [
    ['a value', ['HSET', 'h', 'f', 'other'], 'db 0 key "h" (hash) "f": "1" at a, "other" at b'],
    ['a field too many', ['HSET', 'h', 'more', '1'], 'db 0 key "h" (hash) "more": absent at a, "1" at b'],
    ['a member missing', ['SREM', 's', 'x'], 'db 0 key "s" (set) "x": "present" at a, absent at b'],
    ['a score', ['ZADD', 'z', '1.25', 'x'], 'db 0 key "z" (zset) "x": "1.5" at a, "1.25" at b'],
    [
      'an expiry by one ms',
      ['PEXPIREAT', 'later', '4102444800001'],
      'expiry 4102444800000 at a, expiry 4102444800001 at b',
    ],
    ['an expiry', ['PERSIST', 'later'], 'expiry 4102444800000 at a, no expiry at b'],
    ['the order of a list', ['LMOVE', 'l', 'l', 'LEFT', 'RIGHT'], 'db 0 key "l" (list) "0": "x" at a, "y" at b'],
    ['a list too long', ['RPUSH', 'l', 'z'], 'db 0 key "l" (list) "2": absent at a, "z" at b'],
    ['an entry missing', ['XDEL', 'stream', '2-1'], '(stream) "entry 2-1": "\\"f\\" \\"v\\"" at a, absent at b'],
    ['an entry too many', ['XADD', 'stream', '3-1', 'f', 'v'], '(stream) "last id": "2-1" at a, "3-1" at b'],
    ['a last ID', ['XSETID', 'stream', '9-9'], '(stream) "last id": "2-1" at a, "9-9" at b'],
    ['a group missing', ['XGROUP', 'DESTROY', 'stream', 'g'], '(stream) "group g": "1-1" at a, absent at b'],
    ["a group's place", ['XGROUP', 'SETID', 'stream', 'g', '2-1'], '(stream) "group g": "1-1" at a, "2-1" at b'],
    ['an entry acknowledged', ['XACK', 'stream', 'g', '1-1'], '"pending g 1-1": "c" at a, absent at b'],
    ['whose an entry is', ['XCLAIM', 'stream', 'g', 'd', '0', '1-1', 'JUSTID'], '"pending g 1-1": "c" at a, "d" at b'],
    ['what a HyperLogLog holds', ['PFADD', 'visits', 'q'], 'db 0 key "visits" (string) ""'],
    ['a function', ['FUNCTION', 'DELETE', 'lib'], 'function library lib'],
    ['a key missing', ['DEL', 'l'], 'db 0 key "l": list at a, none at b'],
    ['a key too many', ['SET', 'extra', '1'], 'db 0 key "extra": none at a, string at b'],
  ];
  test.each(cases)('%s', async (_title, [name = '', ...args], said) => {
    await both(...everyType);
    await at(b, name, ...args);
    const comparison = await compareServers([a, b]);
    expect(comparison.differing).toBe(1);
    expect(comparison.differences.join('\n')).toContain(said);
  });

  test('the third server is compared too', async () => {
    await both(['SET', 'k', 'v']);
    expect((await compareServers([a, b, a])).differing).toBe(0);
    await at(b, 'SET', 'k', 'w');
    expect((await compareServers([a, a, b])).differences).toEqual([
      'db 0 key "k" (string) "": "v" at a, "v" at a, "w" at b',
    ]);
  });
});
