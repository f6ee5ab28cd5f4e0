/**
 * Making a failing stream smaller: first to what names a key that differs, then by leaving out ever smaller parts as
 * long as what is left still fails.
 *
 * Only for one site that writes, where the outcome hangs little on the moment. Each attempt has keys of its own.
 */
import type { Step } from './command-stream.ts';
import { showCommand } from './differences.ts';
import { endLaboratory, laboratory } from './laboratory.ts';
import { type Outcome, type Play, playOne, siteOf, stepsOf } from './modes.ts';
import type { Words } from './row.ts';

/** Steps shown at most. */
const shown = 30;

/** One command of a step; what it waits for and what serves it stay together. */
export interface Atom {
  readonly step: number;
  readonly command: number;
}

/** An attempt that failed. */
interface Failure {
  readonly kept: readonly Atom[];
  readonly steps: readonly Step[];
  readonly outcome: Pick<Outcome, 'wrong' | 'differing'>;
}

/** The smallest failing part found in the time given, in lines; empty when there was none. */
export async function shrunk(options: Play, budgetMs: number, log: (line: string) => void): Promise<string> {
  if ((options.mode !== 'one' && options.mode !== 'exact') || budgetMs <= 0) return '';
  const deadline = performance.now() + budgetMs;
  let attempts = 0;
  let failure: Failure | undefined;
  const fails = async (kept: readonly Atom[]): Promise<boolean> => {
    const lab = await laboratory();
    const attempt = { ...options, prefix: `${options.prefix}.${++attempts}` };
    const steps = rebuilt(stepsOf(lab, attempt, siteOf(attempt)), kept);
    const outcome = await playOne(lab, attempt, steps, 0).catch(async (error: unknown) => {
      await endLaboratory();
      return { wrong: [String(error)], differing: [] };
    });
    if (outcome.wrong.length === 0) return false;
    failure = { kept, steps, outcome };
    return true;
  };
  await endLaboratory();
  const all = atomsOf(stepsOf(await laboratory(), options, siteOf(options)));
  if (await fails([])) return 'even nothing at all fails';
  if (!(await fails(all))) return 'the same stream passed when it was played again';
  const whole = failure as unknown as Failure;
  for (const suspects of whole.outcome.differing.slice(0, 3)) {
    if (await fails(naming(whole, suspects))) break;
  }
  await reduce((failure as unknown as Failure).kept, fails, () => performance.now() > deadline);
  const { kept, steps, outcome } = failure as unknown as Failure;
  log(`${attempts} attempts left ${kept.length} of ${all.length} commands`);
  return [`${kept.length} commands are left that fail:`, ...show(steps), ...outcome.wrong.slice(0, 12)].join('\n');
}

/** Leaves out parts while `fails` says that the rest still does: first halves, in the end single items. */
export async function reduce<T>(
  all: readonly T[],
  fails: (kept: readonly T[]) => Promise<boolean>,
  over: () => boolean,
): Promise<readonly T[]> {
  let kept = all;
  for (let size = Math.ceil(kept.length / 2); size >= 1; ) {
    let smaller = false;
    // From the end: what comes last rests on what comes first.
    for (let end = kept.length; end > 0 && kept.length > 1; end -= size) {
      if (over()) return kept;
      const without = [...kept.slice(0, Math.max(0, end - size)), ...kept.slice(end)];
      if (without.length < kept.length && (await fails(without))) {
        kept = without;
        smaller = true;
      }
    }
    if (size === 1 && !smaller) break;
    size = size === 1 ? 1 : Math.ceil(size / 2);
  }
  return kept;
}

function atomsOf(steps: readonly Step[]): Atom[] {
  return steps.flatMap(({ commands, waits }, step) => {
    const places = waits !== undefined ? [0] : commands.flatMap((words, command) => (isFrame(words) ? [] : [command]));
    return places.map((command) => ({ step, command }));
  });
}

/** Transactions keep their frame as long as there is something in it. */
export function rebuilt(steps: readonly Step[], kept: readonly Atom[]): Step[] {
  const keptOf = new Map<number, Set<number>>();
  for (const { step, command } of kept) keptOf.set(step, (keptOf.get(step) ?? new Set()).add(command));
  return steps.flatMap((step, place) => {
    const places = keptOf.get(place);
    if (places === undefined) return [];
    if (step.waits !== undefined) return [step];
    const commands = step.commands.filter((words, command) => isFrame(words) || places.has(command));
    // What was to be confirmed as a whole cannot be when parts are left out.
    const { dues, ...rest } = step;
    return [commands.length === step.commands.length ? step : { ...rest, commands }];
  });
}

function isFrame([name = '']: Words): boolean {
  return name === 'MULTI' || name === 'EXEC' || name === 'DISCARD';
}

/** The commands of a failed attempt that name this key, and those that name no key of the run at all. */
function naming({ kept, steps }: Failure, key: string): Atom[] {
  const named = (words: Words): boolean => words.includes(key);
  const places = [...new Set(kept.map(({ step }) => step))];
  return kept.filter(({ step, command }) => {
    const { commands, waits } = steps[places.indexOf(step)] as Step;
    const words = commands[command] ?? [];
    if (waits !== undefined) return named(waits) || commands.some(named);
    return named(words) || /^(SELECT|FLUSH|SWAPDB|FUNCTION)/.test(words[0] ?? '');
  });
}

function show(steps: readonly Step[]): string[] {
  const lines = steps.slice(0, shown).map(({ db, waits, commands }) => {
    const waiting = waits === undefined ? [] : [`(waiting) ${showCommand(waits)}`];
    return `  [${db}] ${[...waiting, ...commands.map(showCommand)].join('; ')}`;
  });
  return steps.length > shown ? [...lines, `  … and ${steps.length - shown} more`] : lines;
}
