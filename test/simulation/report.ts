/** What a run of many worlds tells: every failure as it is found, made smaller; at the end how often everything occurred. */
import type { Outcome } from './play-seed.ts';
import { playSeed } from './play-seed.ts';
import { keysOfLines } from './selection.ts';
import { shrink } from './shrink.ts';
import { rerunLine, type SimArguments } from './sim-arguments.ts';
import type { SimOptions } from './sim-run.ts';
import { enoughSeeds, expected } from './situations.ts';

/** Exit codes, the first that applies; 2 is for arguments that make no sense. */
export const exitCodes = { passed: 0, unsafe: 1, usage: 2, stuck: 3, missing: 4 } as const;

/** Of a world that fails: lines that are shown, characters of each, and commands. */
const [shownLines, shownLength, shownCommands] = [6, 600, 60];
/** How many failing worlds are made smaller. */
const mostShrunk = 3;

/** The report of one run. */
export class Report {
  readonly #args: SimArguments;
  readonly #print: (line: string) => void;
  readonly #situations = new Map<string, number>();
  readonly #verdicts = { passed: 0, unsafe: 0, stuck: 0 };
  #shrunk = 0;

  constructor(args: SimArguments, print: (line: string) => void = (line) => console.log(line)) {
    this.#args = args;
    this.#print = print;
  }

  /** Takes an outcome; tells what failed. */
  async take(outcome: Outcome, options: SimOptions): Promise<void> {
    this.#verdicts[outcome.verdict]++;
    for (const [name, times] of Object.entries(outcome.situations))
      this.#situations.set(name, (this.#situations.get(name) ?? 0) + times);
    if (outcome.verdict === 'passed') return;
    this.#print(`seed ${outcome.seed} FAILED${outcome.verdict === 'stuck' ? ' (liveness)' : ''}`);
    this.#tell(outcome, options);
    if (this.#args.shrinkMs > 0 && this.#shrunk++ < mostShrunk) await this.#shrink(outcome, options);
  }

  /** Tells how it went. @returns the exit code */
  end(): number {
    const { passed, unsafe, stuck } = this.#verdicts;
    const played = passed + unsafe + stuck;
    const sorted = [...this.#situations].sort(([a], [b]) => (a < b ? -1 : 1));
    this.#print(sorted.map(([name, times]) => `${name} ${times}`).join(', '));
    const each = (name: string): string => ((this.#situations.get(name) ?? 0) / Math.max(1, played)).toFixed(2);
    this.#print(
      `each world on average: ${each('write')} writes, ${each('partition')} partitions, ${each('crash')} crashes`,
    );
    const missing = this.#args.isWhole ? expected.filter((name) => !this.#situations.has(name)) : [];
    if (missing.length > 0) this.#print(`never occurred: ${missing.join(', ')}`);
    this.#print(`${passed} of ${played} passed, ${unsafe} unsafe, ${stuck} without rest`);
    if (unsafe > 0) return exitCodes.unsafe;
    if (stuck > 0) return exitCodes.stuck;
    return missing.length > 0 && played >= enoughSeeds ? exitCodes.missing : exitCodes.passed;
  }

  #tell({ told }: Outcome, options: SimOptions): void {
    for (const line of told.slice(0, shownLines)) this.#print(`  ${line.slice(0, shownLength)}`);
    this.#print(`  ${rerunLine(options)}`);
  }

  async #shrink(outcome: Outcome, options: SimOptions): Promise<void> {
    const end = Date.now() + this.#args.shrinkMs;
    const smallest = await shrink({ options, outcome }, { isLate: () => Date.now() > end });
    if (smallest.options === options) {
      this.#print('  no smaller world fails');
      return;
    }
    this.#print('  smaller:');
    this.#tell(smallest.outcome, smallest.options);
    const keys = keysOfLines(smallest.outcome.told);
    const commands: string[] = [];
    await playSeed({ ...smallest.options, onCommand: tracing(keys, (line) => commands.push(line)) });
    for (const line of commands.slice(-shownCommands)) this.#print(`  ${line.slice(0, shownLength)}`);
  }
}

/** Shows the commands on keys with their transactions, and those that may touch any: milliseconds from the beginning, site, database. */
export function tracing(keys: readonly string[], print: (line: string) => void): NonNullable<SimOptions['onCommand']> {
  /** The lines of an open transaction, and whether it concerns us. */
  let open: { readonly lines: string[]; isOurs: boolean } | undefined;
  return (site, db, words, reply, at) => {
    const line = `${at.toFixed(1)} ${site} [${db}] ${JSON.stringify(words)} -> ${JSON.stringify(reply, bigAsText)}`;
    const isOurs = words.some((word) => keys.includes(word)) || /^(?:FLUSH|SWAP)/.test(words[0]!);
    if (words[0] === 'MULTI') open = { lines: [], isOurs: false };
    if (open === undefined) {
      if (isOurs) print(line);
      return;
    }
    open.isOurs ||= isOurs;
    if (isOurs || /^(?:MULTI|EXEC|DISCARD)$/.test(words[0]!)) open.lines.push(line);
    if (words[0] !== 'EXEC' && words[0] !== 'DISCARD') return;
    if (open.isOurs) for (const held of open.lines) print(held);
    open = undefined;
  };
}

function bigAsText(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
