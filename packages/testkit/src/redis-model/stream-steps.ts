/** Steps on streams that several operations of the apply script share. */
import type { ApplyRun } from './apply-run.ts';
import { type ModelReply, Refusal } from './reply.ts';

/** An entry as replies have it: its ID, then fields and values in turn. */
export type StreamEntry = readonly [id: string, fields: readonly string[]];

/** An entry of more fields and values can't be passed on. */
export const mostFields = 7900;

/** How many IDs one XDEL names at most. */
const idsAtOnce = 1000;

/** What the script looks at of XINFO STREAM. */
export interface StreamInfo {
  readonly nodes: number;
  readonly last: string;
  readonly maxDeleted: string;
  readonly added: number;
}

/** Whether an ID stands before another one, both in their usual form. @throws Refusal when they are no IDs */
export function isIdBefore(id: string, other: string): boolean {
  const [dash, otherDash] = [dashIn(id), dashIn(other)];
  const [ms, otherMs] = [id.slice(0, dash), other.slice(0, otherDash)];
  if (ms !== otherMs) return isLess(ms, otherMs);
  return isLess(id.slice(dash + 1), other.slice(otherDash + 1));
}

/** Makes the key a stream, an empty one unless it is one; another type is deleted first. */
export function beStream(run: ApplyRun, key: string): void {
  const held = run.type(key);
  if (held === 'stream') return;
  if (held !== 'none') run.unlink(key);
  run.call('XGROUP', 'CREATE', key, 'entwine', '0', 'MKSTREAM');
  run.call('XGROUP', 'DESTROY', key, 'entwine');
}

export function streamInfo(run: ApplyRun, key: string): StreamInfo {
  const reply = run.call('XINFO', 'STREAM', key) as readonly ModelReply[];
  const told = (name: string): ModelReply => reply[reply.indexOf(name) + 1] ?? null;
  return {
    nodes: Number(told('radix-tree-keys')),
    last: String(told('last-generated-id')),
    maxDeleted: String(told('max-deleted-entry-id')),
    added: Number(told('entries-added')),
  };
}

export function removeEntries(run: ApplyRun, key: string, ids: readonly string[]): void {
  for (let at = 0; at < ids.length; at += idsAtOnce) run.call('XDEL', key, ...ids.slice(at, at + idsAtOnce));
}

function dashIn(id: string): number {
  const dash = id.indexOf('-');
  if (dash < 0) throw new Refusal(`ERR user_script: '${id}' is no ID`);
  return dash;
}

/** Of numbers in digits without leading zeros. */
function isLess(digits: string, other: string): boolean {
  return digits.length === other.length ? digits < other : digits.length < other.length;
}
