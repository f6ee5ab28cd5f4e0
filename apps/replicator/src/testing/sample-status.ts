/**
 * A status with something in every field, for tests of what is made from it.
 */
import type { ShardStatus } from '@entwine/engine';

/** A running shard of site `a` with one peer; fields given replace its own. */
export function sampleStatus(changes: Partial<ShardStatus> = {}): ShardStatus {
  return {
    site: 'a',
    shard: 'main',
    origin: 'a/main/00ff',
    state: 'running',
    reason: '',
    attached: 'continue',
    endpoint: '127.0.0.1:7002',
    role: 'replica',
    position: { replicationId: 'e'.repeat(40), offset: 123_456, db: 0 },
    seq: { captured: 120, flushed: 118, first: 90 },
    capturedUnits: 100,
    capturedOps: 250,
    heartbeats: 20,
    loopsSuppressed: 70,
    policies: { undone: 5, left: 2, filtered: 7 },
    corrections: { reassert: 3, marker: 1 },
    conflicts: { 'string/local-lost': 4, 'count/remote-lost': 1 },
    audit: { kept: 7, recorded: 5, unrecorded: 2 },
    untranslated: { bitop: 2 },
    needsVerify: true,
    origins: [
      {
        origin: 'b/main/11ee',
        site: 'b',
        received: 80,
        settled: 79,
        appliedEntries: 70,
        appliedOps: 140,
        deduplicated: 5,
        lagSeconds: 0.0042,
        skewSeconds: -0.25,
        quarantined: false,
      },
    ],
    peers: [
      {
        site: 'b',
        priority: 1,
        acknowledged: 117,
        links: [
          { peer: 'b', direction: 'in', state: 'up', detail: '' },
          { peer: 'b', direction: 'out', state: 'down', detail: '127.0.0.1:7102 refused' },
        ],
      },
    ],
    pending: { units: 2, inbox: 1, inFlight: 4, calls: 1, reads: 0, additions: 0, wants: 0, checks: 0, undone: 3 },
    log: { bytes: 4_718_592, oldestSeconds: 12.5 },
    out: [],
    window: { keys: 42, bytes: 52_000, spilled: { keys: 0, bytes: 0 }, stableUnixMs: 1_790_000_000_000, heldBy: null },
    alarms: [
      { name: 'source-detached', message: 'the connection ended', since: 1_000_000, count: 2, active: true },
      { name: 'apply-failed', message: 'over by now', since: 900_000, count: 1, active: false },
    ],
    ...changes,
  };
}
