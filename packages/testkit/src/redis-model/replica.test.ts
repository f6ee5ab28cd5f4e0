import { toByteString } from '@entwine/core';
import { expect, test } from 'vitest';
import { RedisModel } from './redis-model.ts';
import { ModelReplica } from './replica.ts';
import { answerPsync, startMaster, takeSnapshot } from './snapshot.ts';

const [first, second, third] = ['1'.repeat(40), '2'.repeat(40), '3'.repeat(40)];

/** Unix milliseconds. */
let now = 1_000_000;
const options = { now: () => now, random: () => 0 };

function masterOf(replicationId: string = first): RedisModel {
  return new RedisModel({ ...options, replicationId });
}

function run(server: RedisModel, ...lines: readonly string[]): unknown[] {
  const client = server.connect();
  return lines.map((line) => server.execute(client, line.split(' ')));
}

function replicaOf(master: RedisModel): ModelReplica {
  const answer = answerPsync(master, undefined);
  if (answer.mode !== 'full') throw new Error('without a place a replica is given everything');
  return ModelReplica.start(answer.snapshot, options);
}

/** Hands on what the replica has not got, in pieces of so many bytes. */
function sync(replica: ModelReplica, master: RedisModel, piece: number = 7): void {
  const bytes = master.log.bytes(replica.place.offset);
  for (let at = 0; at < bytes.length; at += piece) replica.feed(bytes.slice(at, at + piece));
}

const streamOf = (server: RedisModel, from: number): string => toByteString(server.log.bytes(from));

test.each([1, 7, 10_000])('a stream in pieces of %d bytes makes the same keys and the same stream', (piece) => {
  const master = masterOf();
  run(master, 'SET before 1');
  const replica = replicaOf(master);
  const from = replica.place.offset;
  run(master, 'INCR a', 'SELECT 3', 'MULTI', 'INCR b', 'INCR c', 'SELECT 1', 'INCR d', 'EXEC', 'INCR e');
  sync(replica, master, piece);
  expect([...replica.server.keyspace]).toEqual([...master.keyspace]);
  expect(streamOf(replica.server, from)).toBe(streamOf(master, from));
  expect(takeSnapshot(replica.server)).toMatchObject({ replicationId: first, offset: master.log.end, db: 1 });
});

test('the stream selects its database again for whom it gives everything', () => {
  const master = masterOf();
  run(master, 'INCR a');
  const from = master.log.end;
  replicaOf(master);
  run(master, 'INCR a', 'INCR a');
  expect(streamOf(master, from).match(/SELECT/g)).toHaveLength(1);
});

test('half a transaction changes nothing, and is asked for again', () => {
  const master = masterOf();
  const replica = replicaOf(master);
  run(master, 'INCR a');
  sync(replica, master);
  const whole = master.log.end;
  run(master, 'MULTI', 'INCR b', 'INCR c', 'EXEC');
  const bytes = master.log.bytes(whole);
  replica.feed(bytes.slice(0, -1));
  expect(replica.place.offset).toBe(whole);
  expect(run(replica.server, 'GET b')).toEqual([null]);
  replica.disconnect();
  expect(answerPsync(replica.server, replica.place).mode).toBe('refused');
  expect(() => replica.feed(bytes)).toThrow(/no stream/);
  expect(answerPsync(master, replica.place)).toEqual({ mode: 'continue', replicationId: first });
  replica.continueAs(first);
  sync(replica, master);
  expect(run(replica.server, 'GET b', 'GET c')).toEqual(['1', '1']);
});

test('what has expired is hidden, and stays until the master deletes it', () => {
  const events: string[] = [];
  const master = new RedisModel({
    ...options,
    replicationId: first,
    onEvent: (_db, key, kind) => events.push(key, kind),
  });
  run(master, 'SET k 1', `PEXPIREAT k ${now + 10}`);
  const replica = replicaOf(master);
  now += 11;
  expect(run(replica.server, 'GET k', 'KEYS *')).toEqual([null, []]);
  expect(replica.server.expireSome()).toBe(0);
  expect(replica.server.keyspace.db(0).size).toBe(1);
  run(master, 'INCR k', `PEXPIREAT k ${now + 5}`);
  now += 10;
  sync(replica, master);
  expect(events).toEqual(['k', 'expired']);
  expect([...replica.server.keyspace]).toEqual([...master.keyspace]);
  expect(replica.server.keyspace.db(0).size).toBe(1);
});

