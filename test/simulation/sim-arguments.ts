/** What the simulator is told on its command line, and the line that runs one world again. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { freshSeed } from '../../apps/demo/src/lab/index.ts';
import { allGroups, type Group } from '../differential/row.ts';
import { faultNames } from './faults.ts';
import { askedFaults, moreFaultNames } from './more-faults.ts';
import { type DroppedRange, rangesOf, textOfRanges } from './selection.ts';
import { askedServerFaults, serverFaultNames } from './server-faults.ts';
import type { SimOptions } from './sim-run.ts';

/** Arguments that make no sense. */
export class UsageError extends Error {}

/** A run of many worlds. */
export interface SimArguments {
  readonly first: number;
  readonly seeds: number;
  readonly jobs: number;
  /** Whether it ends at the first that fails. */
  readonly stop: boolean;
  /** How long each world that fails may be made smaller, in milliseconds; 0: not at all. */
  readonly shrinkMs: number;
  /** The name of a bug to be planted. */
  readonly plant: string | undefined;
  /** The name of a case to be played in place of random writes. */
  readonly case: string | undefined;
  /** A file for seeds that fail. */
  readonly failures: string | undefined;
  /** Whether the worlds are those of every kind, so that everything has to occur. */
  readonly isWhole: boolean;
  /** A key whose commands are shown. */
  readonly trace: string | undefined;
  /** How the world of a seed is made. */
  readonly optionsOf: (seed: number) => SimOptions;
}

const [fewestSites, mostSites] = [2, 5];
const [mostJobs, mostShrinkSeconds] = [256, 3600];
/** Options with which some things never occur. */
const narrowing = ['only', 'writers', 'limiters', 'key', 'drop', 'without'] as const;

/** @throws UsageError, or what `parseArgs` throws */
export function readArguments(args: readonly string[]): SimArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string', default: '100' },
      seed: { type: 'string' },
      jobs: { type: 'string' },
      sites: { type: 'string' },
      steps: { type: 'string', default: '380' },
      writers: { type: 'string' },
      only: { type: 'string' },
      limiters: { type: 'string' },
      key: { type: 'string', multiple: true },
      failures: { type: 'string' },
      drop: { type: 'string' },
      'no-shrink': { type: 'boolean', default: false },
      shrink: { type: 'string', default: '60' },
      trace: { type: 'string' },
      without: { type: 'string' },
      with: { type: 'string' },
      calm: { type: 'boolean', default: false },
      stop: { type: 'boolean', default: false },
      plant: { type: 'string' },
      case: { type: 'string' },
    },
  });
  const sites = maybe(values.sites, (text) => count('--sites', text, fewestSites, mostSites));
  const common = {
    ...{ writes: count('--steps', values.steps, 1), faults: !values.calm },
    ...given('groups', values.only?.split(',').map(groupOf)),
    ...given('keys', values.key),
    ...given('drop', maybe(values.drop, dropped)),
    ...given('without', values.without?.split(',').map(faultOf)),
    ...given('asked', values.with?.split(',').map(askedOf)),
    ...given(
      'writers',
      maybe(values.writers, (text) => count('--writers', text, 1, mostSites)),
    ),
    ...given('limiters', maybe(values.limiters, alwaysOr)),
  };
  const seeds = count('--seeds', values.seeds, 1);
  const jobs = maybe(values.jobs, (text) => count('--jobs', text, 1, mostJobs)) ?? availableParallelism();
  return {
    seeds,
    first: count('--seed', values.seed ?? String(values.plant === undefined ? freshSeed() : 1), 0),
    jobs: values.trace === undefined ? Math.min(jobs, seeds) : 1,
    shrinkMs:
      values['no-shrink'] || values.trace !== undefined
        ? 0
        : 1000 * count('--shrink', values.shrink, 0, mostShrinkSeconds),
    ...{ stop: values.stop, plant: values.plant, case: values.case, trace: values.trace, failures: values.failures },
    isWhole: narrowing.every((name) => values[name] === undefined) && !values.calm,
    optionsOf: (seed) => ({ ...common, seed, sites: sites ?? fewestSites + (seed % (mostSites - fewestSites + 1)) }),
  };
}

/** The command that plays a world again. */
export function rerunLine({
  seed,
  sites,
  writes,
  faults,
  without,
  groups,
  writers,
  limiters,
  ...of
}: SimOptions): string {
  const more = [
    groups === undefined ? '' : ` --only ${groups}`,
    writers === undefined ? '' : ` --writers ${writers}`,
    limiters === undefined ? '' : ` --limiters ${limiters ? 'always' : 'never'}`,
    ...(of.keys ?? []).map((key) => ` --key ${quoted(key)}`),
    of.drop === undefined ? '' : ` --drop ${textOfRanges(of.drop)}`,
    without === undefined || without.length === 0 ? '' : ` --without ${without}`,
    of.asked === undefined ? '' : ` --with ${of.asked}`,
    faults === false ? ' --calm' : '',
  ];
  return `npm run sim -- --seeds 1 --seed ${seed} --sites ${sites} --steps ${writes}${more.join('')}`;
}

function maybe<T>(text: string | undefined, read: (text: string) => T): T | undefined {
  return text === undefined ? undefined : read(text);
}

/** A property, if there is a value for it. */
function given<N extends string, T>(name: N, value: T | undefined): { readonly [K in N]?: T } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [K in N]: T });
}

function groupOf(name: string): Group {
  const group = allGroups.find((known) => known === name);
  if (group === undefined) throw new UsageError(`--only: there is no group ${name}; there are ${allGroups.join(', ')}`);
  return group;
}

function dropped(text: string): readonly DroppedRange[] {
  const ranges = rangesOf(text);
  if (ranges !== undefined) return ranges;
  throw new UsageError(`--drop ${text}: numbers of steps are needed, such as 3,10-20`);
}

/** As a shell takes it for one word. */
function quoted(text: string): string {
  return /^[\w:.-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function askedOf(name: string): string {
  const names = [...askedFaults, ...askedServerFaults];
  if (names.includes(name)) return name;
  throw new UsageError(`--with ${name}: there are ${names.join(', ')}`);
}

function faultOf(name: string): string {
  const names = new Set([...faultNames, ...moreFaultNames, ...serverFaultNames]);
  if (names.has(name)) return name;
  throw new UsageError(`--without: there is no fault ${name}; there are ${[...names].join(', ')}`);
}

function alwaysOr(text: string): boolean {
  if (text === 'always' || text === 'never') return text === 'always';
  throw new UsageError(`--limiters ${text}: always or never is needed`);
}

function count(option: string, text: string, least: number, most: number = Number.MAX_SAFE_INTEGER): number {
  const value = Number(text);
  if (text !== '' && Number.isSafeInteger(value) && value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? '' : ` to ${most}`;
  throw new UsageError(`${option} ${text}: a whole number from ${least}${range} is needed`);
}
