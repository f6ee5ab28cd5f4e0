/**
 * What a model propagates makes the same keys at a replica as at the master, whatever the commands, however time passes, and
 * wherever the stream is cut.
 */
import { expect, test } from 'vitest';
import { freshSeed, Random } from '../../apps/demo/src/lab/index.ts';
import { answerPsync, ModelReplica, RedisModel } from '../../packages/testkit/src/index.ts';
import { hasExpired } from '../../packages/testkit/src/redis-model/keyspace.ts';
import type { ModelValue } from '../../packages/testkit/src/redis-model/values.ts';
import type { Kind, Payloads } from '../differential/draw.ts';
import { randomCommands } from './random-commands.ts';

const first = Number(process.env.ENTWINE_SEED ?? freshSeed());
const runs = Number(process.env.ENTWINE_RUNS ?? 5);
const start = 1_800_000_000_000;

test.each(Array.from({ length: runs }, (_, run) => first + run))('seed %d', (seed) => {
  const random = new Random(seed);
  let now = start;
  const options = { now: () => now, random: () => random.next() };
  const master = new RedisModel({ ...options, replicationId: '1'.repeat(40) });
  const client = master.connect();
  const replicas = [replicaOf(master, options)];
  const commands = randomCommands({ seed, now, determinate: false, payloads, commands: 1_000 });
  for (const words of commands) {
    now += random.chance(0.1) ? random.integer(0, 300) : 0;
    master.execute(client, words);
    if (random.chance(0.05)) master.expireSome(3);
    if (random.chance(0.02) && replicas.length < 4) replicas.push(replicaOf(master, options));
    for (const replica of replicas) if (random.chance(0.2)) feedSome(replica, master, random);
  }
  for (const replica of replicas) {
    replica.feed(master.log.bytes(fedOf(replica)));
    expect(replica.place).toEqual({ replicationId: master.log.replicationId, offset: master.log.end });
    expect(contentOf(replica.server, now)).toEqual(contentOf(master, now));
  }
  const from = Math.max(...replicas.map(({ server }) => server.log.start));
  for (const { server } of replicas) expect(server.log.bytes(from)).toEqual(master.log.bytes(from));
});

/** How far each replica was fed. */
const fed = new WeakMap<ModelReplica, number>();

function fedOf(replica: ModelReplica): number {
  return fed.get(replica) ?? replica.place.offset;
}

function replicaOf(master: RedisModel, options: { now: () => number; random: () => number }): ModelReplica {
  const answer = answerPsync(master, undefined);
  if (answer.mode !== 'full') throw new Error('a new replica is given everything');
  return ModelReplica.start(answer.snapshot, options);
}

function feedSome(replica: ModelReplica, master: RedisModel, random: Random): void {
  const at = fedOf(replica);
  const bytes = master.log.bytes(at);
  const size = random.integer(0, bytes.length);
  replica.feed(bytes.slice(0, size));
  fed.set(replica, at + size);
  if (!random.chance(0.05)) return;
  replica.disconnect();
  replica.continueAs(master.log.replicationId);
  fed.delete(replica);
}

/**
 * What has not expired, in an order of its own. Redis 7.0 does not tell its replicas how many entries a group has read, nor
 * that a consumer has read nothing, or its own entries once more.
 */
function contentOf({ keyspace }: RedisModel, now: number): [string, unknown][] {
  return [...keyspace]
    .filter(({ stored }) => !hasExpired(stored, now))
    .map(({ db, key, stored }): [string, unknown] => [`${db} ${key}`, [stored.expireAt, plain(stored.value)]])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function plain(value: ModelValue): unknown {
  switch (value.type) {
    case 'string':
      return value.text;
    case 'list':
      return value.items;
    case 'hash':
      return [...value.fields].sort(byName);
    case 'set':
      return [...value.members].sort();
    case 'zset':
      return [...value.scores].sort(byName);
    case 'stream': {
      const groups = [...value.groups].sort(byName).map(([name, { last, pending }]) => {
        return { name, last, pending: pending.map(({ id, consumer }) => [id, consumer]) };
      });
      return { ...value, groups };
    }
  }
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

/** A string for every kind: what RESTORE makes of it is no matter here. */
const payloads: Payloads = (() => {
  const model = new RedisModel({ replicationId: '0'.repeat(40), now: () => start, random: () => 0 });
  const client = model.connect();
  model.execute(client, ['SET', 'v', 'restored']);
  const payload = String(model.execute(client, ['DUMP', 'v']));
  const all = [payload];
  const keys: Record<Kind, string[]> = {
    s: all,
    n: all,
    h: all,
    m: all,
    z: all,
    l: all,
    x: all,
    b: all,
    p: all,
    g: all,
  };
  return { keys, functions: ['', ''] };
})();
