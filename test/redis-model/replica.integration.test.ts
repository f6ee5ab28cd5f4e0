/** A model replica that follows a live master against a live replica of it: both must hold the same. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshSeed, RedisServer, temporaryFolder, waitFor } from '../../apps/demo/src/lab/index.ts';
import { ModelReplica } from '../../packages/testkit/src/index.ts';
import { Keyspace } from '../../packages/testkit/src/redis-model/keyspace.ts';
import type { Payloads } from '../differential/draw.ts';
import { takePayloads } from '../differential/payloads.ts';
import { RawConnection } from '../differential/raw-connection.ts';
import { StreamTail } from '../support/stream-tail.ts';
import { LiveCheck } from './live-check.ts';
import { randomCommands } from './random-commands.ts';

const seed = Number(process.env.ENTWINE_SEED ?? freshSeed());
const runs = Number(process.env.ENTWINE_RUNS ?? 3);

let master: RedisServer;
let replica: RedisServer;
let check: LiveCheck;
let connection: RawConnection;
let payloads: Payloads;

beforeAll(async () => {
  const folder = temporaryFolder('replica');
  // Nothing may come between asking for the offset and attaching there.
  const args = ['--repl-ping-replica-period', '3600'];
  master = await RedisServer.start({ name: 'master', folder, args });
  payloads = await takePayloads(master);
  replica = await RedisServer.start({ name: 'replica', folder, replicaOf: master });
  connection = await RawConnection.open(master.port);
  check = await LiveCheck.open(replica);
});

afterAll(async () => {
  connection.close();
  check.close();
  await replica.stop();
  await master.stop();
});

test(`a model replica holds what a live one does (seed ${seed})`, async () => {
  for (let run = 0; run < runs; run++) {
    await connection.send([['DISCARD'], ['SELECT', '0'], ['FLUSHALL']]);
    const offset = await master.offset();
    const empty = { keyspace: new Keyspace(16), replicationId: '1'.repeat(40), offset, db: 0 };
    const model = ModelReplica.start(empty, { now: Date.now, random: Math.random });
    const tail = await StreamTail.attach(master, (bytes) => model.feed(bytes));
    await connection.send(
      randomCommands({ seed: seed + run, now: Date.now(), determinate: true, payloads, commands: 1_000 }),
    );
    const end = await master.offset();
    await waitFor('both replicas have all', async () => model.place.offset >= end && (await replica.offset()) >= end);
    await check.compareKeys(model.server);
    expect(model.server.role).toBe('replica');
    tail.close();
  }
});
