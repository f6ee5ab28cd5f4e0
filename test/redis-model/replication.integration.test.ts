/** Histories of the model against those of live servers: replicas, promotions, restarts, and who may go on from where. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pause, RedisServer, temporaryFolder, waitFor } from '../../apps/demo/src/lab/index.ts';
import {
  answerPsync,
  ModelReplica,
  type RedisModel,
  startMaster,
  takeSnapshot,
} from '../../packages/testkit/src/index.ts';
import { emptyModel, Ids, modelOptions, ServerPair } from './server-pair.ts';

const args = ['--repl-ping-replica-period', '3600', '--enable-debug-command', 'local'];
const saving = [...args, '--save', '3600 1'];

let folder: string;
let started: RedisServer[] = [];

beforeAll(() => {
  folder = temporaryFolder('replication');
});

afterAll(async () => {
  for (const server of started) await server.kill();
  started = [];
});

async function start(name: string, options: readonly string[] = args, master?: ServerPair): Promise<RedisServer> {
  const port = master?.live.port;
  const replicaOf = port === undefined ? {} : { replicaOf: { port } };
  const server = await RedisServer.start({ name, folder, args: options, ...replicaOf });
  await withoutExpiry(server);
  started.push(server);
  return server;
}

/** Keys that have expired stay until a command meets them. */
async function withoutExpiry(server: RedisServer): Promise<void> {
  await server.with((client) => client.call('DEBUG', 'SET-ACTIVE-EXPIRE', '0'));
}

/** A master that has been given a replica, without which it has no history. */
async function startPair(name: string, ids: Ids, options: readonly string[] = args): Promise<ServerPair> {
  const pair = new ServerPair(await start(name, options), emptyModel(ids), ids);
  return pair;
}

async function startReplica(name: string, master: ServerPair): Promise<{ pair: ServerPair; replica: ModelReplica }> {
  const answer = answerPsync(master.model, undefined);
  if (answer.mode !== 'full') throw new Error('nothing to go on from');
  const replica = ModelReplica.start(answer.snapshot, modelOptions(master.ids));
  const pair = new ServerPair(await start(name, args, master), replica.server, master.ids);
  await master.learnId();
  await isFreeToSave(master.live);
  return { pair, replica };
}

/** A server that is still at the save it gave its replica would refuse another one. */
async function isFreeToSave(server: RedisServer): Promise<void> {
  const isFree = async (): Promise<boolean> => (await server.info('persistence')).get('rdb_bgsave_in_progress') === '0';
  await waitFor(`${server.name} is at no save`, isFree);
}

/** Hands the replica what it has not got, in pieces. */
function feed(replica: ModelReplica, master: RedisModel): void {
  const bytes = master.log.bytes(replica.place.offset);
  for (let at = 0; at < bytes.length; at += 11) replica.feed(bytes.slice(at, at + 11));
}

async function follow(server: RedisServer, master: ServerPair): Promise<void> {
  await server.with((client) => client.replicaof('127.0.0.1', master.live.port));
}

async function standAlone(server: RedisServer): Promise<void> {
  await server.with((client) => client.replicaof('NO', 'ONE'));
}

/** It follows another master, from where it is when that one lets it; whether it does. */
function goOn(replica: ModelReplica, master: RedisModel): boolean {
  const answer = answerPsync(master, replica.place);
  if (answer.mode !== 'continue') return false;
  replica.continueAs(answer.replicationId);
  feed(replica, master);
  return true;
}

test('a replica takes over, and the others go on with it', async () => {
  const ids = new Ids();
  const a = await startPair('a', ids);
  const b = await startReplica('b', a);
  const c = await startReplica('c', a);
  await a.run('SET k 1', 'SELECT 3', 'INCR n', 'MULTI', 'INCR n', 'SELECT 0', 'INCR m', 'EXEC');
  await a.run(`SET e 1 PXAT ${Date.now() + 5}`);
  feed(b.replica, a.model);
  feed(c.replica, a.model);
  await pause(10);
  for (const pair of [a, b.pair, c.pair]) await pair.sameHistory();
  for (const pair of [b.pair, c.pair, a]) await pair.sameAnswers();
  await a.live.kill();
  c.replica.disconnect();
  await waitFor('c has lost its master', async () => (await c.pair.live.info()).get('master_link_status') === 'down');
  await c.pair.sameAnswers();

  b.replica.promote(ids.make());
  await standAlone(b.pair.live);
  await b.pair.learnId();
  await b.pair.sameHistory();
  await b.pair.sameAnswers();
  await b.pair.run('INCR k', 'GET e', 'SELECT 3', 'INCR n');
  await follow(c.pair.live, b.pair);
  expect(goOn(c.replica, b.pair.model)).toBe(true);
  for (const pair of [b.pair, c.pair]) await pair.sameHistory();
  for (const pair of [c.pair, b.pair]) await pair.sameAnswers();
  expect([...c.replica.server.keyspace]).toEqual([...b.pair.model.keyspace]);
});

