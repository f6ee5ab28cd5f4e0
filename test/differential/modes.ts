/**
 * The ways in which a stream is played: at one site in pipelines, at one site in lockstep with a plain server, or at
 * three sites at once while links are cut. Each returns what is wrong, in lines.
 */
import { type FaultProxy, pause, Random } from '../../apps/demo/src/lab/index.ts';
import { commandStream, type Step, type StreamOptions } from './command-stream.ts';
import { compareSettled, tellDifferences, tellReplies, tellServers } from './differences.ts';
import { Dues } from './dues.ts';
import { deleteHalfChanged } from './half-changed.ts';
import type { Laboratory } from './laboratory.ts';
import { lingeringMs } from './lingering.ts';
import { RawConnection, Refused } from './raw-connection.ts';
import type { Group } from './row.ts';
import { type Done, Writer } from './writer.ts';

export const modes = ['one', 'three', 'exact', 'three-apart'] as const;
export type Mode = (typeof modes)[number];

export interface Play {
  readonly seed: number;
  readonly mode: Mode;
  readonly groups: readonly Group[];
  /** Names of generators that are not drawn. */
  readonly without: ReadonlySet<string>;
  readonly commands: number;
  readonly prefix: string;
  /** Unix ms. */
  readonly now: number;
}

export interface Outcome {
  readonly wrong: readonly string[];
  /** The first keys that differ. */
  readonly differing: readonly string[];
  readonly sent: number;
  readonly refused: number;
  /** How many different commands were not refused. */
  readonly kinds: number;
  readonly keys: number;
  readonly elements: number;
  readonly dues: number;
  /** Ms after writing until everything was equal, or given up. */
  readonly settledMs: number;
  /** 1 when keys that had expired at one site lived on at another for a while; 0 otherwise. */
  readonly lingered: number;
}

/** How long sites that do not agree are looked at again, ms. */
const usualPatienceMs = 2_000;

/** Everything random follows from the seed, but the moments at which things meet. */
export async function play(laboratory: Laboratory, options: Play): Promise<Outcome> {
  return options.mode === 'one' || options.mode === 'exact'
    ? playOne(laboratory, options, stepsOf(laboratory, options, siteOf(options)))
    : playThree(laboratory, options);
}

/** The steps for a site. */
export function stepsOf({ payloads, unknown }: Laboratory, options: Play, site: string): Step[] {
  // Not by the same remainder as the mode, which takes turns by the seed too.
  const flushAll = Math.floor(options.seed / modes.length) % 3 === 0;
  const stream: StreamOptions = {
    ...{ seed: options.seed * 8 + site.charCodeAt(0), site, prefix: options.prefix, now: options.now },
    ...{ groups: options.groups, without: new Set([...options.without, ...unknown]), payloads, flushAll },
    determinate: options.mode === 'exact',
    commands: options.commands,
    withDues: !flushAll || !options.groups.includes('flush'),
  };
  return commandStream(stream);
}

/** The one site that writes. */
export function siteOf({ seed }: Play): string {
  return ['a', 'b', 'c'][seed % 3] ?? 'a';
}

/** One site executes these steps, the others receive. */
export async function playOne(
  laboratory: Laboratory,
  options: Play,
  steps: readonly Step[],
  patienceMs: number = usualPatienceMs,
): Promise<Outcome> {
  const { mesh, plain } = laboratory;
  const { master: server, name } = mesh.site(siteOf(options));
  const dues = new Dues();
  const lockstep = options.mode === 'exact';
  const trail = await execute(await Writer.open({ server, seed: options.seed, lockstep, dues }), steps);
  const wrong: string[] = [];
  const settling = await compared(laboratory, new Map([[name, trail]]), dues, wrong, patienceMs);
  if (lockstep) {
    const other = await execute(await Writer.open({ server: plain, seed: options.seed, lockstep }), steps);
    await deleteHalfChanged(plain, other);
    wrong.push(...tellReplies(trail, other).slice(0, 5), ...(await tellServers(server, plain)).slice(0, 5));
  }
  return { ...settling, wrong, ...counted([trail]), dues: dues.count };
}

