/**
 * Values as large as Redis takes them: a string of 512 MB, collections of a million elements, each in one command or in
 * many, arrive whole. Nothing is said of how fast; what it takes in memory is told.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import { type RedisServer, type Site, settled } from '../../apps/demo/src/lab/index.ts';
import { expectSame } from '../support/expect-that.ts';
import type { Figures, RunContext, Scenario } from '../support/scenario.ts';

/** What is read of a string at a time, in bytes. */
const pieceBytes = 16 * 1024 * 1024;
const perCommand = 1000;
const megabyte = 1024 * 1024;

export const hugeValues: Scenario = {
  name: 'huge-values',
  title: 'a string of 512 MB, a transaction with two large ones, collections of a million elements: all arrive whole',
  ciRuns: 1,
  fullRuns: 1,
  run: async (context) => {
    const mesh = await context.start({ names: ['a', 'b'], withReplicas: false, redisArgs: serverArgs });
    const [a, b] = [mesh.site('a'), mesh.site('b')];
    const bytes = (context.full ? 512 : 40) * megabyte;
    const elements = context.full ? 1_000_000 : 20_000;
    const sums = new Map<string, string>();

    await step(context, mesh.sites, 'a string', async () => {
      sums.set('string', await writeString(a.master, 'string', pattern(bytes, context.seed)));
    });
    await step(context, mesh.sites, 'a string overwritten, by the other site', async () => {
      sums.set('string', await writeString(b.master, 'string', pattern(bytes, context.seed + 1)));
    });
    await step(context, mesh.sites, 'a transaction of two strings', async () => {
      const [one, two] = [pattern(bytes / 4, context.seed + 2), pattern(bytes / 4, context.seed + 3)];
      await a.master.with((client) => client.multi().set('first', one).set('second', two).exec());
      sums.set('first', hash(one));
      sums.set('second', hash(two));
    });
    for (const [name, all] of Object.entries({ whole: elements, many: perCommand })) {
      for (const [kind, command, words] of collections) {
        await step(context, mesh.sites, `a ${kind} of ${elements}, ${all} in a command`, () =>
          writeCollection(a.master, `${kind}:${name}`, command, elements, all, words),
        );
      }
    }
    await step(context, mesh.sites, 'a large string made small, and others deleted', () =>
      b.master.with((client) => client.multi().set('string', 'small').del('first', 'hash:whole').exec()),
    );
    sums.set('string', hash(Buffer.from('small')));
    sums.delete('first');

    const keys = await compare(a.master, b.master, sums);
    return { bytes, elements, keys, ...(await memory(mesh.sites)) };
  },
};

/** Redis' default limit, above which a server hangs up on a replica, and the backlog that raises it. */
const serverArgs: readonly string[] = [
  ...['--client-output-buffer-limit', 'replica 256mb 64mb 60'],
  ...['--repl-backlog-size', '1gb'],
  ...['--enable-debug-command', 'local'],
];

/** By kind: the command that adds elements, and the words for an element. */
const collections: readonly (readonly [string, string, (i: number) => string[]])[] = [
  ['hash', 'HSET', (i) => [`field:${i}`, `value ${i}`]],
  ['set', 'SADD', (i) => [`member:${i}`]],
  ['zset', 'ZADD', (i) => [String(i / 2), `member:${i}`]],
];

async function step(
  context: RunContext,
  sites: readonly Site[],
  what: string,
  write: () => Promise<unknown>,
): Promise<void> {
  const started = performance.now();
  await write();
  const written = performance.now();
  await settled(sites, 300_000);
  const [writing, settling] = [written - started, performance.now() - written];
  const used = sites.map((site) => `${site.name} ${megabytesOf(site.replicator.pid, 'VmRSS')} MB`).join(', ');
  context.log(`${what}: written in ${writing.toFixed(0)} ms, settled after ${settling.toFixed(0)} ms; ${used}`);
}

async function writeString(server: RedisServer, key: string, value: Buffer): Promise<string> {
  await server.with((client) => client.set(key, value));
  return hash(value);
}

async function writeCollection(
  server: RedisServer,
  key: string,
  command: string,
  elements: number,
  inCommand: number,
  words: (i: number) => string[],
): Promise<void> {
  await server.with(async (client) => {
    for (let from = 0; from < elements; from += inCommand) {
      const args = [key];
      for (let i = from; i < Math.min(elements, from + inCommand); i++) for (const word of words(i)) args.push(word);
      await client.call(command, args);
    }
  });
}

/** Digests by the servers of every key, and our own of the strings, against what was written. */
async function compare(one: RedisServer, other: RedisServer, sums: ReadonlyMap<string, string>): Promise<number> {
  const keys = (await one.with((client) => client.keys('*'))).filter((key) => !key.startsWith('entwine:')).sort();
  const others = await other.with((client) => client.keys('*'));
  expectSame(
    'keys',
    others
      .filter((key) => !key.startsWith('entwine:'))
      .sort()
      .join(),
    keys.join(),
  );
  for (const key of keys) {
    const digests = await Promise.all(
      [one, other].map((server) => server.with((client) => client.call('DEBUG', 'DIGEST-VALUE', key))),
    );
    expectSame(`digest of ${key}`, String(digests[1]), String(digests[0]));
  }
  for (const [key, sum] of sums) {
    for (const server of [one, other]) {
      expectSame(`${key} at ${server.name}`, await server.with((client) => hashOf(client, key)), sum);
    }
  }
  return keys.length;
}

async function hashOf(client: Redis, key: string): Promise<string> {
  const digest = createHash('sha256');
  const length = await client.strlen(key);
  for (let at = 0; at < length; at += pieceBytes) {
    digest.update(await client.getrangeBuffer(key, at, at + pieceBytes - 1));
  }
  return digest.digest('hex');
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Bytes that follow from a seed and repeat nowhere near. */
function pattern(length: number, seed: number): Buffer {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = seed | 1;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return Buffer.from(words.buffer, 0, length);
}

async function memory(sites: readonly Site[]): Promise<Figures> {
  const figures: Record<string, number> = {};
  for (const { name, replicator, master } of sites) {
    figures[`replicatorPeakMegabytes_${name}`] = megabytesOf(replicator.pid, 'VmHWM');
    const peak = (await master.info('memory')).get('used_memory_peak');
    figures[`redisPeakMegabytes_${name}`] = Math.round(Number(peak) / megabyte);
  }
  return figures;
}

function megabytesOf(pid: number, field: string): number {
  const line = readFileSync(`/proc/${pid}/status`, 'utf8').match(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm'));
  return Math.round(Number(line?.[1] ?? 0) / 1024);
}
