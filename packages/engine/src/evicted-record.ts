/**
 * Records of evicted keys, as they stand in the log: changes, in order.
 *
 * A record is a JSON array in UTF-8, with one text for each sequence number: `+` or `-`, the database, a space, the key as a byte
 * string. `+` a key was evicted, or still is; `-` that is over.
 */
import type { LogRecord } from '@entwine/core';

const utf8 = new TextEncoder();
const isChange = /^[+-]\d+ /;

export function encodeEvicted(changes: readonly string[]): Uint8Array {
  return utf8.encode(JSON.stringify(changes));
}

/** @throws Error naming the record, when it is damaged or another version wrote it. */
export function decodeEvicted({ stream, first, last, body }: LogRecord): readonly string[] {
  const refuse = (why: string): Error => new Error(`record ${stream} ${first}-${last} of the log: ${why}`);
  const changes = parsed(body);
  if (!Array.isArray(changes)) throw refuse('it is no list of evicted keys');
  const count = last - first + 1;
  if (changes.length !== count) throw refuse(`${changes.length} changes of evicted keys instead of ${count}`);
  const wrong = changes.findIndex((change) => typeof change !== 'string' || !isChange.test(change));
  if (wrong >= 0) throw refuse(`number ${first + wrong} is no change of an evicted key`);
  return changes;
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}