async function playThree(laboratory: Laboratory, options: Play): Promise<Outcome> {
  const { mesh } = laboratory;
  const dues = new Dues();
  const apart = options.mode === 'three-apart';
  const each = { ...options, commands: Math.ceil(options.commands / mesh.sites.length) };
  const random = new Random(options.seed);
  let writing = true;
  const links = apart ? isolate(laboratory, random) : cutAndHeal(laboratory, random, () => writing);
  const writers = await Promise.all(
    mesh.sites.map(({ master }, place) =>
      Writer.open({ server: master, seed: options.seed + place, lockstep: false, pauseMs: apart ? 0 : 30, dues }),
    ),
  );
  const trails = new Map<string, Done[]>();
  const work = mesh.sites.map(async ({ name }, place) => {
    trails.set(name, await execute(writers[place] as Writer, stepsOf(laboratory, each, name)));
  });
  await Promise.all(work);
  writing = false;
  await links;
  healAll(laboratory);
  const wrong: string[] = [];
  const settling = await compared(laboratory, trails, dues, wrong, usualPatienceMs);
  return { ...settling, wrong, ...counted([...trails.values()]), dues: dues.count };
}

async function execute(writer: Writer, steps: readonly Step[]): Promise<Done[]> {
  try {
    await writer.run(steps);
    return writer.trail;
  } finally {
    writer.close();
  }
}

/** Waits, compares, and adds what is wrong. */
async function compared(
  { mesh }: Laboratory,
  trails: ReadonlyMap<string, readonly Done[]>,
  dues: Dues,
  wrong: string[],
  patienceMs: number,
): Promise<Pick<Outcome, 'differing' | 'keys' | 'elements' | 'settledMs' | 'lingered'>> {
  const masters = mesh.sites.map(({ master }) => master);
  for (const { name, master } of mesh.sites) await deleteHalfChanged(master, trails.get(name) ?? []);
  const started = performance.now();
  let comparison = await compareSettled(mesh.sites, patienceMs);
  const lingering = comparison.differing > 0 ? await lingeringMs(comparison, masters) : undefined;
  if (lingering !== undefined) {
    await pause(lingering + 1000);
    comparison = await compareSettled(mesh.sites, patienceMs);
  }
  const settledMs = Math.round(performance.now() - started);
  if (comparison.differing > 0) wrong.push(...tellDifferences(comparison, trails));
  for (const { name, master } of mesh.sites) {
    const connection = await RawConnection.open(master.port);
    wrong.push(...(await dues.check(connection, name)).slice(0, 10));
    connection.close();
  }
  const differing = comparison.keysThatDiffer.map(({ key }) => key);
  const figures = { keys: comparison.keys, elements: comparison.elements, settledMs };
  return { differing, ...figures, lingered: lingering === undefined ? 0 : 1 };
}

function counted(trails: readonly Done[][]): Pick<Outcome, 'sent' | 'refused' | 'kinds'> {
  const all = trails.flat();
  const accepted = all.filter(({ reply }) => !(reply instanceof Refused));
  const kinds = new Set(accepted.map(({ command: [name = '', sub = ''] }) => nameOf(name, sub)));
  return { sent: all.length, refused: all.length - accepted.length, kinds: kinds.size };
}

function nameOf(name: string, sub: string): string {
  return name === 'XGROUP' || name === 'FUNCTION' ? `${name} ${sub}` : name;
}

/**
 * Links swallow everything more often than they are cut: dialling again takes longer each time, until a link has lasted.
 */
const cutShare = 0.15;

function interrupt(links: readonly FaultProxy[], random: Random): void {
  const cut = random.chance(cutShare);
  for (const link of links) {
    if (cut) link.cut();
    else link.blackhole();
  }
}

async function isolate({ mesh }: Laboratory, random: Random): Promise<void> {
  interrupt(
    pairs.flatMap(([one, other]) => mesh.links(one, other)),
    random,
  );
}

/** Interrupts a link, or all of one site, for a while; then others. */
async function cutAndHeal({ mesh }: Laboratory, random: Random, goOn: () => boolean): Promise<void> {
  while (goOn()) {
    await pause(random.integer(10, 150));
    const lonely = random.pick(['a', 'b', 'c']);
    const cut = random.chance(0.4) ? [random.pick(pairs)] : pairs.filter((pair) => pair.includes(lonely));
    const links = cut.flatMap(([one, other]) => mesh.links(one, other));
    interrupt(links, random);
    await pause(random.integer(20, 400));
    for (const link of links) link.heal();
  }
}

function healAll({ mesh }: Laboratory): void {
  for (const [one, other] of pairs) for (const link of mesh.links(one, other)) link.heal();
}

const pairs: readonly (readonly [string, string])[] = [
  ['a', 'b'],
  ['a', 'c'],
  ['b', 'c'],
];
