/** What occurs in simulated worlds: counted by name, and which of it must occur in every run that is long enough. */
import type { ShardStatus } from '@entwine/engine';

/** Counts by name. */
export class Situations {
  readonly counts = new Map<string, number>();

  note(name: string, times: number = 1): void {
    if (times > 0) this.counts.set(name, (this.counts.get(name) ?? 0) + times);
  }

  has(name: string): boolean {
    return this.counts.has(name);
  }

  /** Notes what a replicator has counted in its life. @param isRestart - it began with a log that was there. */
  tell({ conflicts, corrections, origins, alarms, attached, loopsSuppressed }: ShardStatus, isRestart: boolean): void {
    for (const [outcome, times] of Object.entries(conflicts)) this.note(`conflict ${outcome}`, times);
    for (const [kind, times] of Object.entries(corrections)) this.note(`correction ${kind}`, times);
    for (const { deduplicated } of origins) this.note('entry deduplicated', deduplicated);
    for (const { name, count, active } of alarms) {
      if (name.startsWith('link-in-')) this.note('link reconnected', active ? count - 1 : count);
      else if (name === 'marker-damaged') {
        this.note('marker damaged', count);
        if (!active) this.note('marker repaired');
      } else if (name === 'apply-failed') this.note('call failed', count);
    }
    this.note('own call seen again', loopsSuppressed);
    if (isRestart && attached === 'continue') this.note('restart from the ledger');
  }
}

/** From so many worlds on, everything below has to occur. */
export const enoughSeeds = 200;

/** What hostile worlds of every kind of command have to meet, with its meaning where the name does not tell. */
export const expected: readonly string[] = [
  // What a peer wrote and lost, by kind.
  ...['string', 'hash', 'set', 'zset', 'list', 'stream', 'delete', 'expiry', 'count', 'guarded'].map(
    (kind) => `conflict ${kind}/remote-lost`,
  ),
  'correction reassert',
  'correction by difference',
  'correction re-issue',
  'correction marker',
  'correction state',
  'correction want',
  'correction check',
  'correction repair',
  'op state',
  'op refill',
  'op want',
  'op check',
  'entry deduplicated',
  'batch repeated',
  'answer lost',
  'late duplicate refused',
  'second replicator',
  'second replicator resync-required',
  'marker damaged',
  'marker repaired',
  'restart from the ledger',
  'crash',
  'crash between marker and commit',
  'partition',
  'isolation',
  'one-way-partition',
  'one-way-delay',
  'slow-redis',
  'lost-source',
  'lost-target',
  'lost-events',
  'clock-steps',
  'clock-back',
  'drift',
  'site gone',
  'site declared out',
  'site declared out is back',
  'site declared out resync-required',
  'eviction',
  'failover',
  'lost-master',
  'writes lost with a master',
  'server-restart',
  'inbox paused',
  'key spilled',
  'spilled key came back',
  'spilled key forgotten',
  'source paused',
  'link reconnected',
  'call failed',
  'own call seen again',
];
