/**
 * Reading whole keyspaces: every database, key, type, content and absolute expiry, a page of keys at a time.
 *
 * One read-only script per page returns everything, so that a million keys take seconds. Content is handed out in a
 * canonical form that does not depend on encodings or on the order of hashes and sets. Bytes stay bytes: all strings
 * here are latin1. Streams are read with their groups and pending entries; what counts of them is told in
 * `stream-elements.ts`. HyperLogLogs stand for their registers, which have several encodings and a cached estimate.
 * Needs PEXPIRETIME (Redis 7, Valkey). Keys of a type it does not know are read by DUMP. A hash field that expires by
 * itself has when as an element of its own, and is absent when that has passed.
 */
import type { Redis } from 'ioredis';
import { registersOf } from './hyperloglog.ts';
import { parseInfo } from './redis-server.ts';
import { streamElements } from './stream-elements.ts';

export interface KeyRecord {
  readonly db: number;
  readonly key: string;
  readonly type: string;
  /** Unix ms, or -1. */
  readonly expiry: number;
  /** Element name to value; for strings one nameless element; for lists by place. */
  readonly elements: ReadonlyMap<string, string>;
}

const pageSize = 500;

/** Key prefix of the replicator's own bookkeeping. */
const ownPrefix = 'entwine:{';

const readPage = `
local function lifetimes(key, content)
  local found = {}
  for from = 1, #content, 4000 do
    local fields = {}
    for i = from, math.min(from + 3999, #content), 2 do fields[#fields + 1] = content[i] end
    local times = redis.pcall('HPEXPIRETIME', key, 'FIELDS', #fields, unpack(fields))
    if times.err then return found end
    for i, time in ipairs(times) do
      if time >= 0 then
        found[#found + 1] = fields[i]
        found[#found + 1] = tostring(time)
      end
    end
  end
  return found
end
local page = {}
for i, key in ipairs(KEYS) do
  local kind = redis.call('TYPE', key).ok
  local content
  if kind == 'none' then content = {}
  elseif kind == 'string' then content = {redis.call('GET', key)}
  elseif kind == 'hash' then content = redis.call('HGETALL', key)
  elseif kind == 'set' then content = redis.call('SMEMBERS', key)
  elseif kind == 'zset' then content = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
  elseif kind == 'list' then content = redis.call('LRANGE', key, 0, -1)
  elseif kind == 'stream' then content = redis.call('XINFO', 'STREAM', key, 'FULL', 'COUNT', 0)
  else content = {redis.call('DUMP', key)} end
  page[i] = {kind, redis.call('PEXPIRETIME', key), content, kind == 'hash' and lifetimes(key, content) or {}}
end
return page`;

type PageEntry = readonly [type: Buffer, expiry: number, content: readonly unknown[], lifetimes: readonly Buffer[]];

/** Every key that is there while it reads, in no order; a key may come twice when the table is being resized. */
export async function* readKeyspace(client: Redis): AsyncGenerator<KeyRecord> {
  for (const db of await databases(client)) {
    await client.select(db);
    let cursor: string | undefined = '0';
    let ahead: Promise<KeyRecord[]> = Promise.resolve([]);
    while (cursor !== undefined) {
      const [next, found]: [Buffer, Buffer[]] = await client.scanBuffer(cursor, 'COUNT', pageSize);
      const page = await ahead;
      ahead = readKeys(client, db, found.filter(isData));
      yield* page.filter(isThere);
      cursor = next.toString() === '0' ? undefined : next.toString();
    }
    yield* (await ahead).filter(isThere);
  }
  await client.select(0);
}

/** False for a key that has expired since SCAN named it. */
function isThere(record: KeyRecord): boolean {
  return record.type !== 'none';
}

function isData(key: Buffer): boolean {
  return !key.toString('latin1').startsWith(ownPrefix);
}

/** Reads single keys of the database selected; a missing key has the type `none`. */
export async function readKeys(client: Redis, db: number, keys: readonly Buffer[]): Promise<KeyRecord[]> {
  if (keys.length === 0) return [];
  const page = (await client.callBuffer('EVAL', readPage, String(keys.length), ...keys)) as readonly PageEntry[];
  return page.map(([type, expiry, content, lifetimes], place) => {
    const name = type.toString('latin1');
    const key = keys[place]?.toString('latin1') ?? '';
    const elements = elementsOf(name, content);
    return { db, key, type: name, expiry, elements: lifetimes.length === 0 ? elements : limited(elements, lifetimes) };
  });
}

/**
 * The same number in the same form: servers write 0.1 with 17 digits or with as few as tell it. Zero has no sign, which the
 * encoding of small sorted sets forgets and that of large ones keeps.
 */
function scoreOf(text: string): string {
  const score = Number(text);
  return Number.isNaN(score) ? text : String(score);
}

/** With when single fields expire; without those that have, which servers remove sooner or later. */
function limited(elements: ReadonlyMap<string, string>, lifetimes: readonly Buffer[]): ReadonlyMap<string, string> {
  const now = Date.now();
  const left = new Map(elements);
  for (let i = 0; i < lifetimes.length; i += 2) {
    const field = String(lifetimes[i]?.toString('latin1'));
    const at = Number(lifetimes[i + 1]);
    if (at > now) left.set(`${field} until`, String(at));
    else left.delete(field);
  }
  return left;
}

async function databases(client: Redis): Promise<number[]> {
  const fields = parseInfo(await client.info('keyspace'));
  return [...fields.keys()].filter((field) => field.startsWith('db')).map((field) => Number(field.slice(2)));
}

function elementsOf(type: string, content: readonly unknown[]): ReadonlyMap<string, string> {
  if (type === 'stream') return streamElements(content);
  const elements = new Map<string, string>();
  const text = (content as readonly Buffer[]).map((bytes) => bytes.toString('latin1'));
  const paired = type === 'hash' || type === 'zset';
  for (let i = 0; i < text.length; i += paired ? 2 : 1) {
    const item = text[i] ?? '';
    if (type === 'zset') elements.set(item, scoreOf(text[i + 1] ?? ''));
    else if (paired) elements.set(item, text[i + 1] ?? '');
    else if (type === 'set') elements.set(item, 'present');
    else elements.set(type === 'string' ? '' : String(i), type === 'string' ? registersOf(item) : item);
  }
  return elements;
}