test('a master becomes the replica of the one that was promoted, if it wrote no more', async () => {
  const ids = new Ids();
  const a = await startPair('d', ids);
  const b = await startReplica('e', a);
  const c = await startReplica('f', a);
  await a.run('SELECT 2', 'INCR n');
  for (const { replica } of [b, c]) feed(replica, a.model);
  for (const pair of [a, b.pair, c.pair]) await pair.sameHistory();
  for (const { pair, replica } of [b, c]) {
    replica.promote(ids.make());
    await standAlone(pair.live);
    await pair.learnId();
    await pair.sameHistory();
  }
  await b.pair.run('INCR x');
  const old = ModelReplica.demote(a.model);
  await follow(a.live, b.pair);
  expect(goOn(old, b.pair.model)).toBe(true);
  for (const pair of [a, b.pair]) await pair.sameHistory();
  for (const pair of [a, b.pair]) await pair.sameAnswers();

  // The other one has written what nobody else has.
  await c.pair.run('INCR y');
  await c.pair.sameHistory();
  await c.pair.sameAnswers();
  expect(goOn(old, c.replica.server)).toBe(false);
});

test('a master that saves when it stops is followed from exactly there', async () => {
  const ids = new Ids();
  const a = await startPair('g', ids, saving);
  const b = await startReplica('h', a);
  const now = Date.now();
  await a.run(
    'SET k 1',
    `SET e 1 PXAT ${now + 5}`,
    'SELECT 3',
    `SET e 1 PXAT ${now + 5}`,
    `SET f 1 PXAT ${now + 100_000}`,
  );
  feed(b.replica, a.model);
  for (const pair of [a, b.pair]) await pair.sameHistory();
  const snapshot = takeSnapshot(a.model);
  await pause(10);
  await a.live.stop();
  await a.live.restart();
  await withoutExpiry(a.live);
  a.model = startMaster(snapshot, modelOptions(ids));
  await a.learnId();
  expect(goOn(b.replica, a.model)).toBe(true);
  await a.sameHistory();
  await b.pair.sameHistory();
  for (const pair of [b.pair, a]) await pair.sameAnswers();
  await a.run('INCR k');
  feed(b.replica, a.model);
  for (const pair of [a, b.pair]) await pair.sameHistory();
});

test('a master that was killed goes back to its last save; its replicas have more, and cannot go on', async () => {
  const ids = new Ids();
  const a = await startPair('i', ids, saving);
  const b = await startReplica('j', a);
  await a.run('SELECT 3', 'SET k 1');
  const snapshot = takeSnapshot(a.model);
  await a.run('SAVE', 'SET k 2');
  feed(b.replica, a.model);
  for (const pair of [a, b.pair]) await pair.sameHistory();
  await standAlone(b.pair.live);
  await a.live.kill();
  await a.live.restart();
  await withoutExpiry(a.live);
  a.model = startMaster(snapshot, modelOptions(ids));
  await a.learnId();
  await a.sameHistory();
  await a.sameAnswers();
  expect(goOn(b.replica, a.model)).toBe(false);
});

test('a replica that saves when it stops goes on from there', async () => {
  const ids = new Ids();
  const a = await startPair('k', ids);
  const b = await startReplica('l', a);
  await b.pair.live.with((client) => client.config('SET', 'save', '3600 1'));
  await a.run('SELECT 3', 'SET k 1', `SET e 1 PXAT ${Date.now() + 5}`);
  feed(b.replica, a.model);
  for (const pair of [a, b.pair]) await pair.sameHistory();
  await pause(10);
  const snapshot = takeSnapshot(b.pair.model);
  await b.pair.live.stop();
  await a.run('INCR k', 'SELECT 3', 'INCR k');
  const again = ModelReplica.start(snapshot, modelOptions(ids));
  again.disconnect();
  b.pair.model = again.server;
  await b.pair.live.restart();
  expect(goOn(again, a.model)).toBe(true);
  for (const pair of [a, b.pair]) await pair.sameHistory();
  expect([...again.server.keyspace]).toEqual([...a.model.keyspace]);
  for (const pair of [b.pair, a]) await pair.sameAnswers();
});
