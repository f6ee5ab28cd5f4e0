/**
 * Streams: merging a cell, and what Redis must be told afterwards.
 *
 * | who | for op `stream` | for op `trim` |
 * |---|---|---|
 * | merging | `noteAdd` when the value is not null; `mergeStream(cells, cell, version, value)` | `mergeTrim(trims, trim)` (`stream-entry.ts`) |
 * | deciding a remote op | `seenOf(held, cell)`, merge, `stepsOf(held, cell, version, value, seen)` | merge, `trimSteps(held, before, trim, newest)` |
 * | correcting after a race with local writers | `restoreSteps(held, cell)` | `restoreSteps` of the entries before it |
 * | putting a key back (root, other kind) | `wholeSteps(held)`, when the kind's newest add lives | |
 * | writing | `streamStep(args, key, step)` for each step (`apply/stream-letters.ts`) | the same |
 * | a `state` | `contentCells(content)`, merged one by one; `contentSteps(content)` to write it (`stream-content.ts`) | |
 * | forgetting | a cell when its version is at or below the cut; a trim when its version is | |
 *
 * `cells` is the map of the key's stream cells. What a cell holds there differs by its first letter: `i` an `EntrySlot`,
 * `l` and `a` `Advances`, `G` the names of the groups seen; every other one is a register with what the op said. The
 * version is the newest merged into it, so a root may drop older cells and forgetting may go by it. `M` holds, by the ID to which
 * an entry may have moved, the ID from which.
 *
 * A stream exists when the newest add of its kind lives, whatever became of the cell: emptied streams stay. Where an end has
 * taken that away, what the end does not cover is still there. The last ID stays too: an entry that comes after it was removed raises
 * it as it would have done.
 */
import type { ByteString } from '../bytes/byte-string.ts';
import { idOf, parseCell, type StreamCell, type StreamValue } from '../commands/stream-cells.ts';
import { isNewer, type Version } from '../version/version.ts';
import { type EntrySlot, mergeEntry, movedId, type PlacedEntry, placeEntries, type Trim } from './stream-entry.ts';
import { groupOf, groupSteps, type HeldGroup, restoreGroupCell, reviveSteps } from './stream-group.ts';
import { type Advances, highestAdvance, mergeAdvance } from './stream-position.ts';
import {
  entryCellsOf,
  type HeldStream,
  type StreamCells,
  type StreamStep,
  sameEntries,
  slotOf,
} from './stream-step.ts';

/** Beyond so many, sources whose ID is forgotten are looked for. */
const maxSources = 1024;

/** Merges a cell. Returns whether that changed anything. */
export function mergeStream(
  cells: StreamCells,
  name: ByteString,
  version: Version,
  value: StreamValue | null,
): boolean {
  const known = cells.get(name);
  const kind = name[0];
  let merged: unknown = value;
  if (kind === 'i') merged = mergeEntry(known?.value as EntrySlot | undefined, version, value);
  else if (kind === 'l' || kind === 'a') {
    const id = value === null ? undefined : idOf(value);
    if (id === undefined) return false;
    merged = mergeAdvance(known?.value as Advances | undefined, { version, id });
  } else if (known !== undefined && !isNewer(version, known.version)) return false;
  if (kind === 'p' || kind === 'a' || kind === 'g') noteGroup(cells, parseCell(name), version);
  if (kind === 'i' && (merged as EntrySlot).adds.length > 1)
    noteMoved(cells, name.slice(1), merged as EntrySlot, version);
  if (known === undefined) cells.set(name, { version, value: merged, counts: undefined });
  else {
    if (known.value === merged && (kind === 'i' || kind === 'l' || kind === 'a')) return false;
    known.value = merged;
    if (isNewer(version, known.version)) known.version = version;
  }
  return true;
}

/** Keeps the names of groups, so that the deliveries of an entry are found. */
function noteGroup(cells: StreamCells, cell: StreamCell | undefined, version: Version): void {
  if (cell === undefined || !('group' in cell)) return;
  const known = cells.get('G');
  if (known === undefined) cells.set('G', { version, value: new Set([cell.group]), counts: undefined });
  else {
    (known.value as Set<ByteString>).add(cell.group);
    if (isNewer(version, known.version)) known.version = version;
  }
}

