/**
 * Bounds the window: what has to be remembered while a peer is away.
 *
 * Full, capturing waits; Redis' own backlog then holds the stream. Rules:
 *  1. It waits only while a peer is away: nothing else would let the cut move later. A write rate that fills the window with all
 *     peers there is told, and not stopped.
 *  2. It goes on as soon as that helps: our calls come back by the stream, so what the peer has sent takes effect only while
 *     we read. While we are not attached, or behind, nothing is received: then it goes on when the peer is known to be back,
 *     by its acknowledgements or its link.
 *  3. A start reads up to now whatever it takes: nothing is received before that.
 */
import { epoch, type Time, timeOfUnix, unixOfTime } from '@entwine/core';
import type { Holder } from './horizon.ts';
import type { EngineLimits } from './options.ts';
import type { Shard } from './shard.ts';

/** A peer that has not moved for so long, and four heartbeats, counts as away; in milliseconds. */
const awayMs = 5000;
/** Parts of the limit: above which there is an alarm, below which it has passed, below which capturing goes on. */
const [nearly, passed, roomy] = [0.8, 0.7, 0.9];

/** Watches the window of one shard. */
export class WindowGuard {
  readonly #shard: Shard;
  readonly #receives: () => boolean;
  #isNearlyFull = false;
  /** Capturing waits for this peer. */
  #awaited: { readonly site: string; readonly acknowledged: number; wasDown: boolean } | undefined;
  #told = '';

  /** @param receives - whether entries are taken in: the link has been started, and the stream is read up to now. */
  constructor(shard: Shard, receives: () => boolean) {
    this.#shard = shard;
    this.#receives = receives;
  }

  /** Whether capturing has to wait. */
  check(): boolean {
    const { model, limits } = this.#shard;
    const { bytes } = model;
    if (bytes <= limits.maxWindowBytes * (this.#isNearlyFull ? passed : nearly)) {
      if (this.#isNearlyFull) this.#shard.alarms.clear('window-full');
      this.#isNearlyFull = false;
      this.#awaited = undefined;
      this.#told = '';
      return false;
    }
    this.#isNearlyFull = true;
    const away = awayPeer(this.#shard);
    const isFull = bytes > limits.maxWindowBytes * (this.#awaited === undefined ? 1 : roomy);
    if (!isFull || away === undefined || !this.#mustWait(away)) this.#awaited = undefined;
    this.#tell(away);
    return this.#awaited !== undefined;
  }

  #mustWait(away: Holder): boolean {
    const { ledger, options } = this.#shard;
    if (this.#receives()) {
      if (this.#readingHelps(away)) return false;
    } else if (this.#awaited === undefined) return false;
    if (this.#awaited?.site !== away.site)
      this.#awaited = { site: away.site, acknowledged: ledger.acknowledged[away.site] ?? 0, wasDown: false };
    const link = options.transport.links().find(({ peer, direction }) => peer === away.site && direction === 'in');
    const isUp = link?.state === 'up';
    if (!isUp) this.#awaited.wasDown = true;
    if (this.#receives()) return true;
    const isBack =
      (isUp && this.#awaited.wasDown) || (ledger.acknowledged[away.site] ?? 0) > this.#awaited.acknowledged;
    return !isBack;
  }

  /** Whether something of the peer waits for our stream that brings the cut nearer, or makes room for what does. */
  #readingHelps({ site, time, by }: Holder): boolean {
    const { inboxes, limits } = this.#shard;
    for (const inbox of inboxes.values()) {
      if (inbox.site !== site || inbox.received === inbox.acknowledged) continue;
      if (by === 'settled' || inbox.announced > time || inbox.bytes * 2 > limits.maxInboxBytes) return true;
    }
    return false;
  }

  #tell(away: Holder | undefined): void {
    const stage = `${away?.site ?? ''} ${this.#awaited !== undefined}`;
    if (stage === this.#told) return;
    this.#told = stage;
    const { model, limits, alarms } = this.#shard;
    const size = `the versions of recent writes take about ${mebibytes(model.bytes)} of ${mebibytes(limits.maxWindowBytes)} (limits.maxWindowBytes)`;
    alarms.raise(
      'window-full',
      away === undefined
        ? `${size}, and no site is away: writes come faster than the sites settle them. Raise the limit, or write less`
        : `${size}: ${since(away)}. ${this.#awaited === undefined ? 'When it is full, capturing waits' : "It is full: capturing waits, and Redis' backlog holds the stream"}. ` +
            `Bring ${away.site} back, or take it out of the configuration of all sites and restart their replicators`,
      this.#awaited === undefined ? 'warn' : 'error',
    );
  }
}

/**
 * The peer that holds the cut back because it is away; undefined when none is. Our clock may stand still logically, where it is
 * ahead of the wall; so heartbeats are counted as well.
 */
export function awayPeer({ horizon, clock, limits }: Shard): Holder | undefined {
  const patienceMs = 4 * limits.heartbeatMs + awayMs;
  const holder = horizon.holder(holderSlack(limits));
  if (holder === undefined) return undefined;
  const isLate = holder.time < clock.last - timeOfUnix(epoch + patienceMs);
  return isLate || horizon.still * limits.heartbeatMs >= patienceMs ? holder : undefined;
}

/** By how much less a site may have heard of another than we have, where that other is the cause. */
export function holderSlack({ heartbeatMs }: EngineLimits): Time {
  return timeOfUnix(epoch + 2 * heartbeatMs + 500);
}

function since({ site, time, by }: Holder): string {
  if (time === 0) return `${site} has not been heard of`;
  const what = by === 'settled' ? 'nothing of it has been settled here' : 'it has settled nothing';
  return `${site} holds them, ${what} since ${new Date(unixOfTime(time)).toISOString()}`;
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`;
}
