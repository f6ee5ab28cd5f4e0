/**
 * The exchange: what the transport asks of the shard, and brings.
 *
 * Entries are taken in only while the local stream is attached and read up to now; else the transport is paused. So is an
 * origin whose entries gather faster than they take effect, and one whose entries are too far ahead of our wall clock: what
 * came of these is held, the rest stays in its site's log, and both go on when the clock has come near.
 */
import { type EntryBatch, type LinkStatus, type Origin, policyDigest, type TransportHost } from '@entwine/core';
import type { Committer } from './committer.ts';
import { type Inbox, InboxError } from './inbox.ts';
import type { Shard } from './shard.ts';

/** Rounds without a held entry after which a quarantine is over: what was held up arrives piece by piece. */
const calmRounds = 8;

/** An inbox that has taken entries in, and the greatest time of them; 0 when it held all of them back. */
interface TakenIn {
  readonly inbox: Inbox;
  readonly newest: number;
}

/** The host of one shard's transport. */
export class Exchange implements TransportHost {
  readonly #shard: Shard;
  readonly #committer: Committer;
  readonly #halt: (state: 'resync-required' | 'failed', reason: string) => void;
  #isHeld = false;

  constructor(shard: Shard, committer: Committer, halt: (state: 'resync-required' | 'failed', reason: string) => void) {
    this.#shard = shard;
    this.#committer = committer;
    this.#halt = halt;
  }

  get origin(): Origin {
    return this.#shard.origin;
  }

  readOwn(from: number, maxBytes: number): EntryBatch | undefined {
    try {
      return this.#shard.ownLog.read(from, maxBytes);
    } catch (error) {
      this.#halt('failed', (error as Error).message);
      return undefined;
    }
  }

  ownRange(): { readonly first: number; readonly last: number } {
    const { first, last } = this.#shard.ownLog;
    return { first, last };
  }

  receivedUpTo(origin: Origin): number {
    const inbox = this.#shard.inbox(origin);
    if (inbox !== undefined) this.#check(inbox);
    return inbox?.received ?? 0;
  }

  deliver(batch: EntryBatch): void {
    const admitted = this.#shard.outcasts.admit(batch);
    if (admitted === undefined) return;
    const now = this.#shard.now();
    const taken: TakenIn[] = [];
    try {
      this.#receive(admitted, now, taken);
    } finally {
      // What came before something that is refused has been taken in all the same.
      for (const { inbox, newest } of taken) this.#taken(inbox, newest, now);
    }
  }

