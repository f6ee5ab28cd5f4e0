/** A shard without an engine around it, for tests of the engine's parts. */
import type { Entry, Origin } from '@entwine/core';
import { MemoryLog, MemoryLogDisk } from '@entwine/testkit';
import { Alarms } from '../src/alarms.ts';
import type { Inbox } from '../src/inbox.ts';
import { encodeLedger, ledgerKey, newLedger } from '../src/ledger.ts';
import { defaultLimits, type EngineEvent, type EngineLimits, type ShardOptions } from '../src/options.ts';
import { Shard } from '../src/shard.ts';
import { batchOf, digest, ownOrigin, peerOrigin, startMs } from './entries.ts';
import { RecordingTransport, ScriptedTarget } from './recorders.ts';

export const replicationId: string = 'f'.repeat(40);

/** A shard with its recorded ports. */
export interface PartShard {
  readonly shard: Shard;
  readonly log: MemoryLog;
  readonly disk: MemoryLogDisk;
  readonly transport: RecordingTransport;
  readonly target: ScriptedTarget;
  readonly events: EngineEvent[];
  /** Takes a peer's entries in, as if flushed. */
  arrived(entries: readonly Entry[], origin?: Origin): Inbox;
}

/** A shard `a/main` with peers `b` and `c`, attached at offset 0 of an empty log. */
export function partShard(more: Partial<ShardOptions> = {}, limits: Partial<EngineLimits> = {}): PartShard {
  const disk = new MemoryLogDisk();
  disk.facts.set(ledgerKey, encodeLedger(newLedger(ownOrigin, { replicationId, offset: 0, db: -1 })));
  const log = new MemoryLog(disk, { flush: 'manual' });
  const transport = new RecordingTransport();
  const target = new ScriptedTarget();
  const events: EngineEvent[] = [];
  const clock = { now: () => startMs };
  const options: ShardOptions = {
    site: 'a',
    shard: 'main',
    priority: 1,
    peers: [
      { site: 'b', priority: 2 },
      { site: 'c', priority: 3 },
    ],
    source: { start: () => {}, pause: () => {}, resume: () => {}, close: async () => {} },
    target,
    log,
    transport,
    clock,
    randomHex: (length) => 'a1'.repeat(length).slice(0, length),
    digest,
    ...more,
  };
  const alarms = new Alarms(clock, (event) => events.push(event));
  const shard = new Shard(options, { ...defaultLimits, ...limits }, alarms);
  const arrived = (entries: readonly Entry[], origin: Origin = peerOrigin): Inbox => {
    const inbox = shard.inbox(origin)!;
    inbox.receive(batchOf(entries, origin), startMs);
    inbox.takeRecords();
    inbox.flushed(entries.at(-1)!.seq);
    return inbox;
  };
  return { shard, log, disk, transport, target, events, arrived };
}
