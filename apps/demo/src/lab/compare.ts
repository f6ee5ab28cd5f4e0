/**
 * Comparing the whole data of servers: every database, key, type, element, score, value, expiry to the ms, and function.
 *
 * Nobody may write meanwhile. Keys of the replicator's bookkeeping are left out. A key whose expiry has passed by the
 * end of the reading counts as absent, wherever and whenever it was seen.
 */
import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { readLibraries } from './functions.ts';
import { type KeyRecord, readKeys, readKeyspace } from './keyspace.ts';
import type { RedisServer } from './redis-server.ts';

export interface Comparison {
  /** Different keys seen, over all servers. */
  readonly keys: number;
  readonly elements: number;
  readonly expiries: number;
  /** How many keys differ; function libraries count too. */
  readonly differing: number;
  /** The first of them. */
  readonly keysThatDiffer: readonly DifferingKey[];
  /** The differences of the first of them, each in a line of text naming database, key and element. */
  readonly differences: readonly string[];
}

/** Where a difference is, with the lines that tell it. */
export interface DifferingKey {
  readonly db: number;
  readonly key: string;
  readonly lines: readonly string[];
}

/** How many differing keys are told in words. */
const toldKeys = 20;

/** What is kept of a key of the first server while the others are read. */
interface Print {
  readonly expiry: number;
  readonly digest: string;
  /** How many of the other servers, in their order, had it the same before one did not. */
  matches: number;
}

/** Compares the first server's keyspace with each of the others'. */
export async function compareServers(servers: readonly RedisServer[]): Promise<Comparison> {
  const clients = servers.map((server) => server.client());
  try {
    return await compareClients(
      clients,
      servers.map((server) => server.name),
    );
  } finally {
    for (const client of clients) client.disconnect();
  }
}

async function compareClients(clients: readonly Redis[], names: readonly string[]): Promise<Comparison> {
  const [first, ...others] = clients;
  if (first === undefined) throw new RangeError('nothing to compare');
  const prints = new Map<string, Print>();
  const counts = { elements: 0, expiries: 0 };
  for await (const record of readKeyspace(first)) {
    if (prints.has(nameOf(record))) continue;
    prints.set(nameOf(record), { expiry: record.expiry, digest: digestOf(record), matches: 0 });
    counts.elements += record.elements.size;
    if (record.expiry >= 0) counts.expiries += 1;
  }
  const suspects = new Set<string>();
  for (const [place, client] of others.entries()) await matchWith(client, place, prints, suspects);
  for (const [name, print] of prints) if (print.matches < others.length) suspects.add(name);
  const seen = new Set([...prints.keys(), ...suspects]);
  const told = await examine([...suspects], clients, names);
  const libraries = await differingLibraries(clients, names);
  return {
    keys: seen.size,
    ...counts,
    differing: told.differing + libraries.length,
    keysThatDiffer: told.keys,
    differences: [...told.keys.flatMap((key) => key.lines), ...libraries],
  };
}

/** Counts what one more server has the same as all before it, and notes what it has otherwise or alone. */
async function matchWith(
  client: Redis,
  place: number,
  prints: Map<string, Print>,
  suspects: Set<string>,
): Promise<void> {
  for await (const record of readKeyspace(client)) {
    const name = nameOf(record);
    const print = prints.get(name);
    if (print === undefined || print.expiry !== record.expiry || print.digest !== digestOf(record)) suspects.add(name);
    else if (print.matches === place) print.matches += 1;
  }
}

/** Reads the suspects again at every server, and tells what differs of them. */
async function examine(
  suspects: readonly string[],
  clients: readonly Redis[],
  names: readonly string[],
): Promise<{ differing: number; keys: DifferingKey[] }> {
  const keys: DifferingKey[] = [];
  let differing = 0;
  for (const name of suspects) {
    const records = await Promise.all(clients.map((client) => readOne(client, name)));
    const now = Date.now();
    const live = records.map((record) => (record.expiry >= 0 && record.expiry <= now ? absent(record) : record));
    const found = differencesOf(live, names);
    if (found.length === 0) continue;
    differing += 1;
    const [{ db, key }] = live as [KeyRecord];
    if (differing <= toldKeys) keys.push({ db, key, lines: found.slice(0, 10) });
  }
  return { differing, keys };
}

/** One line for each library that is not the same everywhere. */
async function differingLibraries(clients: readonly Redis[], names: readonly string[]): Promise<string[]> {
  const all = await Promise.all(clients.map(readLibraries));
  const lines: string[] = [];
  for (const library of new Set(all.flatMap((libraries) => [...libraries.keys()]))) {
    const codes = all.map((libraries) => libraries.get(library));
    if (allEqual(codes.map(String))) continue;
    lines.push(`function library ${library}: ${spread(codes.map(shownCode), names)}`);
  }
  return lines;
}

function shownCode(code: string | undefined): string {
  return code === undefined ? 'absent' : quote(code);
}

async function readOne(client: Redis, name: string): Promise<KeyRecord> {
  const space = name.indexOf(' ');
  const db = Number(name.slice(0, space));
  await client.select(db);
  const [record] = await readKeys(client, db, [Buffer.from(name.slice(space + 1), 'latin1')]);
  if (record === undefined) throw new Error(`no answer about ${name}`);
  return record;
}

function absent(record: KeyRecord): KeyRecord {
  return { ...record, type: 'none', expiry: -1, elements: new Map() };
}

/** Lines such as `db 0 hash "k" field "f": "x" at a, absent at b`. */
function differencesOf(records: readonly KeyRecord[], names: readonly string[]): string[] {
  const [first] = records;
  if (first === undefined) return [];
  const where = `db ${first.db} key ${quote(first.key)}`;
  const types = records.map((record) => record.type);
  if (!allEqual(types)) return [`${where}: ${spread(types, names)}`];
  const lines: string[] = [];
  const expiries = records.map((record) => (record.expiry === -1 ? 'no expiry' : `expiry ${record.expiry}`));
  if (!allEqual(expiries)) lines.push(`${where}: ${spread(expiries, names)}`);
  for (const element of new Set(records.flatMap((record) => [...record.elements.keys()]))) {
    const values = records.map((record) => {
      const value = record.elements.get(element);
      return value === undefined ? 'absent' : quote(value);
    });
    if (!allEqual(values)) lines.push(`${where} (${first.type}) ${quote(element)}: ${spread(values, names)}`);
  }
  return lines;
}

function spread(values: readonly string[], names: readonly string[]): string {
  return values.map((value, place) => `${value} at ${names[place]}`).join(', ');
}

function allEqual(values: readonly string[]): boolean {
  return values.every((value) => value === values[0]);
}

function nameOf(record: KeyRecord): string {
  return `${record.db} ${record.key}`;
}

/** Short contents stand for themselves, long ones by their hash. */
function digestOf(record: KeyRecord): string {
  const parts = [...record.elements].map(([name, value]) => `${name.length}:${name}${value.length}:${value}`);
  const text = `${record.type} ${parts.sort().join('')}`;
  return text.length <= 160 ? text : createHash('sha256').update(text, 'latin1').digest('base64');
}

function quote(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return JSON.stringify(short);
}
