/**
 * The entries of a stream at one ID: what several sites added and removed there.
 *
 * Rule: all that is known of an ID is played in the order of versions. An add takes the ID. Where another site's entry
 * with other fields holds it, the higher priority keeps the ID and the other moves to `movedId`, from which it never comes
 * back; with the same fields they are one entry. A removal takes away what then holds the ID, a trim what then lies before
 * its limit. So the outcome is a function of the set of writes: the order they arrive in does not count.
 *
 * A slot keeps each site's newest add, and every removal. A removal whose writer had not yet seen an older add with the
 * same ID (a race within a race) removes the one that holds the ID by this rule.
 *
 * A moved ID is (2^63 + priority * 2^43 + place) in the same millisecond, with 20 bits of the priority; the place follows from
 * the sequence, and neighbours get places far apart. For a server goes on counting from the last ID, moved or not, where its
 * clock is behind: what it adds next must not be where another entry moves. What somebody adds there by hand all the same takes
 * precedence over what would move there.
 */
import type { ByteString } from '../bytes/byte-string.ts';
import { equalValues, idFrom, type StreamValue } from '../commands/stream-cells.ts';
import { compareVersions, isNewer, type Version } from '../version/version.ts';

/** One site's add. */
export interface EntryAdd {
  readonly version: Version;
  readonly value: StreamValue;
}

/** What is remembered of one ID; immutable. */
export interface EntrySlot {
  /** One a site, oldest first. */
  readonly adds: readonly EntryAdd[];
  /** Oldest first. */
  readonly removals: readonly Version[];
}

/** Entries before an ID removed. */
export interface Trim {
  readonly version: Version;
  readonly before: ByteString;
}

/** An entry where it stands. */
export interface PlacedEntry extends EntryAdd {
  readonly id: ByteString;
}

/** What decides about entries besides their slot. */
export interface EntryRules {
  readonly trims: readonly Trim[];
  /** Whether what was written at a version is not dead by a root, an end or another kind. */
  readonly alive: (version: Version) => boolean;
  /** The slot of another ID. */
  readonly slotAt: (id: ByteString) => EntrySlot | undefined;
}

const none: readonly never[] = [];

/** Merges an add, or (`null`) a removal. The same slot when that changes nothing. */
export function mergeEntry(slot: EntrySlot | undefined, version: Version, value: StreamValue | null): EntrySlot {
  if (slot === undefined) {
    return value === null ? { adds: none, removals: [version] } : { adds: [{ version, value }], removals: none };
  }
  const { adds, removals } = slot;
  if (value === null) {
    if (removals.some((known) => compareVersions(known, version) === 0)) return slot;
    return { adds, removals: [...removals, version].sort(compareVersions) };
  }
  const known = adds.find((add) => add.version.priority === version.priority);
  if (known !== undefined && !isNewer(version, known.version)) return slot;
  const others = adds.filter((add) => add !== known);
  return { adds: [...others, { version, value }].sort((a, b) => compareVersions(a.version, b.version)), removals };
}

/** Adds a trim to those known; one that another includes is left out. The same list when that changes nothing. */
export function mergeTrim(trims: readonly Trim[], trim: Trim): readonly Trim[] {
  if (trims.some((known) => includes(known, trim))) return trims;
  return [...trims.filter((known) => !includes(trim, known)), trim];
}

function includes(a: Trim, b: Trim): boolean {
  return a.before >= b.before && compareVersions(a.version, b.version) >= 0;
}

/** Whether any trim removes what was written at a version and stands at an ID. */
export function isTrimmed(trims: readonly Trim[], id: ByteString, version: Version): boolean {
  for (const trim of trims) if (id < trim.before && isNewer(trim.version, version)) return true;
  return false;
}

/** The entries that live of those added at `id`, where they stand. */
export function placeEntries(id: ByteString, slot: EntrySlot, rules: EntryRules): readonly PlacedEntry[] {
  const adds = slot.adds.every((add) => rules.alive(add.version))
    ? slot.adds
    : slot.adds.filter((add) => rules.alive(add.version));
  if (adds.length > 1) return settle(id, adds, slot.removals, rules);
  const add = adds[0];
  if (add === undefined || isTrimmed(rules.trims, id, add.version)) return none;
  const last = slot.removals.at(-1);
  return last !== undefined && isNewer(last, add.version) ? none : [{ id, version: add.version, value: add.value }];
}

/** The same for several sites' adds. */
function settle(
  id: ByteString,
  adds: readonly EntryAdd[],
  removals: readonly Version[],
  rules: EntryRules,
): readonly PlacedEntry[] {
  const trims = rules.trims.filter((trim) => id < trim.before).map((trim) => trim.version);
  const leave = [...removals, ...trims].sort(compareVersions);
  const moved: EntryAdd[] = [];
  let holder: EntryAdd | undefined;
  let next = 0;
  for (const add of adds) {
    for (; next < leave.length && isNewer(add.version, leave[next]); next++) holder = undefined;
    if (holder === undefined) holder = add;
    else if (equalValues(holder.value, add.value)) {
      if (add.version.priority > holder.version.priority) holder = add;
    } else if (add.version.priority > holder.version.priority) {
      moved.push(holder);
      holder = add;
    } else moved.push(add);
  }
  const placed: PlacedEntry[] = holder === undefined || next < leave.length ? [] : [{ id, ...holder }];
  for (const add of moved) {
    const to = movedId(id, add.version.priority);
    const slot = rules.slotAt(to);
    const removed = slot?.removals.some((version) => isNewer(version, add.version)) === true;
    if (removed || (slot !== undefined && slot.adds.length > 0)) continue;
    if (!isTrimmed(rules.trims, to, add.version)) placed.push({ id: to, ...add });
  }
  return placed;
}

const movedBit = 1n << 63n;
const placeBits = 43n;
/** Odd: multiplied by it, no two numbers of 43 bits become one, and neighbours part. */
const spread = 0x5bd_1e99_5b4dn;

/** Where the entry of a site goes when another's keeps the ID. */
export function movedId(id: ByteString, priority: number): ByteString {
  const sequence = number64(id, 8);
  const folded = sequence ^ ((sequence >> placeBits) * spread);
  const site = BigInt.asUintN(20, BigInt(priority));
  return idFrom(number64(id, 0), movedBit | (site << placeBits) | BigInt.asUintN(Number(placeBits), folded * spread));
}

function number64(id: ByteString, at: number): bigint {
  let value = 0n;
  for (let i = at; i < at + 8; i++) value = (value << 8n) | BigInt(id.charCodeAt(i));
  return value;
}
