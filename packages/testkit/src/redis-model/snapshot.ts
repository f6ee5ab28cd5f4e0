/**
 * Snapshots: what an RDB keeps of a server, and how servers begin with one.
 *
 * A master that starts anew with the RDB of a master takes up its offset under a new id, and keeps the old one as its second
 * id; keys that have expired meanwhile go first. So a replica may go on with it only from exactly there.
 */
import { hasExpired, type Keyspace } from './keyspace.ts';
import { RedisModel, type RedisModelOptions } from './redis-model.ts';
import { ReplicationLog, type ResumePoint } from './replication-log.ts';

/** Keys, and the place in the stream that they belong to. */
export interface Snapshot extends ResumePoint {
  /** Read only: whoever begins with a snapshot copies it. */
  readonly keyspace: Keyspace;
  /** The database selected there: 0 when none is. */
  readonly db: number;
}

/** How a server answers a replica that wants to go on from somewhere. */
export type PsyncAnswer =
  /** `+CONTINUE`: the stream goes on from there, under this id, which may be new. */
  | { readonly mode: 'continue'; readonly replicationId: string }
  /** `+FULLRESYNC`: the snapshot comes first, and the stream goes on from its place. */
  | { readonly mode: 'full'; readonly snapshot: Snapshot }
  | { readonly mode: 'refused'; readonly error: string };

const noMasterLink = "NOMASTERLINK Can't SYNC while not connected with my master";

/** What the server would save now. */
export function takeSnapshot({ keyspace, log }: RedisModel): Snapshot {
  const { replicationId, end, selected } = log;
  return { keyspace: keyspace.copy(), replicationId, offset: end, db: Math.max(0, selected) };
}

/** Answers a replica that asks to go on from `point`, or knows no place. */
export function answerPsync(server: RedisModel, point: ResumePoint | undefined): PsyncAnswer {
  if (!server.isLinked) return { mode: 'refused', error: noMasterLink };
  const { log } = server;
  if (point !== undefined && log.continues(point)) return { mode: 'continue', replicationId: log.replicationId };
  const snapshot = takeSnapshot(server);
  if (server.role === 'master') log.selected = -1;
  return { mode: 'full', snapshot };
}

/** A master that has started with a snapshot. @param options - with a new replication id */
export function startMaster(snapshot: Snapshot, options: RedisModelOptions): RedisModel {
  const keyspace = snapshot.keyspace.copy();
  const log = new ReplicationLog(options.replicationId, snapshot.offset, options.backlogBytes);
  log.follow(snapshot.replicationId, snapshot.offset);
  const now = options.now();
  for (const { db, key, stored } of keyspace) {
    if (!hasExpired(stored, now)) continue;
    keyspace.db(db).delete(key);
    log.write(db, ['DEL', key]);
  }
  return new RedisModel(options, { keyspace, log });
}
