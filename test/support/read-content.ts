/** What a key holds, as a plain value that says its type and does not depend on the order of hashes and sets. */
import { Refused, type Reply } from '../differential/raw-connection.ts';

export type Content =
  | { readonly string: string }
  | { readonly list: readonly string[] }
  | { readonly set: readonly string[] }
  | { readonly hash: Readonly<Record<string, string>> }
  | { readonly zset: Readonly<Record<string, string>> }
  | { readonly stream: readonly Reply[] };

export interface Found {
  /** Undefined: there is no such key. */
  readonly content: Content | undefined;
  /** Unix ms, or -1. */
  readonly expiry: number;
}

const readers: Readonly<Record<string, readonly string[]>> = {
  string: ['GET', 'KEY'],
  list: ['LRANGE', 'KEY', '0', '-1'],
  set: ['SMEMBERS', 'KEY'],
  hash: ['HGETALL', 'KEY'],
  zset: ['ZRANGE', 'KEY', '0', '-1', 'WITHSCORES'],
  stream: ['XRANGE', 'KEY', '-', '+'],
};

/**
 * Reads type, expiry and content; again when the key changed in between.
 * @param send - sends commands in one write; error replies are values.
 */
export async function readKey(
  send: (commands: readonly (readonly string[])[]) => Promise<readonly Reply[]>,
  key: string,
): Promise<Found> {
  for (;;) {
    const [named = null] = await send([['TYPE', key]]);
    const type = String(named);
    const reader = readers[type];
    if (reader === undefined) return { content: undefined, expiry: -1 };
    const words = reader.map((word) => (word === 'KEY' ? key : word));
    const [reply = null, expiry = null, still] = await send([words, ['PEXPIRETIME', key], ['TYPE', key]]);
    if (still !== type || reply instanceof Refused) continue;
    return { content: contentOf(type, reply), expiry: Number(expiry) };
  }
}

/** In one line, the same for equal content. */
export function showFound({ content, expiry }: Found): string {
  const text = content === undefined ? 'absent' : JSON.stringify(sorted(content));
  return expiry < 0 ? text : `${text} until ${expiry}`;
}

function contentOf(type: string, reply: Reply): Content {
  if (type === 'string') return { string: String(reply) };
  const items = reply as readonly Reply[];
  if (type === 'stream') return { stream: items };
  const texts = items.map(String);
  if (type === 'list') return { list: texts };
  if (type === 'set') return { set: texts };
  const pairs = Object.fromEntries(texts.flatMap((text, i) => (i % 2 === 0 ? [[text, texts[i + 1] ?? '']] : [])));
  return type === 'hash' ? { hash: pairs } : { zset: pairs };
}

function sorted(content: Content): unknown {
  if ('set' in content) return { set: content.set.toSorted() };
  const [[kind, value] = ['', undefined]] = Object.entries(content);
  if (kind !== 'hash' && kind !== 'zset') return content;
  return { [kind]: Object.fromEntries(Object.entries(value as object).toSorted(([a], [b]) => (a < b ? -1 : 1))) };
}