/** Keeps from where entries may have moved, so that a write at such an ID finds them. */
function noteMoved(cells: StreamCells, from: ByteString, slot: EntrySlot, version: Version): void {
  const known = cells.get('M');
  const sources = (known?.value as Map<ByteString, ByteString> | undefined) ?? new Map<ByteString, ByteString>();
  if (sources.size >= maxSources) {
    for (const [to, source] of sources) if (!cells.has(`i${source}`)) sources.delete(to);
  }
  for (const add of slot.adds) sources.set(movedId(from, add.version.priority), from);
  if (known === undefined) cells.set('M', { version, value: sources, counts: undefined });
  else if (isNewer(version, known.version)) known.version = version;
}

/** What was known of a cell before an op was merged. */
export interface Seen {
  readonly placed: readonly PlacedEntry[];
  readonly group: HeldGroup | undefined;
}

/** To be taken before merging a remote op, for `stepsOf`. */
export function seenOf(held: HeldStream, name: ByteString): Seen {
  const cell = parseCell(name);
  return {
    placed: cell?.type === 'entry' ? placedAt(held, cell.id) : [],
    group: cell !== undefined && 'group' in cell ? groupOf(held, cell.group) : undefined,
  };
}

/** What to do after a remote op was merged. Empty when it lost. */
export function stepsOf(
  held: HeldStream,
  name: ByteString,
  version: Version,
  value: StreamValue | null,
  seen: Seen,
): readonly StreamStep[] {
  const cell = parseCell(name);
  if (cell === undefined || !held.alive(version)) return [];
  const steps = stepsOfCell(held, cell, version, value, seen);
  if (value === null) return steps;
  if (cell.type === 'entry' && !placedAt(held, cell.id).some(({ id }) => id === cell.id))
    return [...steps, { does: 'raise', id: cell.id }];
  return steps.length === 0 ? [{ does: 'exist' }] : steps;
}

function stepsOfCell(
  held: HeldStream,
  cell: StreamCell,
  version: Version,
  value: StreamValue | null,
  seen: Seen,
): readonly StreamStep[] {
  if (cell.type === 'entry') return entrySteps(held, cell.id, value === null, seen.placed);
  if (cell.type !== 'last') return groupSteps(held, cell, version, value, seen.group);
  const id = value === null ? undefined : idOf(value);
  return id === undefined ? [] : [{ does: 'raise', id }];
}

function entrySteps(
  held: HeldStream,
  id: ByteString,
  removal: boolean,
  before: readonly PlacedEntry[],
): readonly StreamStep[] {
  const after = placedAt(held, id);
  const steps: StreamStep[] = [];
  for (const entry of before)
    if (!after.some((kept) => kept.id === entry.id)) steps.push({ does: 'remove', id: entry.id });
  for (const entry of after) {
    if (!before.some((held) => sameEntries(held, entry))) addSteps(held, entry, steps);
    // Of which entry a delivery was, another add at its ID may tell.
    else steps.push(...deliverySteps(held, entry));
  }
  // What the window knows nothing of may be there all the same.
  const removed = removal && !before.some((entry) => entry.id === id) && !after.some((entry) => entry.id === id);
  return removed ? [...steps, { does: 'remove', id }] : steps;
}

/** An entry, and its deliveries that came before it. */
function addSteps(held: HeldStream, entry: PlacedEntry, steps: StreamStep[]): void {
  steps.push({ does: 'add', id: entry.id, value: entry.value }, ...deliverySteps(held, entry));
}

/** The deliveries of an entry that came before it; those of another that was at its ID are over. */
function deliverySteps(held: HeldStream, { id }: PlacedEntry): StreamStep[] {
  const steps: StreamStep[] = [];
  const groups = held.cells.get('G')?.value as ReadonlySet<ByteString> | undefined;
  for (const group of groups ?? []) {
    const name = `p${group}${id}`;
    const delivery = held.cells.get(name);
    if (delivery?.version === undefined || delivery.value === null || !held.alive(delivery.version)) continue;
    const cell: StreamCell = { type: 'delivery', group, id };
    steps.push(...groupSteps(held, cell, delivery.version, delivery.value as StreamValue, undefined));
  }
  return steps;
}

/** The entries that a write at an ID bears upon. */
function placedAt(held: HeldStream, id: ByteString): readonly PlacedEntry[] {
  const placed = placedOf(held, id);
  const from = (held.cells.get('M')?.value as ReadonlyMap<ByteString, ByteString> | undefined)?.get(id);
  return from === undefined ? placed : [...placed, ...placedOf(held, from)];
}

