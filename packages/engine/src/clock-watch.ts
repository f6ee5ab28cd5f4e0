/**
 * Tells when a clock is wrong, before it does harm.
 *
 * - Our logical clock leads our wall clock: that was ahead and was put back, or other sites' clocks are ahead.
 * - Our wall clock leads every site heard of. Only heartbeats that have just come are evidence. They are where the last few
 *   arrived as far apart as they were made: those that waited in a backlog come in a burst.
 *
 * Rule: it only tells. What is too far ahead is held by the exchange.
 */
import { unixOfTime } from '@entwine/core';
import type { Inbox } from './inbox.ts';
import type { Shard } from './shard.ts';

/** Heartbeats in a row that have to be fresh. */
const freshBeats = 4;
/** How long ago the last of them may have come, in milliseconds. */
const recentMs = 10_000;

/** Watches the clocks of one shard. */
export class ClockWatch {
  readonly #shard: Shard;
  /** By alarm: by how much a clock was ahead when that was told, and what was told as the cause. */
  readonly #told = new Map<string, { readonly leadMs: number; readonly cause: string }>();

  constructor(shard: Shard) {
    this.#shard = shard;
  }

  /** Raises and clears alarms; at the start and once a round. */
  check(): void {
    const now = this.#shard.now();
    const sites = this.#sitesAhead();
    this.#tell('clock-logical-ahead', unixOfTime(this.#shard.clock.last) - now, sites, (lead) =>
      logicalMessage(lead, sites, now),
    );
    this.#tell('clock-wall-ahead', this.#wallLead(now), '', wallMessage);
  }

  /** A message is told again only when it has become worse, or the cause is known, so that it does not fill the log. */
  #tell(
    name: 'clock-logical-ahead' | 'clock-wall-ahead',
    leadMs: number,
    cause: string,
    message: (lead: string) => string,
  ): void {
    const { alarms, limits } = this.#shard;
    const tolerated = limits.maxClockDriftMs / 2;
    const told = this.#told.get(name);
    if (leadMs <= tolerated) {
      if (told !== undefined) alarms.clear(name);
      this.#told.delete(name);
      return;
    }
    const isKnown = cause === '' || told?.cause === cause;
    if (told !== undefined && isKnown && leadMs <= told.leadMs + tolerated) return;
    this.#told.set(name, { leadMs, cause });
    alarms.raise(name, message(`${Math.round(leadMs / 1000)} s`));
  }

  /** The sites whose wall clocks are ahead of ours. */
  #sitesAhead(): string {
    const { inboxes, limits } = this.#shard;
    const ahead = [...inboxes.values()].filter(({ skewSeconds }) => skewSeconds * 2000 > limits.maxClockDriftMs);
    return [...new Set(ahead.map(({ site }) => site))].sort().join(', ');
  }

  /** By how much our wall clock is ahead of every site heard of; not positive when it is not, or none was heard. */
  #wallLead(now: number): number {
    const up = new Set(
      this.#shard.options.transport
        .links()
        .filter(({ direction, state }) => direction === 'in' && state === 'up')
        .map(({ peer }) => peer),
    );
    let least = Number.POSITIVE_INFINITY;
    for (const inbox of this.#shard.inboxes.values()) {
      if (!up.has(inbox.site) || !isFresh(inbox, now)) continue;
      for (const { at, of } of inbox.beats) least = Math.min(least, at - of);
    }
    return Number.isFinite(least) ? least : 0;
  }
}

function isFresh({ beats, paused }: Inbox, now: number): boolean {
  const last = beats.at(-1);
  if (paused || beats.length < freshBeats || last === undefined || Math.abs(now - last.at) > recentMs) return false;
  return beats.every(({ at, of }, place) => {
    const before = beats[place - 1];
    return before === undefined || (at - before.at) * 2 >= of - before.of;
  });
}

function logicalMessage(lead: string, sites: string, now: number): string {
  const cause =
    sites === ''
      ? 'This wall clock is behind, or was ahead and has been put back'
      : `The clocks of these sites are ahead: ${sites}; or this wall clock is behind`;
  return (
    `the versions that this site gives are ${lead} ahead of its wall clock, which says ${new Date(now).toISOString()}. ${cause}. ` +
    'Once the clocks are right it passes when the time has come; other sites stop taking what is further ahead than their maxClockDriftMs'
  );
}

function wallMessage(lead: string): string {
  return (
    `this machine's clock is ${lead} ahead of that of every site heard of: put it right. Beyond their maxClockDriftMs ` +
    'other sites stop taking what is written here, until the time has come'
  );
}
