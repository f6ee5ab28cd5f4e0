/** Plays one seed to its end, whatever that is, and says what became of it as a plain value. */
import { MemoryLogError } from '@entwine/testkit';
import { type SimOptions, simulate } from './sim-run.ts';
import { Restless } from './sim-world.ts';

/** What became of a seed. `unsafe`: something was lost, differs, or was thrown; `stuck`: the world never came to rest. */
export interface Outcome {
  readonly seed: number;
  readonly verdict: 'passed' | 'unsafe' | 'stuck';
  /** What is wrong, one line each. */
  readonly told: readonly string[];
  readonly situations: Readonly<Record<string, number>>;
}

/** What the world that is being played has to look at: an error that was thrown where nobody waits for it ends it. */
let playing: { error?: Error } | undefined;

/**
 * Has errors that nobody waits for end the world they come from, and not the process. Once a process. When a world is over, its
 * replicators are gone, and so are their logs: what one of them was still about to write is no error of the next world.
 */
export function catchStrays(): void {
  process.on('uncaughtException', (error) => {
    if (playing !== undefined) playing.error ??= error;
    else if (!(error instanceof MemoryLogError && error.code === 'closed')) throw error;
  });
}

/** Plays it. Never rejects. */
export async function playSeed(options: SimOptions): Promise<Outcome> {
  const trouble: { error?: Error } = {};
  playing = trouble;
  const { seed } = options;
  // A world keeps the event loop to itself: signals and messages come between two.
  await new Promise((resolve) => setImmediate(resolve));
  try {
    const { wrong, groups, situations } = await simulate({ ...options, trouble });
    const told = wrong.length === 0 ? [] : [`of ${groups}`, ...wrong];
    return {
      seed,
      verdict: wrong.length === 0 ? 'passed' : 'unsafe',
      told,
      situations: Object.fromEntries(situations),
    };
  } catch (error) {
    const isStuck = error instanceof Restless;
    const told = isStuck ? error.message : String((error as Error).stack);
    return { seed, verdict: isStuck ? 'stuck' : 'unsafe', told: told.split('\n'), situations: {} };
  } finally {
    playing = undefined;
  }
}