  /** @param taken - where what was taken in stands. Nothing is committed before all of it is there. */
  #receive(batch: EntryBatch, now: number, taken: TakenIn[]): void {
    const inbox = this.#shard.inbox(batch.origin);
    if (inbox === undefined) throw new InboxError(`${batch.origin} is not of a declared peer`);
    const shard = this.#shard;
    const newest = inbox.receive(batch, now, shard.model.cut, now + shard.limits.maxClockDriftMs);
    taken.push({ inbox, newest });
    // In the same commit as the entry that brought it; and whatever may be taken of its site: another one has it.
    for (const relay of inbox.takeRelays()) {
      const lacking = shard.inbox(relay.origin);
      // Meant for one that lacks less; for this one it is passed on again, once it has told.
      if (lacking !== undefined && relay.first <= lacking.received + 1) this.#receive(relay, now, taken);
    }
  }

  /** Takes in what had to wait for our wall clock; once a round. */
  checkDrift(): void {
    const { limits, alarms, model } = this.#shard;
    for (const inbox of this.#shard.inboxes.values()) {
      const { quarantine } = inbox;
      if (quarantine === undefined || this.#isHeld || this.#shard.outcasts.isOut(inbox.site)) continue;
      const now = this.#shard.now();
      try {
        this.#taken(inbox, inbox.takeHeld(now, model.cut, now + limits.maxClockDriftMs), now);
      } catch (error) {
        // Of a log that its site has begun anew meanwhile: there is no link to end.
        this.#shard.emit('error', `what was held is dropped: ${(error as Error).message}`);
        this.#check(inbox);
      }
      if (inbox.heldFrom !== undefined) quarantine.calm = 0;
      else if (++quarantine.calm >= calmRounds) {
        inbox.quarantine = undefined;
        const others = [...this.#shard.inboxes.values()].filter(({ site }) => site === inbox.site);
        if (others.every((other) => other.quarantine === undefined)) alarms.clear(`clock-ahead-${inbox.site}`);
      }
    }
  }

  /** @param newest - the greatest time taken; 0 when nothing was. */
  #taken(inbox: Inbox, newest: number, now: number): void {
    if (newest > 0) {
      this.#shard.clock.observe(newest);
      this.#committer.schedule();
    }
    if (inbox.heldFrom !== undefined && inbox.quarantine === undefined) {
      inbox.quarantine = { since: now, calm: 0 };
      this.#shard.alarms.raise(
        `clock-ahead-${inbox.site}`,
        aheadMessage(inbox.site, inbox.heldFrom - now, this.#shard.limits.maxClockDriftMs, now),
        'error',
      );
    }
    this.#check(inbox);
  }

  acknowledged(site: string, seq: number): void {
    const { acknowledged } = this.#shard.ledger;
    if (seq > (acknowledged[site] ?? 0)) acknowledged[site] = seq;
  }

  originAhead(site: string, seq: number): void {
    const { last } = this.#shard.ownLog;
    this.#halt(
      'resync-required',
      `${site} holds our log up to seq ${seq}, ours ends at ${last}: it was lost or restored from a copy`,
    );
  }

  linkChanged(status: LinkStatus): void {
    const { alarms, options } = this.#shard;
    // A stranger may call itself anything; what it is called must not fill the list.
    const known = options.peers.some((peer) => peer.site === status.peer);
    if (known && status.policies !== undefined) this.#comparePolicies(status.peer, status.policies);
    const name = known ? `link-${status.direction}-${status.peer}` : 'link-stranger';
    if (status.state === 'up') alarms.clear(name);
    else if (status.state !== 'connecting') {
      const which = status.direction === 'in' ? 'from' : 'to';
      alarms.raise(name, `link ${which} ${status.peer} is ${status.state}: ${status.detail}`);
    }
  }

  /** Sites with other policies would not end with the same data. */
  #comparePolicies(site: string, theirs: string): void {
    const { alarms, options } = this.#shard;
    const name = `policies-differ-${site}`;
    if (theirs === policyDigest(options.policies ?? [])) alarms.clear(name);
    else
      alarms.raise(
        name,
        `site ${site} has other policies than ${options.site}: what they do not agree on will differ; give all sites the same`,
        'error',
      );
  }

  /** The local stream is broken: nothing is taken in. */
  hold(): void {
    this.#isHeld = true;
    this.checkPressure();
  }

  /** The local stream is read up to now. */
  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.checkPressure();
  }

  /** Pauses and resumes origins. */
  checkPressure(): void {
    for (const inbox of this.#shard.inboxes.values()) this.#check(inbox);
  }

  #check(inbox: Inbox): void {
    const { limits, options } = this.#shard;
    const full = inbox.bytes > (inbox.paused ? limits.maxInboxBytes / 2 : limits.maxInboxBytes);
    const pause = full || this.#isHeld || inbox.heldFrom !== undefined || this.#shard.outcasts.isOut(inbox.site);
    if (pause === inbox.paused) return;
    inbox.paused = pause;
    if (pause) options.transport.pause(inbox.origin);
    else options.transport.resume(inbox.origin);
  }
}

function aheadMessage(site: string, aheadMs: number, limitMs: number, now: number): string {
  const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;
  return (
    `since ${new Date(now).toISOString()} what ${site} writes is not taken: its clock is ${seconds(aheadMs)} ahead of ours, ` +
    `more than maxClockDriftMs (${seconds(limitMs)}). Put the clock of ${site} right, or ours if it is behind. ` +
    'Its versions stay ahead until the time has come; wait for that, or raise limits.maxClockDriftMs at all sites. Nothing is lost'
  );
}
