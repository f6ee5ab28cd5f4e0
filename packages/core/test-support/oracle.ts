/**
 * The slow, obvious merge: from the whole set of ops to what every site must hold, written from the contract and from
 * nothing else. It knows everything ever written, so it has no cut: "stable at s" is the newest base at or below s.
 */
import type { Base, Covers, Entry, Expiry, KeyContent, Op } from '../src/entry/entry.ts';
import { describeKey, type Held, type HeldKind, strictInteger } from './held.ts';
import { elementsOf, inLex, inScores, sketchOf, withBit } from './keyspace-commands.ts';

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

interface End {
  readonly version: Version;
  readonly covers: Covers;
  readonly expires: boolean;
}

/** A bit by its offset, an element by its name, the sketch itself by `null`. */
interface Layer {
  readonly version: Version;
  readonly on: number | string | null;
  readonly bit: boolean;
}

/** All that was ever said about one key. */
interface Facts {
  readonly roots: Version[];
  readonly registers: Register[];
  readonly increments: Increment[];
  readonly expiries: { readonly version: Version; readonly at: Expiry; readonly byRoot: boolean }[];
  readonly ends: End[];
  readonly layers: Layer[];
  readonly ranges: { readonly version: Version; readonly op: Extract<Op, { type: 'range' }> }[];
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
  const flushes: [Version, Op][] = [];
  for (const entry of entries) {
    if (entry.type !== 'unit') continue;
    for (const op of entry.ops) {
      const version: Version = [entry.time, entry.priority, op.index];
      if (op.type === 'flush') {
        flushes.push([version, op]);
        continue;
      }
      const id = `${op.db} ${op.key}`;
      let facts = keys.get(id);
      if (facts === undefined) {
        facts = { roots: [], registers: [], increments: [], expiries: [], ends: [], layers: [], ranges: [] };
        keys.set(id, facts);
      }
      note(facts, op, version);
    }
  }
  const lines: [string, string][] = [];
  for (const [id, facts] of keys) {
    for (const [version, op] of flushes)
      if (op.key === '*' || id.startsWith(`${op.db} `)) noteRoot(facts, version, null);
    const line = settle(facts);
    if (line !== undefined) lines.push([id, line]);
  }
  return Object.fromEntries(lines.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The version one index later: of what an op writes that deletes first. */
const following = ([time, priority, index]: Version): Version => [time, priority, index + 1];

function noteRoot(facts: Facts, version: Version, at: Expiry | 'keep', written: Version = version): void {
  facts.roots.push(version);
  if (at !== 'keep') facts.expiries.push({ version: written, at, byRoot: true });
}

function note(facts: Facts, op: Op, version: Version): void {
  const register = (kind: HeldKind, field: string, value: Held | null, at: Version = version): void => {
    facts.registers.push({ kind, field, version: at, value });
  };
  switch (op.type) {
    case 'assign':
      noteRoot(facts, version, op.expiry, following(version));
      register('string', '', latin1(op.value), following(version));
      return;
    case 'delete':
      noteRoot(facts, version, null);
      return;
    case 'end':
      facts.ends.push({ version, covers: op.covers, expires: op.expires });
      return;
    case 'expire':
      facts.expiries.push({ version, at: op.at, byRoot: false });
      return;
    case 'field':
      register('hash', op.field, op.value && latin1(op.value));
      return;
    case 'member':
      register('set', op.member, op.present ? true : null);
      return;
    case 'score':
      register('zset', op.member, op.score);
      return;
    case 'range':
      facts.ranges.push({ version, op });
      return;
    case 'bit':
      facts.layers.push({ version, on: op.offset, bit: op.on });
      return;
    case 'sketch':
      facts.layers.push({ version, on: op.element, bit: true });
      return;
    case 'count':
      facts.increments.push({ kind: op.cell, field: op.field, version, base: op.base, by: op.by });
      return;
    case 'refill':
      noteRefill(facts, op, version, register);
      return;
    case 'state':
      noteState(facts, op, version, register);
  }
}

/** What everybody had at the cut. */
function noteRefill(
  facts: Facts,
  { content, expiry, cut }: Extract<Op, { type: 'refill' }>,
  [, priority]: Version,
  register: (kind: HeldKind, field: string, value: Held | null, at: Version) => void,
): void {
  const at: Version = [cut, priority, 0];
  facts.expiries.push({ version: at, at: expiry, byRoot: false });
  noteContent(content, at, register);
}

function noteContent(
  content: KeyContent | null,
  at: Version,
  register: (kind: HeldKind, field: string, value: Held | null, at: Version) => void,
): void {
  if (content?.kind === 'string') register('string', '', latin1(content.value), at);
  else if (content?.kind === 'hash')
    for (const [field, value] of content.fields) register('hash', field, latin1(value), at);
  else if (content?.kind === 'set') for (const member of content.members) register('set', member, true, at);
  else if (content?.kind === 'zset') for (const [member, score] of content.members) register('zset', member, score, at);
}

function noteState(
  facts: Facts,
  { content, covers, expiry }: Extract<Op, { type: 'state' }>,
  version: Version,
  register: (kind: HeldKind, field: string, value: Held | null, at: Version) => void,
): void {
  const written = following(version);
  // A string is one thing: its state takes the place of what there was, included or not.
  const whole = covers === null || content?.kind === 'string';
  if (whole) facts.roots.push(version);
  else facts.ends.push({ version, covers, expires: content === null && expiry !== null });
  if (whole || (content !== null && expiry !== null))
    facts.expiries.push({ version: written, at: expiry, byRoot: true });
  noteContent(content, written, register);
}

/** Whether a site at `by` had seen a write. */
function hadSeen({ version: by, covers }: End, [time, priority, index]: Version): boolean {
  if (priority === by[1]) return order([time, priority, index], by) < 0;
  return covers.some((one) => one[0] === priority && time <= one[1]);
}

/** One key; undefined when nothing of it lives. */
function settle({ roots, registers, increments, expiries, ends, layers, ranges }: Facts): string | undefined {
  const expiry = last(expiries);
  const inForce = ends.filter((end) => !end.expires || !expiry || expiry.byRoot || hadSeen(end, expiry.version));
  const isEnded = (version: Version): boolean => inForce.some((end) => hadSeen(end, version));
  // An expiry leaves the register to what its writer had not seen.
  const isSettled = (version: Version): boolean => ends.some((end) => !end.expires && hadSeen(end, version));
  const adds = [
    ...registers.filter((one) => one.value !== null),
    ...increments,
    ...layers.map(({ version }) => ({ kind: 'string', version })),
  ];
  const besideOf = (kind: HeldKind): Version => max(adds.filter((one) => one.kind !== kind).map((one) => one.version));
  const floorOf = (kind: HeldKind): Version => max([...roots, besideOf(kind)]);
  const isRemoved = ({ version, field, value }: Register): boolean =>
    ranges.some(({ version: at, op }) => {
      if (order(at, version) < 0) return false;
      return op.by === 'lex' ? inLex(field, op.min, op.max) : inScores(value as number, op.min, op.max);
    });
  const isStanding = (kind: HeldKind, version: Version): boolean =>
    order(version, floorOf(kind)) > 0 && !isEnded(version);
  const ids = [...registers, ...increments].map(({ kind, field }) => JSON.stringify([kind, field]));
  const live = [...new Set(ids)].flatMap((id) => {
    const [kind, field] = JSON.parse(id) as [HeldKind, string];
    const of = <T extends { kind: HeldKind; field: string }>(items: readonly T[]): T[] =>
      items.filter((one) => one.kind === kind && one.field === field);
    const register = last(of(registers));
    const base = max([floorOf(kind), register?.version ?? before]);
    const own = max([...roots, register?.version ?? before]);
    const newestOf = (increment: Increment): Version =>
      last(of(increments).filter((other) => sameSum(increment, other)))!.version;
    const standsOn = (increment: Increment): boolean => {
      const { base: named } = increment;
      // Another kind that its site had not seen ends what is older.
      if ('stable' in named) return own[0] <= named.stable && order(newestOf(increment), besideOf(kind)) > 0;
      const at: Version = [named.exact.time, named.exact.priority, named.exact.index];
      return order(at, base) === 0 || (order(at, base) > 0 && inForce.some((end) => order(end.version, at) === 0));
    };
    const standing = of(increments).filter(standsOn);
    // A site's increments on one base are one sum: an end covers all of it or nothing.
    const counting = standing.filter((one) => !isEnded(newestOf(one)));
    const stands = register !== undefined && isStanding(kind, register.version);
    const written = stands && (kind !== 'zset' || !isRemoved(register)) ? register.value : null;
    if (written === null && counting.length === 0) return [];
    const sum = counting.reduce((total, one) => total + one.by, 0n);
    return [{ kind, field, value: heldValue(kind, written, sum, counting.length) }];
  });
  const text = last(registers.filter((one) => one.kind === 'string'))?.version ?? before;
  const over = layers.filter((layer) => order(layer.version, text) > 0 && isStanding('string', layer.version));
  const kind = live[0]?.kind ?? (over.length > 0 ? 'string' : undefined);
  if (kind === undefined) return undefined;
  if (live.some((cell) => cell.kind !== kind)) throw new Error('two kinds live');
  const cells = new Map(live.map((cell) => [cell.field, cell.value]));
  if (over.length > 0) cells.set('', laidOver(cells.get('') as string | undefined, over));
  const standing = expiries.filter(
    (one) => !isSettled(one.version) && (one === expiry || order(one.version, max(roots)) > 0),
  );
  return describeKey(kind, cells, last(standing)?.at ?? -1);
}

const sameSum = (a: Increment, b: Increment): boolean =>
  a.version[1] === b.version[1] && JSON.stringify(a.base) === JSON.stringify(b.base);

/** A string with its newest bits, and the elements of its sketch. */
function laidOver(written: string | undefined, layers: readonly Layer[]): string {
  let value = written;
  const elements = layers.filter((layer) => typeof layer.on !== 'number').map((layer) => layer.on);
  if (elements.length > 0)
    value = sketchOf([
      ...(elementsOf(value ?? '') ?? []),
      ...elements.filter((element) => typeof element === 'string'),
    ]);
  for (const on of new Set(layers.map((layer) => layer.on))) {
    if (typeof on !== 'number') continue;
    value = withBit(value ?? '', on, last(layers.filter((layer) => layer.on === on))!.bit);
  }
  return value!;
}

function heldValue(kind: HeldKind, written: Held | null, sum: bigint, increments: number): Held {
  if (increments === 0) return written ?? '';
  // What is no integer cannot be added to: no server does it.
  if (typeof written === 'string' && strictInteger(written) === undefined) return written;
  if (kind === 'zset') return ((written as number | null) ?? 0) + Number(sum);
  return (BigInt((written as string | null) ?? '0') + sum).toString();
}
