/**
 * One run of a scenario: its folder, its end, whatever happens, and how to repeat it.
 *
 * A failed run leaves its logs and configurations in `.test-results/`, and its error says how to run it again.
 */
import { cpSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { prepareMesh, temporaryFolder } from '../../apps/demo/src/lab/index.ts';
import type { Figures, RunContext, Scenario } from './scenario.ts';

export interface RunOptions {
  readonly seed: number;
  readonly run: number;
  readonly full: boolean;
  readonly narrowed?: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
}

/** Runs it once; rejects with a message that holds the seed and a rerun command. */
export async function runScenario(scenario: Scenario, options: RunOptions): Promise<Figures> {
  const folder = temporaryFolder(scenario.name);
  const undo: (() => unknown)[] = [];
  const prepare: RunContext['prepare'] = async (meshOptions) => {
    const mesh = await prepareMesh({ ...meshOptions, folder });
    undo.push(() => mesh.stop());
    return mesh;
  };
  try {
    return await scenario.run({
      narrowed: {},
      ...options,
      folder,
      prepare,
      start: async (meshOptions) => {
        const mesh = await prepare(meshOptions);
        await mesh.startReplicators();
        return mesh;
      },
      defer: (task) => undo.push(task),
    });
  } catch (error) {
    const kept = keepLogs(folder, `${scenario.name}-${options.seed}`);
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`${scenario.name}: ${message}\nlogs: ${kept}\nrerun: ${rerunCommand(scenario, options)}`, {
      cause: error,
    });
  } finally {
    for (const task of undo.reverse()) await task();
    if (process.env.ENTWINE_KEEP !== '1') rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The command that repeats this very run. */
export function rerunCommand(scenario: Scenario, options: RunOptions): string {
  const narrowed = Object.entries(options.narrowed ?? {}).map(([name, value]) => ` --${name} ${value}`);
  const full = options.full ? ' --full' : '';
  return `npm run prove -- ${scenario.name} --runs 1 --seed ${options.seed}${full}${narrowed.join('')}`;
}

/** Copies logs and configurations, not data. Returns where, from the root of the repository. */
function keepLogs(folder: string, name: string): string {
  const place = join('.test-results', name);
  const kept = join(import.meta.dirname, '../..', place);
  rmSync(kept, { recursive: true, force: true });
  const worthKeeping = (file: string): boolean => statSync(file).isDirectory() || /\.(log|yaml)$/.test(basename(file));
  cpSync(folder, kept, { recursive: true, filter: worthKeeping });
  return place;
}
