/** Entries as lines, for a counterexample. */
import type { OriginEntry } from './mesh.ts';
import { showOp } from './show-op.ts';

/** A line for each unit, heartbeats left out. */
export function show(entries: readonly OriginEntry[]): string {
  return entries
    .map(({ origin, entry }) =>
      entry.type === 'heartbeat' ? '' : `${origin} ${entry.time}: ${entry.ops.map(showOp).join('; ')}`,
    )
    .filter(Boolean)
    .join('\n');
}
