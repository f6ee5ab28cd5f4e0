/** The demo, run as `npm run demo` runs it once everything is installed: it must exit 0 and report no difference. */
import { join } from 'node:path';
import { Child, waitFor } from '../../apps/demo/src/lab/index.ts';
import type { Figures, RunContext, Scenario } from '../support/scenario.ts';

export const demo: Scenario = {
  name: 'demo',
  title: 'the demo exits 0: nothing differs after a cut of five seconds, and counters are exact',
  ciRuns: 1,
  fullRuns: 10,
  run,
};

async function run({ seed, folder, defer }: RunContext): Promise<Figures> {
  const main = join(import.meta.dirname, '../../apps/demo/src/main.ts');
  const child = new Child({
    name: 'demo',
    command: process.execPath,
    args: ['--conditions=@entwine/source', main],
    env: { ENTWINE_SEED: String(seed) },
    logFile: join(folder, 'demo.log'),
  });
  defer(() => child.stop());
  let ended: { code: number | null } | undefined;
  void child.exited.then((exit) => {
    ended = exit;
  });
  await waitFor('the demo has ended', () => ended !== undefined, { timeoutMs: 120_000 });
  if (ended?.code !== 0) throw new Error(`the demo exited with ${ended?.code}:\n${child.tail()}`);
  const row = (name: string): string => new RegExp(`\\| ${name} +\\| +(.*?) +\\|`).exec(child.tail())?.[1] ?? '';
  if (row('differences') !== '0') throw new Error(`the demo reports no table:\n${child.tail()}`);
  return {
    conflicts: row('conflicts resolved'),
    lag: row('lag p50 / p99'),
    counters: row('counters found'),
    keys: row('keys compared'),
  };
}
