/** A site that writes nothing: it receives what others wrote, each log in order, in any interleaving, in batches. */
import { decideFlush } from '../src/apply/decide-flush.ts';
import { decideOp } from '../src/apply/decide-op.ts';
import { Effects } from '../src/apply/effects.ts';
import { expiryGraceMs } from '../src/merge/expiry-grace.ts';
import { Model } from '../src/merge/model.ts';
import { Keyspace } from './keyspace.ts';
import type { OriginEntry } from './mesh.ts';

export class Observer {
  readonly model: Model = new Model();
  readonly keyspace: Keyspace = new Keyspace();
  /** What was received, in order. */
  readonly seen: OriginEntry[] = [];

  /** Receives entries. @param choose - a number from 0 to its argument. */
  receive(entries: readonly OriginEntry[], choose: (most: number) => number): void {
    const waiting = Map.groupBy(entries, (one) => one.origin);
    let effects = new Effects();
    while (waiting.size > 0) {
      const origin = [...waiting.keys()][choose(waiting.size - 1)]!;
      const log = waiting.get(origin)!;
      this.#take(log[0]!, effects);
      if (log.length > 1) waiting.set(origin, log.slice(1));
      else waiting.delete(origin);
      if (choose(4) === 0) this.#take(this.seen[choose(this.seen.length - 1)]!, effects);
      if (choose(1) === 0) continue;
      this.#apply(effects);
      effects = new Effects();
    }
    this.#apply(effects);
  }

  #take(one: OriginEntry, effects: Effects): void {
    this.seen.push(one);
    const { origin, entry } = one;
    if (entry.type === 'heartbeat') return;
    const stamp = { time: entry.time, priority: entry.priority, origin };
    for (const op of entry.ops) {
      if (op.type === 'flush') decideFlush(this.model, op, stamp, effects);
      else decideOp(this.model, op, stamp, effects);
    }
  }

  #apply(effects: Effects): void {
    const refused = this.keyspace.apply(effects.args);
    if (refused > 0) throw new Error(`${refused} operations refused: ${effects.args}`);
  }
}

/** A readout in which expiries that have moved on by whole steps of grace are the same. */
export function withoutGrace(readout: Readonly<Record<string, string>>): Record<string, string> {
  const line = (text: string): string =>
    text.replace(/until (\d+)$/, (_, at: string) => `until +${Number(at) % expiryGraceMs}`);
  return Object.fromEntries(Object.entries(readout).map(([key, text]) => [key, line(text)]));
}
