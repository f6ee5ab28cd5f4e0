/**
 * The streams against real servers: every write command has a generator, most commands are accepted, a determinate
 * stream has one outcome, and Redis's own replica, which is as good as a replicator can be, is found equal.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { compareServers, RedisServer, temporaryFolder, waitFor } from '../../apps/demo/src/lab/index.ts';
import { commandStream, type Step, type StreamOptions } from './command-stream.ts';
import { tellReplies } from './differences.ts';
import type { Payloads } from './draw.ts';
import { Dues } from './dues.ts';
import { excluded, generators } from './generator-table.ts';
import { unknownTo } from './known-generators.ts';
import { takePayloads } from './payloads.ts';
import { RawConnection, Refused } from './raw-connection.ts';
import { allGroups } from './row.ts';
import { writeCommandsOf } from './write-commands.ts';
import { type Done, Writer } from './writer.ts';

let master: RedisServer;
let replica: RedisServer;
let plain: RedisServer;
let payloads: Payloads;
let unknown: ReadonlySet<string>;

beforeAll(async () => {
  const folder = temporaryFolder('streams');
  master = await RedisServer.start({ name: 'master', folder });
  replica = await RedisServer.start({ name: 'replica', folder, replicaOf: master });
  plain = await RedisServer.start({ name: 'plain', folder });
  payloads = await takePayloads(plain);
  unknown = await unknownTo([plain], payloads);
});

afterAll(async () => {
  await Promise.all([replica.stop(), master.stop(), plain.stop()]);
});

beforeEach(async () => {
  for (const server of [master, plain]) {
    await server.with(async (client) => {
      await client.flushall();
      await client.call('FUNCTION', 'FLUSH');
    });
  }
});

function stream(more: Partial<StreamOptions>): Step[] {
  return commandStream({
    ...{ seed: 1, site: 'a', prefix: 'p', now: Date.now(), groups: allGroups, without: unknown },
    ...{ determinate: false, flushAll: false, payloads, commands: 2_000, withDues: true },
    ...more,
  });
}

async function written(server: RedisServer, steps: readonly Step[], lockstep: boolean, dues?: Dues): Promise<Done[]> {
  const writer = await Writer.open({ server, seed: 1, lockstep, ...(dues === undefined ? {} : { dues }) });
  await writer.run(steps);
  writer.close();
  return writer.trail;
}

describe('the table', () => {
  test('has a generator for every command that writes, or a reason', async () => {
    const names = await writeCommandsOf(master);
    expect(names.length).toBeGreaterThan(100);
    expect(names.filter((name) => !generators.has(name) && !(name in excluded))).toEqual([]);
  });

  test('gives no reason for what has a generator', () => {
    expect(Object.keys(excluded).filter((name) => generators.has(name))).toEqual([]);
  });
});

test.each([1, 2, 3])('most commands are accepted, and some are refused (seed %i)', async (seed) => {
  const writer = await Writer.open({ server: master, seed, lockstep: false });
  await writer.run(stream({ seed }));
  const share = writer.refusals / writer.trail.length;
  writer.close();
  expect(share).toBeGreaterThan(0.03);
  expect(share).toBeLessThan(0.2);
});

test('every command is accepted now and then', async () => {
  const accepted = new Set<string>();
  for (const { command, reply } of await written(master, stream({ commands: 20_000, flushAll: true }), false)) {
    if (reply instanceof Refused || reply === 'QUEUED') continue;
    const [name = '', sub = ''] = command.map((word) => word.toLowerCase());
    accepted.add(name).add(`${name}|${sub}`);
  }
  const known = [...generators.values()].filter(({ name, probe }) => probe === undefined && !unknown.has(name));
  expect(known.map(({ name }) => name).filter((name) => !accepted.has(name))).toEqual([]);
});

test.each([1, 2, 3, 4])('a determinate stream has one outcome (seed %i)', async (seed) => {
  const steps = stream({ seed, determinate: true, flushAll: seed === 4 });
  const trails = [await written(master, steps, true), await written(plain, steps, true)] as const;
  expect(tellReplies(...trails)).toEqual([]);
  expect((await compareServers([master, plain])).differences).toEqual([]);
});

test.each([1, 2, 3, 4, 5, 6])(
  'what Redis replicates itself is found equal, and nothing added is missing (seed %i)',
  async (seed) => {
    const dues = new Dues();
    // SORT BY leaves the order of equals to chance, at a replica too.
    await written(master, stream({ seed, without: new Set([...unknown, 'sort']) }), false, dues);
    const end = await master.offset();
    await waitFor('the replica is in step', async () => (await replica.offset()) >= end);
    const comparison = await compareServers([master, replica]);
    expect(comparison.differences).toEqual([]);
    expect(comparison.keys).toBeGreaterThan(40);
    expect(dues.count).toBeGreaterThan(100);
    const connection = await RawConnection.open(replica.port);
    expect(await dues.check(connection, 'replica')).toEqual([]);
    connection.close();
  },
);
