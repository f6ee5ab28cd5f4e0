/** Values that commands add to: as the key holds them, or new ones, which whoever opens them fills. */
import type { Call } from '../call.ts';
import type { HashValue, ListValue, SetValue } from '../values.ts';

/** @throws Refusal WRONGTYPE */
export function openList(call: Call, key: string): ListValue {
  return call.open(key, 'list', () => ({ type: 'list', items: [] }));
}

/** @throws Refusal WRONGTYPE */
export function openHash(call: Call, key: string): HashValue {
  return call.open(key, 'hash', () => ({ type: 'hash', fields: new Map() }));
}

/** @throws Refusal WRONGTYPE */
export function openSet(call: Call, key: string): SetValue {
  return call.open(key, 'set', () => ({ type: 'set', members: new Set() }));
}
