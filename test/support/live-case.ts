/**
 * Cases played live, on real sites. Tests run them one by one by their names; a scenario runs them all, with its seed.
 *
 * Most share their sites and keep to keys of their own. What a case that failed leaves behind touches no other, but for the
 * sites, which are ended then.
 */
import { cpSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { configOf, type Mesh, prepareMesh, temporaryFolder } from '../../apps/demo/src/lab/index.ts';
import type { Case } from './case.ts';
import { LiveStage } from './live-stage.ts';
import type { Figures, RunContext, Scenario } from './scenario.ts';

interface Shared {
  readonly mesh: Mesh;
  readonly folder: string;
}

const usual = { names: ['a', 'b', 'c'], withReplicas: false, applyThroughProxy: ['a', 'b', 'c'] };
let shared: Shared | undefined;
let played = 0;

/** A scenario that plays all cases, or those that `--only` names, and tells every one that failed. */
export function scenarioOf(head: Pick<Scenario, 'name' | 'title' | 'fullRuns'>, all: readonly Case[]): Scenario {
  const cases = all.filter(({ onlySimulated }) => onlySimulated === undefined);
  return {
    ...head,
    ciRuns: 1,
    inParts: true,
    narrowing: { only: `cases: ${cases.map(({ name }) => name).join(', ')}` },
    run: (context) => playAll(cases, context),
    end: endShared,
  };
}

async function playAll(cases: readonly Case[], context: RunContext): Promise<Figures> {
  const only = context.narrowed.only?.split(',');
  const chosen = cases.filter(({ name }) => only === undefined || only.includes(name));
  if (chosen.length === 0) throw new Error(`there is no case ${context.narrowed.only}`);
  const failures: string[] = [];
  for (const live of chosen) {
    try {
      await play(live, context);
      context.log(`${live.name}: holds`);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      context.log(`${live.name}: ${message}`);
      failures.push(`${live.name}: ${message}`);
    }
  }
  if (failures.length > 0) throw new Error(`${failures.length} of ${chosen.length} failed\n${failures.join('\n')}`);
  return { cases: chosen.length };
}

async function play(live: Case, context: RunContext): Promise<void> {
  const { mesh, folder } = await sitesOf(live);
  const stage = new LiveStage(mesh, context.seed, `${live.name}:${++played}:`);
  let passed = false;
  try {
    await live.run(stage);
    passed = true;
  } finally {
    stage.together();
    stage.close();
    if (!passed) cpSync(folder, join(context.folder, live.name), { recursive: true, filter: isLog });
    if (live.own !== undefined) await end({ mesh, folder });
    else if (!passed) await endShared();
  }
}

async function sitesOf({ name, own, eviction }: Case): Promise<Shared> {
  if (own === undefined && shared !== undefined) return shared;
  const folder = temporaryFolder(own === undefined ? 'cases' : name);
  const mesh = await prepareMesh({ ...usual, ...own, folder });
  if (eviction !== undefined) {
    for (const { replicator } of mesh.sites) replicator.configure({ ...configOf(replicator.options), eviction });
  }
  await mesh.startReplicators();
  const made = { mesh, folder };
  if (own === undefined) shared = made;
  return made;
}

/** Ends the sites that cases share; the next case starts new ones. */
export async function endShared(): Promise<void> {
  const ending = shared;
  shared = undefined;
  if (ending !== undefined) await end(ending);
}

async function end({ mesh, folder }: Shared): Promise<void> {
  await mesh.stop();
  if (process.env.ENTWINE_KEEP !== '1') rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

function isLog(file: string): boolean {
  return statSync(file).isDirectory() ? basename(file) !== 'log' : /\.(log|yaml)$/.test(file);
}
