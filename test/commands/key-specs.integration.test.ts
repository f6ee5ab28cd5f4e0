/** What key specs find is what the server itself finds, for an example of each write command. */
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RedisServer, temporaryFolder } from '../../apps/demo/src/lab/index.ts';
import { isComplete, keysOf } from '../../packages/core/src/commands/key-spec.ts';
import { commandsOf } from '../../packages/core/test-support/commands.ts';
import { specsOfEntry } from '../../packages/redis/src/commands/key-specs-of.ts';
import { examples } from './examples.ts';

let server: RedisServer;
let client: Redis;

beforeAll(async () => {
  server = await RedisServer.start({ name: 'specs', folder: temporaryFolder('key-specs') });
  client = server.client();
});

afterAll(async () => {
  await server?.stop();
});

const lines = [
  ...new Set(examples.flat()),
  ...['XREAD COUNT 1 STREAMS a b 0 0', 'ZUNION 2 a b WEIGHTS 1 2', 'EVAL code 2 a b c', 'OBJECT ENCODING k'],
  ...['MIGRATE host 6379 k 0 1000', 'LCS a b', 'MEMORY USAGE k', 'FCALL f 1 a 9', 'XINFO GROUPS k'],
];

test.each(lines)('%s', async (line) => {
  const words = line.split(' ');
  const [name, sub] = [words[0]!, `${words[0]}|${words[1]}`];
  const found = (await client.call('COMMAND', 'INFO', sub, name)) as (unknown[] | null)[];
  const entry = found.find((one) => one !== null);
  if (entry === undefined) return;
  const specs = specsOfEntry(entry);
  const all = specs.map((spec) => ({ ...spec, readOnly: false }));
  const theirs = await client.call('COMMAND', 'GETKEYS', ...words).then(
    (keys) => keys as string[],
    () => [],
  );
  const ours = keysOf(commandsOf(words)[0]!, all);
  if (!all.every(isComplete)) expect(theirs).toEqual(expect.arrayContaining(ours));
  else expect(ours.toSorted()).toEqual(theirs.toSorted());
});
