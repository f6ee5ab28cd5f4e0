/**
 * Other sites' commands that were not run here, since they did not stand on what was there: which they are, the order of their
 * versions does not tell, as that is not the order in which they came. So it is kept in the ledger, and a restart replays the
 * log by it.
 */
import type { Op, Origin, Stamp, Time } from '@entwine/core';
import type { Ledger } from './ledger.ts';

/** So many are remembered; of what is older, a restart judges anew. */
export const maxUnrun = 256;

/** The place of a command: its entry's time, and its index there. */
export type Unrun = readonly [time: Time, index: number];

/** Adds commands of an origin that were not run. */
export function noteUnrun(ledger: Ledger, origin: Origin, commands: readonly Unrun[]): void {
  const all = [...Object.entries(ledger.unrun), [origin, commands] as const]
    .flatMap(([of, kept]) => kept.map((command) => ({ of, command })))
    .filter(({ command: [time] }) => time > ledger.kept)
    .sort((a, b) => a.command[0] - b.command[0]);
  const dropped = all.splice(0, Math.max(0, all.length - maxUnrun)).at(-1);
  if (dropped !== undefined) ledger.unrunFrom = Math.max(ledger.unrunFrom, dropped.command[0]);
  const unrun: Record<Origin, Unrun[]> = {};
  for (const { of, command } of all) {
    unrun[of] ??= [];
    unrun[of].push(command);
  }
  ledger.unrun = unrun;
}

/** What the ledger remembers of them, for a replay. */
export class UnrunCommands {
  readonly #places: ReadonlySet<string>;
  readonly #from: Time;

  constructor({ unrun, unrunFrom }: Ledger) {
    this.#from = unrunFrom;
    this.#places = new Set(
      Object.entries(unrun).flatMap(([origin, commands]) =>
        commands.map(([time, index]) => `${origin} ${time} ${index}`),
      ),
    );
  }

  /** Whether a command that is settled was run; undefined: nobody remembers. */
  ran({ index }: Op, { time, origin }: Stamp): boolean | undefined {
    return time <= this.#from ? undefined : !this.#places.has(`${origin} ${time} ${index}`);
  }
}
