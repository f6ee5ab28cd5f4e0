/** Differences between sites for a person: what differs, and the last commands on that key at each site. */
import {
  type Comparison,
  compareServers,
  type RedisServer,
  type Site,
  settled,
} from '../../apps/demo/src/lab/index.ts';
import { Refused } from './raw-connection.ts';
import type { Done } from './writer.ts';

/** How many keys are told, and how many of the commands that touched them. */
const toldKeys = 6;
const toldCommands = 6;

/** These touch every key. */
const sweeping: ReadonlySet<string> = new Set(['FLUSHALL', 'FLUSHDB']);

/** How sites are once everything has been told: what does not agree at first is looked at again when all is quiet. */
export async function compareSettled(sites: readonly Site[], patienceMs: number): Promise<Comparison> {
  const masters = sites.map(({ master }) => master);
  const deadline = performance.now() + patienceMs;
  for (;;) {
    await settled(sites, 60_000);
    const comparison = await compareServers(masters);
    if (comparison.differing === 0 || performance.now() > deadline) return comparison;
  }
}

/** In lines; `trails` are the answered commands by site. */
export function tellDifferences(comparison: Comparison, trails: ReadonlyMap<string, readonly Done[]>): string[] {
  const lines = [`${comparison.differing} of ${comparison.keys} keys differ`];
  const inKeys = new Set(comparison.keysThatDiffer.flatMap((differing) => differing.lines));
  lines.push(...comparison.differences.filter((line) => !inKeys.has(line)));
  for (const { db, key, lines: told } of comparison.keysThatDiffer.slice(0, toldKeys)) {
    lines.push(...told.slice(0, 4));
    for (const [site, trail] of trails) {
      const touching = trail.filter((done) => touches(done, db, key)).slice(-toldCommands);
      lines.push(...touching.map((done) => `    at ${site}: ${showDone(done)}`));
    }
  }
  return lines;
}

/** Whether a command may have to do with a key: by its words, which in scripts and moves may name other databases. */
function touches({ db, command }: Done, keyDb: number, key: string): boolean {
  const [name = ''] = command;
  if (name === 'SWAPDB') return command.includes(String(keyDb), 1);
  if (sweeping.has(name)) return name !== 'FLUSHDB' || db === keyDb;
  const elsewhere = name === 'MOVE' || name === 'COPY';
  return (db === keyDb || elsewhere) && command.includes(key);
}

/** A command and its reply in one line. */
export function showDone({ db, command, reply }: Done): string {
  const text = reply instanceof Refused ? `error ${reply.message}` : JSON.stringify(reply);
  return `[${db}] ${showCommand(command)} -> ${short(text, 80)}`;
}

export function showCommand(command: readonly string[]): string {
  const words = command.map((word) =>
    /^[\w:{}.*$=~+-]+$/.test(word) ? short(word, 40) : JSON.stringify(short(word, 40)),
  );
  return short(words.join(' '), 300);
}

/** How the replies of two servers to the same commands differ, in lines. */
export function tellReplies(one: readonly Done[], other: readonly Done[]): string[] {
  const lines: string[] = [];
  const [sent, compared] = [one, other].map((trail) => trail.filter(({ command }) => command[0] !== 'SELECT'));
  sent?.forEach((done, place) => {
    const against = compared?.[place];
    if (against === undefined || textOf(done) === textOf(against)) return;
    lines.push(`reply at the site: ${showDone(done)}; at a plain server: ${showDone(against)}`);
  });
  return lines;
}

/** What two servers hold differently. */
export async function tellServers(site: RedisServer, plain: RedisServer): Promise<string[]> {
  return [...(await compareServers([site, plain])).differences];
}

function textOf({ command, reply }: Done): string {
  return JSON.stringify([command, reply instanceof Refused ? reply.message : reply]);
}

function short(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
