/** What a running shard does again and again: heartbeats, questions that are due, the own field of the marker. */
import { type ApplyLane, ownBatch } from './apply-lane.ts';
import type { Checks } from './checks.ts';
import { ClockWatch } from './clock-watch.ts';
import type { Committer } from './committer.ts';
import type { Corrections } from './corrections.ts';
import type { Exchange } from './exchange.ts';
import type { Fences } from './fences.ts';
import { heartbeat } from './heartbeat.ts';
import type { LocalStream } from './local-stream.ts';
import type { Pressure } from './pressure.ts';
import { Schedule } from './schedule.ts';
import type { Shard } from './shard.ts';
import type { Timers } from './timers.ts';

/** The parts that have a round. */
export interface RoundParts {
  readonly shard: Shard;
  readonly lane: ApplyLane;
  readonly committer: Committer;
  readonly corrections: Corrections;
  readonly fences: Fences;
  readonly checks: Checks;
  readonly local: LocalStream;
  /** Whether the stream is attached and read beyond its backlog. */
  readonly isCurrent: () => boolean;
  readonly exchange: Exchange;
  readonly pressure: Pressure;
  /** The shard has to stop: it must resynchronise. */
  readonly halt: (reason: string) => void;
}

/** The rounds of one shard. */
export class Rounds {
  readonly clocks: ClockWatch;
  readonly #parts: RoundParts;
  readonly #schedule: Schedule;

  constructor(parts: RoundParts, timers: Timers) {
    this.#parts = parts;
    this.clocks = new ClockWatch(parts.shard);
    this.#schedule = new Schedule(timers);
  }

  start(): void {
    const { limits } = this.#parts.shard;
    this.#schedule.every(limits.heartbeatMs, () => this.#beat());
    this.#schedule.every(limits.ownMarkerMs, () => this.#writeOwnMarker());
  }

  /** There are no more rounds. */
  stop(): void {
    this.#schedule.clear();
  }

  #beat(): void {
    const { shard, committer, corrections, fences, checks, local, isCurrent, exchange, pressure } = this.#parts;
    this.clocks.check();
    exchange.checkDrift();
    pressure.check();
    // A heartbeat amid backlog would date what follows it.
    if (!isCurrent()) return;
    const stop = shard.outcasts.sweep();
    if (stop !== undefined) {
      this.#parts.halt(stop);
      return;
    }
    heartbeat(shard, committer, corrections.outstanding > 0);
    for (const { db, key, wanted } of shard.wants.due(shard.now())) local.want(db, key, wanted!);
    local.undo?.sweep(({ db, key, wanted }) => local.want(db, key, wanted!));
    checks.sweep(this.#isIdle);
    fences.pump();
    committer.schedule();
  }

  /** Nothing is on its way that would change what Redis or the model holds. */
  get #isIdle(): boolean {
    const { shard, lane, corrections, fences } = this.#parts;
    const calls = lane.inFlight + fences.outstanding + corrections.outstanding;
    return calls + shard.returning.size + shard.restoring.size === 0;
  }

  #writeOwnMarker(): void {
    const { shard, lane } = this.#parts;
    if (shard.unitsSinceMarker > 0 && lane.isOpen && lane.inFlight === 0) lane.send(ownBatch([]));
  }
}
