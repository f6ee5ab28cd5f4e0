/**
 * Random streams of every write command at one site, then at three at once with links cut: the sites end equal, the one
 * that writes is not disturbed, counters are exact, and nothing that was added is missing.
 *
 * `--only lists,keys` draws only from such groups, `--mode one` plays only that way. The modes take turns by the seed.
 */
import { cpSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { endLaboratory, laboratory } from '../differential/laboratory.ts';
import { modes, play } from '../differential/modes.ts';
import { playOf, usualCommands } from '../differential/play-of.ts';
import { allGroups } from '../differential/row.ts';
import { shrunk } from '../differential/shrink.ts';
import type { Figures, RunContext, Scenario } from '../support/scenario.ts';

export const differential: Scenario = {
  name: 'differential',
  title: 'random streams of every write command at one site and at three: sites equal, counters exact, nothing missing',
  ciRuns: 4,
  fullRuns: 500,
  narrowing: {
    only: `groups of commands: ${allGroups.join(', ')}; or single commands, such as lpush`,
    without: 'commands or groups that are left out',
    mode: `one of ${modes.join(', ')}`,
    commands: `how many in a run, instead of ${usualCommands}`,
    shrink: 'seconds to spend on making a failing stream smaller (modes one and exact), instead of 60',
  },
  run,
  end: endLaboratory,
};

async function run({ seed, narrowed, folder, log }: RunContext): Promise<Figures> {
  const options = playOf(seed, narrowed);
  const lab = await laboratory();
  try {
    const outcome = await play(lab, options);
    if (outcome.wrong.length > 0) {
      log(`mode ${options.mode}: ${outcome.wrong.length} lines of differences`);
      throw new Error(`mode ${options.mode}:\n${outcome.wrong.join('\n')}`);
    }
    const { wrong: _, differing: __, ...figures } = outcome;
    return { mode: options.mode, ...figures };
  } catch (error) {
    cpSync(lab.folder, folder, { recursive: true, filter: worthKeeping });
    const message = error instanceof Error ? error.message : String(error);
    const smaller = await shrunk(options, 1000 * Number(narrowed.shrink ?? 60), log).catch(
      (failure: unknown) => `could not be made smaller: ${String(failure)}`,
    );
    await endLaboratory();
    throw new Error(`${message}\n${smaller}`, { cause: error });
  }
}

function worthKeeping(file: string): boolean {
  return statSync(file).isDirectory() ? basename(file) !== 'log' : /\.(log|yaml)$/.test(file);
}
