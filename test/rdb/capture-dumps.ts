/**
 * Captures the golden payloads of the codec's tests from a live server.
 *
 *     node_modules/.bin/node --conditions=@entwine/source test/rdb/capture-dumps.ts
 *
 * Starts the server that ENTWINE_REDIS_SERVER names, makes a key of every type and encoding that it has, and writes
 * `<product>-<major.minor>.ndjson`: the server, then a line for each key, what DUMP answers and what commands read. The codec has no part
 * in that. Two captures differ in times and, where a server hashes by a seed, in order.
 */
import { writeFileSync } from 'node:fs';
import { RedisServer, temporaryFolder } from '../../apps/demo/src/lab/index.ts';
import type { Recipe, Word } from './any-key.ts';
import { readKey } from './read-key.ts';

const folder = new URL('../../packages/rdb/src/fixtures/', import.meta.url);
const expiry = 4_000_000_000_000;
const many = (count: number, word: (i: number) => Word): Word[] => Array.from({ length: count }, (_, i) => word(i));
const binary = Buffer.from(many(256, (i) => i) as number[]);
const integers = ['0', '63', '127', '128', '-1', '4095', '-4096', '4096', '32767', '-32768', '32768', '8388607'];
const wide = ['-8388608', '8388608', '2147483647', '2147483648', '9007199254740993', '-9223372036854775808'];
const texts = ['', 'text', 'x'.repeat(64), 'y'.repeat(5000), binary];
const scores = ['1', '-7', '0.1', 'inf', '-inf', '1e300', '5e-324', '4503599627370497', '-0'];

/** Makes of a stream all that it can have. */
const stream: Recipe = [
  ...many(250, (i) => i).map((i): Word[] => ['XADD', 'k', `1-${Number(i) + 1}`, 'name', Number(i), 'other', 'value']),
  ['XADD', 'k', '18446744073709551614-18446744073709551614', 'alone', binary],
  ['XDEL', 'k', '1-1', '1-2', '1-120'],
  ['XGROUP', 'CREATE', 'k', 'all', '0'],
  ['XGROUP', 'CREATE', 'k', 'new', '$'],
  ['XREADGROUP', 'GROUP', 'all', 'one', 'COUNT', '5', 'STREAMS', 'k', '>'],
  ['XREADGROUP', 'GROUP', 'all', 'two', 'COUNT', '3', 'STREAMS', 'k', '>'],
  ['XACK', 'k', 'all', '1-4'],
  ['XCLAIM', 'k', 'all', 'two', '0', '1-5', 'RETRYCOUNT', '70000'],
  ['XGROUP', 'CREATECONSUMER', 'k', 'all', 'idle'],
];

const fields = many(3, (i) => `field ${i}`);
const manyFields = many(40, (i) => `field ${i}`);
/** What a server does not pack. */
const tooLong: Word[] = ['HSET', 'k', 'long', 'v'.repeat(100)];
const expiring = (names: readonly Word[]): Recipe => [
  ['HSET', 'k', ...names.flatMap((name) => [name, 'value'])],
  ['HPEXPIREAT', 'k', expiry, 'FIELDS', '1', names[0]!],
  ['HPEXPIREAT', 'k', expiry + 12_345, 'FIELDS', '1', names[2]!],
];

const recipes: Readonly<Record<string, Recipe>> = {
  text: [['SET', 'k', 'hello']],
  'an empty text': [['SET', 'k', '']],
  bytes: [['SET', 'k', binary]],
  ...Object.fromEntries(
    [...integers, ...wide].map((word): [string, Recipe] => [`integer ${word}`, [['SET', 'k', word]]]),
  ),
  'a compressed text': [['SET', 'k', `${'abcdefgh'.repeat(40)}end`]],
  'a text of 1,500 bytes': [['SET', 'k', Buffer.concat(many(6, () => binary.subarray(0, 250)) as Buffer[])]],
  'a list': [['RPUSH', 'k', ...integers, ...wide, ...texts]],
  'a list of several nodes': [['RPUSH', 'k', ...many(400, (i) => `element ${i}`)]],
  'a list with a plain node': [
    ['DEBUG', 'QUICKLIST-PACKED-THRESHOLD', '100b'],
    ['RPUSH', 'k', 'before', 'p'.repeat(200), 'after'],
    ['DEBUG', 'QUICKLIST-PACKED-THRESHOLD', '0'],
  ],
  'a set of 16-bit integers': [['SADD', 'k', '1', '-300', '32767']],
  'a set of 32-bit integers': [['SADD', 'k', '1', '-70000', '2147483647']],
  'a set of 64-bit integers': [['SADD', 'k', '1', '-70000', ...wide]],
  'a packed set': [['SADD', 'k', 'a', 'b', '17', binary.subarray(0, 60)]],
  'a large set': [['SADD', 'k', ...many(300, (i) => `member ${i}`)]],
  'a packed sorted set': [['ZADD', 'k', ...scores.flatMap((score, i) => [score, `member ${i}`])]],
  'a large sorted set': [['ZADD', 'k', ...scores.flatMap((s, i) => [s, `member ${i}`]), '2', 'z'.repeat(100)]],
  'a packed hash': [['HSET', 'k', 'a', '1', 'b', 'two', '3', binary.subarray(0, 60)]],
  'a large hash': [tooLong, ['HSET', 'k', ...manyFields.flatMap((name, i) => [name, i])]],
  'a packed hash with expiries': expiring(fields),
  'a large hash with expiries': [tooLong, ...expiring(manyFields)],
  'a stream': stream,
  'an empty stream': [
    ['XADD', 'k', '5-1', 'a', 'b'],
    ['XTRIM', 'k', 'MAXLEN', '0'],
  ],
  'a stream with producers': [
    ['XADD', 'k', 'IDMP', 'producer', 'message-1', '*', 'a', 'b'],
    ['XADD', 'k', 'IDMP', 'producer', 'message-1', '*', 'a', 'b'],
    ['XADD', 'k', 'IDMP', 'producer', 'message-2', '*', 'a', 'c'],
    ['XADD', 'k', 'IDMP', 'another', 'message-1', '*', 'a', 'd'],
  ],
};

const args = ['--enable-debug-command', 'yes', '--list-compress-depth', '1', '--list-max-listpack-size', '100'];
const server = await RedisServer.start({ name: 'capture', folder: temporaryFolder('capture'), args });
try {
  const client = server.client();
  const info = await server.info('server');
  const version = info.get('valkey_version') ?? info.get('redis_version')!;
  const name = `${info.has('valkey_version') ? 'valkey' : 'redis'}-${version.split('.').slice(0, 2).join('.')}`;
  const dumps = [];
  for (const [title, recipe] of Object.entries(recipes)) {
    await client.flushall();
    const answers = await client.pipeline(recipe.map(([command, ...words]) => ['call', command!, ...words])).exec();
    const refused = answers!.find(([error]) => error !== null);
    // What this version does not have is not captured.
    if (refused !== undefined) console.log(`${title}: ${refused[0]!.message}`);
    else
      dumps.push({
        title,
        payload: (await client.dumpBuffer('k'))!.toString('base64'),
        value: await readKey(client, 'k'),
      });
  }
  const lines = [{ server: version }, ...dumps].map((one) => `${JSON.stringify(one)}\n`);
  writeFileSync(new URL(`${name}.ndjson`, folder), lines.join(''));
  console.log(`${name}.ndjson: ${dumps.length} keys (server pid ${server.pid})`);
} finally {
  await server.stop();
}
process.exit(0);
