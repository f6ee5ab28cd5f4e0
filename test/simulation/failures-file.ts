/** A file of seeds that have failed: a line each, with the command that plays it again, written as soon as it is known. */
import { appendFileSync } from 'node:fs';
import type { Outcome } from './play-seed.ts';
import { rerunLine } from './sim-arguments.ts';
import type { SimOptions } from './sim-run.ts';

/** Adds a line. */
export function noteFailure(file: string, { verdict, told }: Outcome, options: SimOptions): void {
  const what = (told.find((line) => !line.startsWith('of ')) ?? '').slice(0, 200);
  appendFileSync(file, `${JSON.stringify({ seed: options.seed, verdict, what, rerun: rerunLine(options) })}\n`);
}
