/**
 * The engine's part in a mesh, without its races: what has to be read is read at once when its turn comes, what was added
 * and is gone is added again, what another site asks for is answered.
 */
import { fromByteString } from '../src/bytes/byte-string.ts';
import type { Covers, KeyContent, Op } from '../src/entry/entry.ts';
import { indicesOf } from '../src/entry/entry.ts';
import { kinds } from '../src/merge/cell-value.ts';
import { expiredAt, isEnded } from '../src/merge/ends.ts';
import { isChainLive } from '../src/merge/guarded.ts';
import type { KeyState } from '../src/merge/key-state.ts';
import type { Stamp } from '../src/merge/merge-op.ts';
import { mayRefill } from '../src/merge/merge-state.ts';
import type { Ask } from '../src/translate/ask.ts';
import type { Key } from './held.ts';
import type { MeshSite } from './mesh.ts';

/** What a site has seen of its peers' writes on a key: of every peer, 0 when nothing. */
export function seenOf(site: MeshSite, db: number, key: string): Covers {
  const missed = site.model.find(db, key)?.missed;
  return site.settled.flatMap((time, number) => {
    const priority = number + 1;
    if (priority === site.priority) return [];
    return [[priority, missed?.get(priority) ?? time] as const];
  });
}

/** Whether an op is on a key that is to be read: it waits. */
export function isBeingRead(site: MeshSite, op: Op): boolean {
  return site.asks.some((ask) => ask.db === op.db && (ask.key === op.key || op.type === 'flush'));
}

/** Reads what is asked for: the ops, merged. */
export function answer(site: MeshSite, asks: readonly Ask[], stamp: Stamp): Op[] {
  const ops: Op[] = [];
  let index = 0;
  const add = (op: Op): void => {
    ops.push(op);
    index += indicesOf(op);
    site.model.mergeLocal(op, stamp);
  };
  const moves = new Map<string, Extract<Ask, { type: 'moved' }>[]>();
  for (const ask of asks) {
    const id = `${ask.db} ${ask.key}`;
    if (ask.type === 'moved') moves.set(id, [...(moves.get(id) ?? []), ask]);
    else if (ask.type !== 'state' && ask.type !== 'refill') throw new Error(`a mesh does not read ${ask.type}`);
  }
  const whole = new Map<string, Extract<Ask, { type: 'state' }>>();
  for (const ask of asks) {
    if (ask.type !== 'state') continue;
    const id = `${ask.db} ${ask.key}`;
    if (ask.overwrites || !whole.has(id)) whole.set(id, ask);
  }
  for (const ask of asks) {
    if (ask.type !== 'refill' || whole.has(`${ask.db} ${ask.key}`)) continue;
    const { db, key, version } = ask;
    const state = site.model.find(db, key);
    if (state !== undefined && state.asked > 0) continue;
    const held = site.keyspace.find(db, key);
    if (held === undefined || state === undefined || !mayRefill(state, version))
      whole.set(`${db} ${key}`, { type: 'state', db, key, overwrites: false });
    else {
      const { cut } = site.model;
      const expiry = held.expiry === -1 ? null : held.expiry;
      // That is no write: it is not merged.
      ops.push({ type: 'refill', db, index: index++, key, content: contentOf(held), expiry, cut });
    }
  }
  for (const [id, [first, ...rest]] of moves) {
    site.model.answeredParts(first!.db, first!.key, rest.length + 1);
    if ((site.model.find(first!.db, first!.key)?.asked ?? 0) > 0) continue;
    if (rest.some((other) => other.left !== first!.left)) {
      whole.set(id, { type: 'state', db: first!.db, key: first!.key, overwrites: false });
      site.model.ask(first!.db, first!.key);
      continue;
    }
    const { db, key, left } = first!;
    site.model.answered(db, key);
    const found = site.keyspace.find(db, key);
    const held = found?.kind === 'list' ? ([...found.cells.values()] as string[]) : [];
    const count = rest.length + 1;
    if (held.length < count) {
      whole.set(id, { type: 'state', db, key, overwrites: false });
      continue;
    }
    const pushed = left ? held.slice(0, count).toReversed() : held.slice(-count);
    const args = [left ? 'LPUSH' : 'RPUSH', key, ...pushed].map(fromByteString);
    add({ type: 'guarded', db, index, key, kind: 'list', base: site.model.stand(db, key, 'list'), args, adds: true });
  }
  for (const { db, key, overwrites } of whole.values()) {
    const covers = overwrites ? null : seenOf(site, db, key);
    site.model.answered(db, key);
    const held = site.keyspace.find(db, key);
    const state = site.model.find(db, key);
    const content = held === undefined ? emptied(state) : contentOf(held);
    const gone = content === null && covers !== null && state !== undefined ? expiredAt(state, site.priority) : null;
    if (gone !== null && state?.wanted !== undefined && !isEnded(state, state.wanted)) continue;
    const expiry = held === undefined ? gone : held.expiry === -1 ? null : held.expiry;
    add({ type: 'state', db, index, key, content, expiry, covers });
  }
  return ops;
}

/** Of a key that commands run one upon the other have emptied: its kind. */
function emptied(state: KeyState | undefined): KeyContent | null {
  const kind = state?.chain?.kind;
  if (kind === 'list' && isChainLive(state!, kinds.list)) return { kind, elements: [] };
  return kind === 'zset' && isChainLive(state!, kinds.zset) ? { kind, members: [] } : null;
}

function contentOf({ kind, cells }: Key): KeyContent {
  const bytes = (value: unknown): Uint8Array => fromByteString(value as string);
  switch (kind) {
    case 'string':
      return { kind, value: bytes(cells.get('')) };
    case 'list':
      return { kind, elements: [...cells.values()].map(bytes) };
    case 'set':
      return { kind, members: [...cells.keys()] };
    case 'zset':
      return { kind, members: [...cells].map(([member, score]) => [member, score as number] as const) };
    case 'hash':
      return { kind, fields: [...cells].map(([field, value]) => [field, bytes(value), null] as const) };
  }
}
