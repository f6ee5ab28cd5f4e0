/**
 * Reads a site's stream as the product does and has every delete of one key judged: the source, the events and the
 * classification are the real ones. For tests of verdicts.
 */
import {
  type Attachment,
  type Position,
  type SourceSink,
  type StreamDelete,
  singleDelete,
  type Verdict,
} from '@entwine/core';
import { systemTimers } from '@entwine/engine';
import { Alarms } from '../../packages/engine/src/alarms.ts';
import { Capture } from '../../packages/engine/src/capture.ts';
import { Deletions } from '../../packages/engine/src/deletions.ts';
import { Tallies } from '../../packages/engine/src/tallies.ts';
import { createKeyspaceEvents } from '../../packages/redis/src/events/keyspace-events.ts';
import { createPsyncSource } from '../../packages/redis/src/psync/psync-source.ts';
import type { RedisEndpoint } from '../../packages/redis/src/redis-endpoint.ts';

/** What became of the deletes of one site. */
export class VerdictRecorder implements SourceSink {
  /** By database and key (`0 key`): its verdicts in stream order. */
  readonly verdicts: Map<string, Verdict[]> = new Map();
  readonly tallies: Tallies = new Tallies();
  readonly alarms: Alarms = new Alarms({ now: () => Date.now() }, () => {});
  /** Milliseconds from reading a delete to its verdict. */
  readonly waits: number[] = [];
  /** Deletes read and judged. */
  read = 0;
  judged = 0;
  position: Position | null = null;
  readonly #source: ReturnType<typeof createPsyncSource>;
  readonly #deletions: Deletions;
  #capture: Capture | undefined;
  #batch: StreamDelete[] = [];

  constructor(redis: readonly RedisEndpoint[], capture: 'master' | 'replica') {
    this.#source = createPsyncSource({ redis, capture, ackInterval: 100 });
    this.#deletions = new Deletions({
      events: createKeyspaceEvents({ redis, setNotify: true }),
      alarms: this.alarms,
      tallies: this.tallies,
      timers: systemTimers,
    });
  }

  start(): void {
    this.#deletions.start();
    this.#source.start(this);
  }

  async close(): Promise<void> {
    await Promise.all([this.#source.close(), this.#deletions.close()]);
  }

  attached({ position }: Attachment): void {
    this.position = position;
    this.#capture = new Capture(position, {
      unit: (unit) => {
        for (const { command, db } of unit.commands) {
          const key = singleDelete(command);
          if (key !== undefined) this.#batch.push({ db, key, end: unit.end });
        }
        this.#moveTo(unit.end, unit.db);
      },
      quiet: (end, db) => this.#moveTo(end, db),
    });
  }

  bytes(chunk: Uint8Array): void {
    this.#capture?.bytes(chunk);
    const batch = this.#batch;
    if (batch.length === 0) return;
    this.#batch = [];
    this.read += batch.length;
    const at = performance.now();
    this.#deletions.classify(this.position!.replicationId, batch).then((verdicts) => {
      this.judged += batch.length;
      this.waits.push(performance.now() - at);
      batch.forEach(({ db, key }, i) => {
        const id = `${db} ${key}`;
        const known = this.verdicts.get(id);
        if (known === undefined) this.verdicts.set(id, [verdicts[i]!]);
        else known.push(verdicts[i]!);
      });
    });
  }

  detached(): void {
    this.#capture = undefined;
  }

  resumeFrom(): Position | null {
    return this.position;
  }

  #moveTo(offset: number, db: number): void {
    this.position = { replicationId: this.position!.replicationId, offset, db };
  }
}
