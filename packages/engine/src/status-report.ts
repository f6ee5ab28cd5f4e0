/** Turns a shard's state into its status. */
import { type Attachment, type LinkStatus, unixOfTime } from '@entwine/core';
import type { ApplyLane } from './apply-lane.ts';
import type { Checks } from './checks.ts';
import type { Fences } from './fences.ts';
import type { Inbox } from './inbox.ts';
import type { Shard } from './shard.ts';
import type { OriginStatus, ShardState, ShardStatus, Waiting, WindowStatus } from './status.ts';
import type { Undo } from './undo.ts';
import { awayPeer } from './window-guard.ts';

/** What is on its way to Redis, to be read, asked for, or compared. */
export function waitingOf(
  { returning, wants }: Shard,
  lane: ApplyLane,
  fences: Fences,
  checks: Checks,
  undo: Undo | undefined,
): Waiting {
  return {
    ...{ calls: lane.inFlight, reads: fences.outstanding, additions: returning.size },
    ...{ wants: wants.unanswered, checks: checks.outstanding, undone: undo?.pending ?? 0 },
  };
}

/** Where a shard that has not stopped is. */
export function startOf(
  isAttached: boolean,
  { everOpen }: ApplyLane,
): { readonly state: ShardState; readonly reason: string } {
  if (!isAttached) return { state: 'starting', reason: 'not attached to a Redis' };
  return everOpen ? { state: 'running', reason: '' } : { state: 'starting', reason: 'waiting for the marker' };
}

/** The status now. */
export function reportStatus(
  shard: Shard,
  links: readonly LinkStatus[],
  { state, reason }: { readonly state: ShardState; readonly reason: string },
  attachment: Attachment | undefined,
  waiting: Waiting,
): ShardStatus {
  const { options, ledger, tallies, ownLog, inboxes, pending } = shard;
  let inbox = 0;
  for (const origin of inboxes.values()) inbox += origin.received - origin.settled;
  const oldest = shard.ownMarks.oldest;
  return {
    site: options.site,
    shard: options.shard,
    origin: shard.origin,
    state,
    reason,
    attached: attachment?.mode ?? '',
    endpoint: attachment?.endpoint ?? '',
    role: attachment?.role ?? '',
    position: ledger.position.replicationId === '' ? null : ledger.position,
    seq: { captured: shard.seq, flushed: ownLog.last, first: ownLog.first },
    capturedUnits: tallies.capturedUnits,
    capturedOps: tallies.capturedOps,
    heartbeats: tallies.heartbeats,
    loopsSuppressed: tallies.loopsSuppressed,
    corrections: { ...tallies.corrections },
    conflicts: { ...tallies.conflicts },
    audit: { kept: shard.audit.kept, recorded: tallies.recorded, unrecorded: tallies.unrecorded },
    policies: { ...tallies.policies },
    untranslated: { ...tallies.untranslated },
    needsVerify: Object.keys(tallies.untranslated).length > 0,
    origins: [...inboxes.values()].map(reportOrigin),
    peers: options.peers.map(({ site, priority }) => ({
      site,
      priority,
      acknowledged: ledger.acknowledged[site] ?? 0,
      links: links.filter((link) => link.peer === site),
    })),
    pending: {
      units: pending.length,
      inbox,
      inFlight: Object.values(waiting).reduce((sum, one) => sum + one, 0),
      ...waiting,
    },
    log: {
      bytes: options.log.bytes(),
      oldestSeconds: oldest > 0 ? Math.max(0, shard.now() - unixOfTime(oldest)) / 1000 : 0,
    },
    window: reportWindow(shard),
    out: shard.outcasts.list(),
    alarms: shard.alarms.list(),
  };
}

function reportWindow(shard: Shard): WindowStatus {
  const { keys, bytes, cut, spilled } = shard.model;
  const away = awayPeer(shard);
  const heldBy =
    away === undefined ? null : { site: away.site, sinceUnixMs: away.time === 0 ? 0 : unixOfTime(away.time) };
  return { keys, bytes, spilled, stableUnixMs: unixOfTime(cut), heldBy };
}

function reportOrigin(inbox: Inbox): OriginStatus {
  return {
    origin: inbox.origin,
    site: inbox.site,
    received: inbox.flushedSeq,
    settled: inbox.acknowledged,
    appliedEntries: inbox.appliedEntries,
    appliedOps: inbox.appliedOps,
    deduplicated: inbox.deduplicated,
    lagSeconds: inbox.lagSeconds,
    skewSeconds: inbox.skewSeconds,
    quarantined: inbox.quarantine !== undefined,
  };
}
