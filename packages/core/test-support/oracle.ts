/**
 * The slow, obvious merge: from the whole set of ops to what every site must hold, written from the contract and from
 * nothing else. It knows everything ever written, so it has no cut: "stable at s" is the newest base at or below s.
 */
import type { Base, Entry, Op } from '../src/entry/entry.ts';
import { describeKey, type Held, type HeldKind } from './keyspace.ts';

type Version = readonly [time: number, priority: number, index: number];

interface Register {
  readonly kind: HeldKind;
  readonly field: string;
  readonly version: Version;
  readonly value: Held | null;
}

interface Increment {
  readonly kind: HeldKind;
  readonly field: string;
  readonly version: Version;
  readonly base: Base;
  readonly by: bigint;
}

/** All that was ever said about one key. */
interface Facts {
  readonly roots: Version[];
  readonly registers: Register[];
  readonly increments: Increment[];
  readonly expiries: { readonly version: Version; readonly at: number | null }[];
}

const before: Version = [-1, 0, 0];

function order(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

function max(versions: readonly Version[]): Version {
  return versions.reduce((best, one) => (order(one, best) > 0 ? one : best), before);
}

function last<T extends { readonly version: Version }>(items: readonly T[]): T | undefined {
  return items.reduce<T | undefined>(
    (best, one) => (best && order(best.version, one.version) > 0 ? best : one),
    undefined,
  );
}

const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

/** What every site holds when it has every entry, in the form of `Keyspace.readout`. */
export function oracle(entries: Iterable<Entry>): Record<string, string> {
  const keys = new Map<string, Facts>();
  for (const entry of entries) {
    if (entry.type !== 'unit') continue;
    for (const op of entry.ops) {
      const id = `${op.db} ${op.key}`;
      let facts = keys.get(id);
      if (facts === undefined) {
        facts = { roots: [], registers: [], increments: [], expiries: [] };
        keys.set(id, facts);
      }
      note(facts, op, [entry.time, entry.priority, op.index]);
    }
  }
  const lines: [string, string][] = [];
  for (const [id, facts] of keys) {
    const line = settle(facts);
    if (line !== undefined) lines.push([id, line]);
  }
  return Object.fromEntries(lines.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function note(facts: Facts, op: Op, version: Version): void {
  switch (op.type) {
    case 'assign': {
      const written: Version = [version[0], version[1], version[2] + 1];
      facts.roots.push(version);
      facts.registers.push({ kind: 'string', field: '', version: written, value: latin1(op.value) });
      if (op.expiry !== 'keep') facts.expiries.push({ version: written, at: op.expiry });
      return;
    }
    case 'delete':
      facts.roots.push(version);
      facts.expiries.push({ version, at: null });
      return;
    case 'expire':
      facts.expiries.push({ version, at: op.at });
      return;
    case 'field':
      facts.registers.push({ kind: 'hash', field: op.field, version, value: op.value && latin1(op.value) });
      return;
    case 'member':
      facts.registers.push({ kind: 'set', field: op.member, version, value: op.present ? true : null });
      return;
    case 'score':
      facts.registers.push({ kind: 'zset', field: op.member, version, value: op.score });
      return;
    case 'count':
      facts.increments.push({ kind: op.cell, field: op.field, version, base: op.base, by: op.by });
  }
}

/** One key; undefined when nothing of it lives. */
function settle({ roots, registers, increments, expiries }: Facts): string | undefined {
  const floorOf = (kind: HeldKind): Version =>
    max([
      ...roots,
      ...[...registers.filter((one) => one.value !== null), ...increments]
        .filter((one) => one.kind !== kind)
        .map((one) => one.version),
    ]);
  const ids = [...registers, ...increments].map(({ kind, field }) => JSON.stringify([kind, field]));
  const live = [...new Set(ids)].flatMap((id) => {
    const [kind, field] = JSON.parse(id) as [HeldKind, string];
    const of = <T extends { kind: HeldKind; field: string }>(items: readonly T[]): T[] =>
      items.filter((one) => one.kind === kind && one.field === field);
    const floor = floorOf(kind);
    const register = last(of(registers));
    const base = max([floor, register?.version ?? before]);
    const counting = of(increments).filter((one) => standsOn(one.base, base));
    const written = register !== undefined && order(register.version, floor) > 0 ? register.value : null;
    if (written === null && counting.length === 0) return [];
    const sum = counting.reduce((total, one) => total + one.by, 0n);
    return [{ kind, field, value: heldValue(kind, written, sum, counting.length) }];
  });
  const kind = live[0]?.kind;
  if (kind === undefined) return undefined;
  if (live.some((cell) => cell.kind !== kind)) throw new Error('two kinds live');
  const cells = new Map(live.map((cell) => [cell.field, cell.value]));
  return describeKey(kind, cells, last(expiries)?.at ?? -1);
}

function standsOn(base: Base, current: Version): boolean {
  if ('stable' in base) return current[0] <= base.stable;
  return order([base.exact.time, base.exact.priority, base.exact.index], current) === 0;
}

function heldValue(kind: HeldKind, written: Held | null, sum: bigint, increments: number): Held {
  if (increments === 0) return written ?? '';
  if (kind === 'zset') return ((written as number | null) ?? 0) + Number(sum);
  return (BigInt((written as string | null) ?? '0') + sum).toString();
}