test('clients of a replica cannot write', () => {
  const replica = replicaOf(masterOf());
  const error = "READONLY You can't write against a read only replica.";
  const aborted = 'EXECABORT Transaction discarded because of previous errors.';
  expect(run(replica.server, 'INCR a', 'MULTI', 'INCR a', 'EXEC', 'GET a')).toEqual([
    ...[{ error }, { status: 'OK' }, { error }, { error: aborted }, null],
  ]);
  expect(replica.server.script(replica.server.connect(), () => 1)).toEqual({ error });
});

test('a promoted replica writes on under a new id, and what expired before goes now', () => {
  const master = masterOf();
  run(master, 'SET k 1', `PEXPIREAT k ${now + 10}`, 'INCR a');
  const replica = replicaOf(master);
  const other = replicaOf(master);
  run(master, 'INCR a');
  sync(replica, master);
  now += 11;
  const promoted = replica.promote(second);
  const from = promoted.log.end;
  const { offset } = other.place;
  expect(answerPsync(promoted, other.place)).toEqual({ mode: 'continue', replicationId: second });
  other.continueAs(second);
  run(promoted, 'INCR a');
  promoted.expireSome();
  sync(other, promoted);
  expect(streamOf(promoted, from)).toMatch(
    /^\*2\r\n\$6\r\nSELECT\r\n\$1\r\n0\r\n\*2\r\n\$4\r\nINCR[\s\S]*DEL\r\n\$1\r\nk\r\n$/,
  );
  expect([...other.server.keyspace]).toEqual([...promoted.keyspace]);
  expect(other.place).toEqual({ replicationId: second, offset: promoted.log.end });
  // Its own second history ends where it went on, though the promoted one's reaches further.
  const may = (at: number): boolean => other.server.log.continues({ replicationId: first, offset: at });
  expect([may(offset), may(offset + 1)]).toEqual([true, false]);
});

test('a master that wrote no more than the promoted replica has can follow it; one that did cannot', () => {
  const master = masterOf();
  const replica = replicaOf(master);
  run(master, 'INCR a');
  sync(replica, master);
  const promoted = replica.promote(second);
  run(promoted, 'INCR a');
  const follower = ModelReplica.demote(master);
  expect(answerPsync(promoted, follower.place)).toEqual({ mode: 'continue', replicationId: second });
  follower.continueAs(second);
  sync(follower, promoted);
  expect(run(master, 'GET a')).toEqual(['2']);

  const ahead = masterOf();
  const behind = replicaOf(ahead);
  const next = behind.promote(second);
  run(ahead, 'INCR a');
  expect(answerPsync(next, ModelReplica.demote(ahead).place).mode).toBe('full');
});

test('a master that starts with its own snapshot is followed from exactly there', () => {
  const master = masterOf();
  run(master, 'INCR a', 'SET k 1', `PEXPIREAT k ${now + 10}`);
  const snapshot = takeSnapshot(master);
  const replica = replicaOf(master);
  run(master, 'INCR a');
  now += 11;
  const started = startMaster(snapshot, { ...options, replicationId: third });
  expect(answerPsync(started, { replicationId: first, offset: master.log.end }).mode).toBe('full');
  expect(answerPsync(started, { replicationId: first, offset: snapshot.offset - 1 }).mode).toBe('full');
  expect(answerPsync(started, replica.place)).toEqual({ mode: 'continue', replicationId: third });
  replica.continueAs(third);
  sync(replica, started);
  expect([...started.keyspace]).toHaveLength(1);
  expect([...replica.server.keyspace]).toEqual([...started.keyspace]);
});
