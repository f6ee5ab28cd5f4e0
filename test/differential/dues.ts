/**
 * What must be there in the end whatever else happens: keys of their own in database 0 that are only ever incremented
 * or added to, at all sites. Sums must be exact, and every element that a server confirmed must be there exactly once.
 */
import type { RawConnection } from './raw-connection.ts';
import type { Group, Words } from './row.ts';

/** One confirmed addition: `by` for sums, `element` for collections. */
export interface Due {
  readonly type: DueType;
  readonly key: string;
  /** Field or member that counts; the element that was added. */
  readonly name: string;
  readonly by?: number;
}

export type DueType = 'count' | 'hash-count' | 'zset-count' | 'set' | 'hash' | 'zset' | 'list' | 'stream';

interface Kind {
  readonly group: Group;
  /** The command that adds. */
  readonly add: (due: Due) => Words;
  /** The command that reads everything. */
  readonly read: (key: string) => Words;
  /** Names and, for sums, what they hold; from the reply. */
  readonly found: (reply: unknown) => readonly (readonly [name: string, value: string])[];
}

const pairs = (reply: unknown): [string, string][] => {
  const words = reply as string[];
  return words.flatMap((name, place): [string, string][] => (place % 2 === 0 ? [[name, words[place + 1] ?? '']] : []));
};
const names = (reply: unknown): [string, string][] => (reply as string[]).map((name) => [name, '']);

export const dueKinds: Readonly<Record<DueType, Kind>> = {
  count: {
    group: 'strings',
    add: ({ key, by = 0 }) => (by < 0 ? ['DECRBY', key, String(-by)] : ['INCRBY', key, String(by)]),
    read: (key) => ['GET', key],
    found: (reply) => (reply === null ? [] : [['', String(reply)]]),
  },
  'hash-count': {
    group: 'hashes',
    add: ({ key, name, by }) => ['HINCRBY', key, name, String(by)],
    read: (key) => ['HGETALL', key],
    found: pairs,
  },
  'zset-count': {
    group: 'zsets',
    add: ({ key, name, by }) => ['ZINCRBY', key, String(by), name],
    read: (key) => ['ZRANGE', key, '0', '-1', 'WITHSCORES'],
    found: pairs,
  },
  set: {
    group: 'sets',
    add: ({ key, name }) => ['SADD', key, name],
    read: (key) => ['SMEMBERS', key],
    found: names,
  },
  hash: {
    group: 'hashes',
    add: ({ key, name }) => ['HSET', key, name, ''],
    read: (key) => ['HGETALL', key],
    found: pairs,
  },
  zset: {
    group: 'zsets',
    add: ({ key, name }) => ['ZADD', key, String(name.length), name],
    read: (key) => ['ZRANGE', key, '0', '-1'],
    found: names,
  },
  list: {
    group: 'lists',
    add: ({ key, name }) => ['RPUSH', key, name],
    read: (key) => ['LRANGE', key, '0', '-1'],
    found: names,
  },
  stream: {
    group: 'streams',
    add: ({ key, name }) => ['XADD', key, '*', name, ''],
    read: (key) => ['XRANGE', key, '-', '+'],
    found: (reply) => (reply as [string, string[]][]).map(([, [name = '']]) => [name, '']),
  },
};

export class Dues {
  #kept = new Map<string, { type: DueType; sums: Map<string, bigint>; elements: Set<string> }>();
  #count = 0;

  /** How many additions were confirmed. */
  get count(): number {
    return this.#count;
  }

  /** Notes a confirmed addition. */
  add({ type, key, name, by }: Due): void {
    const kept = this.#kept.get(key) ?? { type, sums: new Map<string, bigint>(), elements: new Set<string>() };
    this.#kept.set(key, kept);
    this.#count += 1;
    if (by === undefined) kept.elements.add(name);
    else kept.sums.set(name, (kept.sums.get(name) ?? 0n) + BigInt(by));
  }

  /** What is not as it must be at a site, in words. */
  async check(connection: RawConnection, site: string): Promise<string[]> {
    await connection.call('SELECT', '0');
    const replies = new Map<string, unknown>();
    for (const [key, { type }] of this.#kept) replies.set(key, await connection.call(...dueKinds[type].read(key)));
    return this.#wrong((key) => replies.get(key), site);
  }

  /**
   * The same for a site that replies at once. What is there more than once is told as such: in a list, after a crash, it may be.
   * @param call - in database 0; errors are values
   */
  checkNow(call: (words: Words) => unknown, site: string): string[] {
    return this.#wrong((key, kind) => call(kind.read(key)), site);
  }

  #wrong(replyOf: (key: string, kind: Kind) => unknown, site: string): string[] {
    const wrong: string[] = [];
    for (const [key, { type, sums, elements }] of this.#kept) {
      const kind = dueKinds[type];
      const reply = replyOf(key, kind);
      if (reply instanceof Error) {
        wrong.push(`${key} (${type}) at ${site}: ${reply.message}`);
        continue;
      }
      const found = kind.found(reply);
      const told = sums.size > 0 ? wrongSums(sums, found) : wrongElements(elements, found);
      wrong.push(...told.slice(0, 5).map((line) => `${key} (${type}) at ${site}: ${line}`));
    }
    return wrong;
  }
}

type Found = readonly (readonly [name: string, value: string])[];

function wrongSums(sums: ReadonlyMap<string, bigint>, found: Found): string[] {
  const values = new Map(found);
  return [...sums]
    .filter(([name, sum]) => (values.get(name) ?? '0') !== String(sum))
    .map(([name, sum]) => `${name === '' ? 'it' : name} holds ${values.get(name) ?? 'nothing'}, ${sum} expected`);
}

function wrongElements(elements: ReadonlySet<string>, found: Found): string[] {
  const seen = new Map<string, number>();
  for (const [name] of found) seen.set(name, (seen.get(name) ?? 0) + 1);
  const missing = [...elements].filter((name) => !seen.has(name));
  const strange = [...seen].filter(([name, times]) => times > 1 || !elements.has(name));
  return [
    ...(missing.length === 0 ? [] : [`${missing.length} of ${elements.size} are missing: ${missing.slice(0, 5)}`]),
    ...strange.map(
      ([name, times]) => `${name} is there ${times} times, ${elements.has(name) ? 'once' : 'never'} added`,
    ),
  ];
}
