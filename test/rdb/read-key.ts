/**
 * What the commands of a server read of a key, in the plain form of decoded values. It is what decoding is compared with,
 * so it takes nothing from the codec.
 *
 * What no command tells is null: the messages that a stream remembers of its producers are left out.
 */
import type { Redis } from 'ioredis';
import { type Plain, plainScore, sorted } from '../../packages/rdb/test-support/plain-value.ts';

type Answer = Buffer | number | null | readonly Answer[];

/** Reads a key that exists. */
export async function readKey(client: Redis, key: string): Promise<Plain> {
  const ask = async (...words: string[]): Promise<Plain> =>
    textOf((await client.callBuffer(words[0]!, ...words.slice(1))) as Answer);
  const kind = (await ask('TYPE', key)) as string;
  switch (kind) {
    case 'string':
      return { kind, value: await ask('GET', key) };
    case 'list':
      return { kind, elements: await ask('LRANGE', key, '0', '-1') };
    case 'set':
      return { kind, members: [...((await ask('SMEMBERS', key)) as string[])].sort() };
    case 'zset': {
      // Flat or in pairs, as the version of the protocol has it.
      const pairs = pairsOf(((await ask('ZRANGE', key, '0', '-1', 'WITHSCORES')) as Plain[]).flat().map(String));
      return { kind, members: sorted(pairs.map(([member, score]) => [member, plainScore(scoreOf(score))])) };
    }
    case 'hash': {
      const pairs = pairsOf((await ask('HGETALL', key)) as string[]);
      const names = pairs.map(([field]) => field);
      const expiries = (await client
        .callBuffer('HPEXPIRETIME', key, 'FIELDS', names.length, ...names.map((name) => Buffer.from(name, 'latin1')))
        .catch(() => names.map(() => -1))) as number[];
      return { kind, fields: sorted(pairs.map(([field, value], i) => [field, value, expiryOf(expiries[i]!)])) };
    }
    case 'stream':
      return streamOf(recordOf(await ask('XINFO', 'STREAM', key, 'FULL', 'COUNT', '0')));
    default:
      throw new Error(`No reading of a ${kind}.`);
  }
}

function streamOf(info: Record<string, Plain>): Plain {
  const groups = info.groups as Plain[];
  const isOld = info['entries-added'] === undefined;
  if (isOld) throw new Error('No reading of streams before Redis 7.');
  return {
    kind: 'stream',
    entries: info.entries as Plain[],
    lastId: info['last-generated-id']!,
    firstId: info['recorded-first-entry-id']!,
    maxDeletedId: info['max-deleted-entry-id']!,
    entriesAdded: String(info['entries-added']),
    groups: groups.map((one) => groupOf(recordOf(one))),
    idempotency:
      info['idmp-duration'] === undefined
        ? null
        : {
            durationSeconds: String(info['idmp-duration']),
            maxEntries: String(info['idmp-maxsize']),
            added: String(info['iids-added']),
            duplicates: String(info['iids-duplicates']),
          },
  };
}

function groupOf(group: Record<string, Plain>): Plain {
  const { pending = group.pel } = group;
  return {
    name: group.name!,
    lastId: group['last-delivered-id']!,
    entriesRead: group['entries-read'] === null ? null : String(group['entries-read']),
    pending: (pending as Plain[][]).map(([id, consumer, time, count]) => [id!, consumer!, time!, String(count)]),
    consumers: (group.consumers as Plain[]).map((one) => {
      const consumer = recordOf(one);
      return [consumer.name!, consumer['seen-time']!, consumer['active-time'] ?? null];
    }),
    nacked: [],
  };
}

function textOf(answer: Answer): Plain {
  if (Array.isArray(answer)) return answer.map(textOf);
  return Buffer.isBuffer(answer) ? answer.toString('latin1') : (answer as number | null);
}

function pairsOf(flat: readonly string[]): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i]!, flat[2 * i + 1]!]);
}

function recordOf(flat: Plain): Record<string, Plain> {
  return Object.fromEntries(pairsOf(flat as string[]));
}

function scoreOf(text: string): number {
  return text.endsWith('inf') ? (text.startsWith('-') ? -Infinity : Infinity) : Number(text);
}

function expiryOf(answer: number): number | null {
  return answer < 0 ? null : answer;
}