function placedOf(held: HeldStream, id: ByteString): readonly PlacedEntry[] {
  const slot = slotOf(held, id);
  return slot === undefined ? [] : placeEntries(id, slot, { ...held, slotAt: (other) => slotOf(held, other) });
}

/**
 * What to do after a remote trim was merged.
 * @param before - the trims before that.
 * @param newest - the newest version on the key's content before that: when the trim is newer, nothing is spared.
 */
export function trimSteps(
  held: HeldStream,
  before: readonly Trim[],
  trim: Trim,
  newest: Version | undefined,
): readonly StreamStep[] {
  if (!held.alive(trim.version)) return [];
  const step = { does: 'trim', before: trim.before } as const;
  if (isNewer(trim.version, newest)) return [{ ...step, spared: [] }];
  const spared = livingEntries(held).filter(({ id }) => id < trim.before);
  const steps: StreamStep[] = [{ ...step, spared: spared.map(({ id }) => id) }];
  // An ID that the trim made free before another site's entry came to it.
  for (const id of entryCellsOf(held)) {
    const slot = slotOf(held, id);
    if (slot === undefined || slot.adds.length < 2 || id >= trim.before) continue;
    steps.push(...entrySteps(held, id, false, placedAt({ ...held, trims: before }, id)));
  }
  return steps;
}

/** Every remembered entry that lives, by ID. */
export function livingEntries(held: HeldStream): PlacedEntry[] {
  const found = entryCellsOf(held).flatMap((id) => placedOf(held, id));
  return found.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

/** How many writes to a stream stand that say what is there. @param stands - whether one does. */
export function countStanding(cells: StreamCells, stands: (version: Version) => boolean): number {
  let count = 0;
  for (const [name, { version, value }] of cells) {
    const kind = name[0];
    if (kind === 'i') for (const add of (value as EntrySlot).adds) count += stands(add.version) ? 1 : 0;
    else if (kind === 'l' || kind === 'a') for (const of of value as Advances) count += stands(of.version) ? 1 : 0;
    else if (
      (kind === 'g' || kind === 'c' || kind === 'p') &&
      value !== null &&
      version !== undefined &&
      stands(version)
    )
      count++;
  }
  return count;
}

/** All that is remembered and lives, to be written where there is nothing. */
export function wholeSteps(held: HeldStream): readonly StreamStep[] {
  const steps: StreamStep[] = [{ does: 'exist' }];
  for (const { id, value } of livingEntries(held)) steps.push({ does: 'add', id, value });
  // What was removed since has been there.
  const gone = entryCellsOf(held).filter((id) => wasAdded(held, id) && placedOf(held, id).length === 0);
  for (const id of gone) steps.push({ does: 'raise', id });
  const last = held.cells.get('l');
  for (const { version, id } of (last?.value ?? []) as Advances)
    if (held.alive(version)) steps.push({ does: 'raise', id });
  const groups = (held.cells.get('G')?.value ?? []) as Iterable<ByteString>;
  for (const group of groups) steps.push(...(groupOf(held, group).exists ? reviveSteps(held, group) : []));
  return steps;
}

/** What makes Redis hold a cell as it is remembered, whatever a race with local writers has made of it. */
export function restoreSteps(held: HeldStream, name: ByteString): readonly StreamStep[] {
  const cell = parseCell(name);
  const known = held.cells.get(name);
  if (cell === undefined || known?.version === undefined) return [];
  if (cell.type === 'entry') return restoreEntry(held, cell.id);
  if (cell.type !== 'last') return restoreGroupCell(held, cell, known);
  const id = highestAdvance(known.value as Advances, held.alive);
  return id === undefined ? [] : [{ does: 'raise', id }];
}

function restoreEntry(held: HeldStream, id: ByteString): readonly StreamStep[] {
  const placed = placedAt(held, id);
  const steps: StreamStep[] = placed.some((entry) => entry.id === id) ? [] : [{ does: 'remove', id }];
  if (steps.length > 0 && wasAdded(held, id)) steps.push({ does: 'raise', id });
  for (const entry of placed) addSteps(held, entry, steps);
  return steps;
}

/** Whether an ID has been taken: where its entry was before it was removed, the last ID is no less. */
function wasAdded(held: HeldStream, id: ByteString): boolean {
  return slotOf(held, id)?.adds.some(({ version }) => held.alive(version)) === true;
}
