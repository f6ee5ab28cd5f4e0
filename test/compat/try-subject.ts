/** Plays the live differential on the servers of a subject, and sums up what came of it. */
import { generators } from '../differential/generator-table.ts';
import { endLaboratory, laboratory } from '../differential/laboratory.ts';
import { type Outcome, play } from '../differential/modes.ts';
import { playOf } from '../differential/play-of.ts';
import { modesOf, type Subject, titleOf } from './subjects.ts';

export interface Tried {
  readonly title: string;
  /** As ENTWINE_REDIS_SERVER names them. */
  readonly servers: string;
  readonly seed: number;
  readonly runs: number;
  readonly modes: readonly string[];
  /** Commands and groups of commands that were left out by the command line. */
  readonly without: readonly string[];
  /** How many commands, and options that COMMAND does not list, all its servers know. */
  readonly known: number;
  readonly sent: number;
  readonly keys: number;
  readonly elements: number;
  /** Keys that were not equal, over all runs. */
  readonly differing: number;
  readonly failures: readonly Failure[];
}

export interface Failure {
  readonly seed: number;
  readonly mode: string;
  readonly lines: readonly string[];
}

export interface Trial {
  readonly seed: number;
  readonly runs: number;
  /** Narrowing as of the scenario `differential`; `mode` may name several. */
  readonly narrowed: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
}

/** How many lines of a failure are kept. */
const kept = 12;

export async function trySubject(subject: Subject, { seed: first, runs, narrowed, log }: Trial): Promise<Tried> {
  const before = process.env.ENTWINE_REDIS_SERVER;
  process.env.ENTWINE_REDIS_SERVER = subject.servers;
  const able = modesOf(subject);
  const chosen = (narrowed.mode?.split(',') ?? able).filter((mode) => able.includes(mode));
  const failures: Failure[] = [];
  const sums = { sent: 0, keys: 0, elements: 0, differing: 0 };
  let known = 0;
  try {
    for (let run = 0; run < runs; run++) {
      const seed = first + run;
      const mode = chosen[run % chosen.length] ?? 'one';
      const started = performance.now();
      const options = playOf(seed, { ...narrowed, mode });
      const outcome = await laboratory()
        .then(async (lab) => {
          known = generators.size - lab.unknown.size;
          return play(lab, options);
        })
        .catch(failed);
      sums.sent += outcome.sent;
      sums.keys += outcome.keys;
      sums.elements += outcome.elements;
      sums.differing += outcome.differing.length;
      const { wrong } = outcome;
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      log(`seed ${seed}, ${mode}: ${wrong.length === 0 ? 'equal' : 'FAILED'}, ${outcome.sent} commands, ${seconds} s`);
      if (wrong.length === 0) continue;
      failures.push({ seed, mode, lines: wrong.slice(0, kept) });
      await endLaboratory();
    }
    const title = await titleOf(subject);
    const without = (narrowed.without ?? '').split(',').filter((name) => name !== '');
    const modes = [...new Set(chosen)];
    return { ...{ title, servers: subject.servers, seed: first, runs, modes, without, known }, ...sums, failures };
  } finally {
    await endLaboratory();
    if (before === undefined) delete process.env.ENTWINE_REDIS_SERVER;
    else process.env.ENTWINE_REDIS_SERVER = before;
  }
}

/** What did not come to a comparison. */
function failed(error: unknown): Pick<Outcome, 'wrong' | 'differing' | 'sent' | 'keys' | 'elements'> {
  const lines = (error instanceof Error ? error.message : String(error)).split('\n');
  return { wrong: lines, differing: [], sent: 0, keys: 0, elements: 0 };
}
