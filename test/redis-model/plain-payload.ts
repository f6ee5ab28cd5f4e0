/** What DUMP has packed, in a form that compares: two servers may pack the same value in different ways. */
import { fromByteString, toByteString } from '../../packages/core/src/index.ts';
import { decodeDump, type RdbValue } from '../../packages/rdb/src/index.ts';

export type PlainValue = string | null | readonly PlainValue[];

interface Named {
  readonly name: Uint8Array;
}

/** Undefined when the text is no payload. Integers are text; sets, hashes and the like are sorted. */
export function plainPayload(text: string): PlainValue | undefined {
  const decoded = decodeDump(fromByteString(text));
  return decoded.ok ? plain(inOrder(decoded.value)) : undefined;
}

function inOrder(value: RdbValue): unknown {
  switch (value.kind) {
    case 'set':
      return { ...value, members: value.members.map((member) => toByteString(member)).sort() };
    case 'hash':
      return { ...value, fields: value.fields.map(({ field, value: held }) => [field, held].map(plain)).sort() };
    case 'zset':
      return { ...value, members: value.members.map(({ member, score }) => [plain(member), String(score)]).sort() };
    case 'stream':
      return { ...value, groups: sortedByName(value.groups.map(inNameOrder)) };
    default:
      return value;
  }
}

function inNameOrder<T extends { readonly consumers: readonly Named[] }>(group: T): T {
  return { ...group, consumers: sortedByName(group.consumers) };
}

function sortedByName<T extends Named>(all: readonly T[]): T[] {
  return all.toSorted((a, b) => (toByteString(a.name) < toByteString(b.name) ? -1 : 1));
}

function plain(value: unknown): PlainValue {
  if (value === null || value === undefined) return null;
  if (value instanceof Uint8Array) return toByteString(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object') return Object.entries(value).map(([name, held]) => [name, plain(held)]);
  return String(value);
}
