/** Problems being retried or awaiting a person, by name. One line in the log when one begins, one when it passes. */
import type { WallClock } from '@entwine/core';
import type { EngineEvent } from './options.ts';
import type { Alarm } from './status.ts';

/** The alarms of one shard. */
export class Alarms {
  readonly #alarms = new Map<string, Alarm>();
  readonly #clock: WallClock;
  readonly #emit: (event: EngineEvent) => void;

  constructor(clock: WallClock, emit: (event: EngineEvent) => void) {
    this.#clock = clock;
    this.#emit = emit;
  }

  /** Something is wrong now. Logged when it begins or its message changes. */
  raise(name: string, message: string, level: 'warn' | 'error' = 'warn'): void {
    const known = this.#alarms.get(name);
    if (!known?.active || known.message !== message) this.#emit({ level, message, fields: { alarm: name } });
    this.#alarms.set(name, { name, message, since: this.#clock.now(), count: (known?.count ?? 0) + 1, active: true });
  }

  /** It has passed. */
  clear(name: string): void {
    const known = this.#alarms.get(name);
    if (!known?.active) return;
    this.#alarms.set(name, { ...known, active: false });
    this.#emit({ level: 'info', message: `${name} has passed`, fields: { alarm: name } });
  }

  list(): readonly Alarm[] {
    return [...this.#alarms.values()];
  }
}
