/** What replicators say about entries of one another. */
import type { ReplicatorStatus, Site } from '../../apps/demo/src/lab/index.ts';

/** Entries of `origin` applied at a site since its replicator was started. */
export function appliedFrom(status: ReplicatorStatus, origin: string): number {
  return status.origins
    .filter((candidate) => candidate.site === origin)
    .reduce((sum, candidate) => sum + candidate.appliedEntries, 0);
}

/** The same by the metrics, as a monitoring system would read it. */
export async function appliedByMetrics(site: Site, origin: string): Promise<number> {
  let sum = 0;
  for (const [name, value] of await site.replicator.metrics()) {
    if (name.startsWith(`entwine_applied_entries_total{origin="${origin}/`)) sum += value;
  }
  return sum;
}

/** Corrections of every kind written by a site. */
export function correctionsOf(status: ReplicatorStatus): number {
  return Object.values(status.corrections).reduce((sum, count) => sum + count, 0);
}
