/**
 * What is remembered of one key while any of its versions is newer than the stability cut.
 *
 * - `root`: the newest overwriting or deleting version. Cells with a strictly smaller version are dead.
 * - `ends`: deletions that kill only what their writer had seen. See `ends.ts`.
 * - cells: one register for a string, one for each hash field, set member, sorted-set member, stream cell. `null` is "removed".
 * - adds: the newest version of a write that made a cell, of the newest kind and of the next other. A cell lives only if its
 *   version exceeds every other kind's newest add; so the newest kind wins, and two are enough to know that.
 * - counters: an origin's running sum stands on a base, the newest of root and register. Sums on an older base are lost.
 * - layers: bits and sketch elements, which lie over a string's register.
 * - ranges: sorted-set members removed by what they held.
 * - chain: the last of the commands that were run one upon the other. See `guarded.ts`.
 *
 * Pure data; the rules are in `merge-op.ts`, reading it in `read-key.ts`.
 */
import type { ByteString } from '../bytes/byte-string.ts';
import type { Base, Covers, Expiry, GuardedKind, Origin } from '../entry/entry.ts';
import { isNewer, type Version } from '../version/version.ts';
import { type CellValue, type KindIndex, kinds } from './cell-value.ts';
import { RareState } from './rare-state.ts';
import type { Shadow } from './shadow.ts';

/** One origin's increments on one base. What it adds to the cell is `sum - folded`. */
export interface Count {
  readonly origin: Origin;
  readonly base: Base;
  sum: bigint;
  /** The part of `sum` whose ops were already at or below the cut when this record was made. */
  readonly folded: bigint;
  version: Version;
}

/** One unit of conflict. */
export interface Cell {
  /** Newest write or removal; undefined when only increments are known. */
  version: Version | undefined;
  value: CellValue | null;
  counts: Count[] | undefined;
}

/** A deletion of what its writer had seen. */
export interface End {
  readonly version: Version;
  readonly covers: Covers;
  /** Of an expiry: void where a newer expiry was set that its writer had not seen. */
  readonly expires: boolean;
  /** When what expired was to, as far as its writer remembered. */
  readonly at?: Expiry | undefined;
}

/** A bit or a sketch element. */
export interface Layer {
  readonly version: Version;
  /** A bit's offset, or undefined for a sketch. */
  readonly offset: number | undefined;
  readonly on: boolean;
  readonly element: ByteString | null;
}

/** Names a bit, or a sketch element (`null`: an empty sketch), within its key. */
export function layerId(offset: number | undefined, element: ByteString | null): string {
  return offset === undefined ? `s${element ?? ''}` : `b${offset}`;
}

/** Members removed by what they held. */
export interface RangeRemoval {
  readonly version: Version;
  readonly by: 'score' | 'lex';
  readonly min: ByteString;
  readonly max: ByteString;
}

/** Something a guarded command of ours has added. */
export interface OwnAdd {
  readonly kind: GuardedKind;
  /** When it was added, and each time it was added again. A state that includes one of these includes it. */
  versions: readonly Version[];
  args: readonly Uint8Array[];
  /** Whether it is being added again, and has not been seen. */
  returning: boolean;
  /** Whether a command of another site, which did not know it, may have taken it away. */
  endangered: boolean;
}

/** What is remembered of a key that guarded commands were run on. */
export interface Chain {
  readonly kind: GuardedKind;
  /** The last command (or state) that the key stands at. */
  readonly version: Version;
  /** The last of it that was written, and not told again. What another site's telling holds of others' writes has no version here. */
  readonly written: Version | undefined;
  /** Whether that added what its site adds again, where another's state takes its place. */
  readonly returns: boolean;
}

/** What a command said about a key's expiry. */
export interface ExpiryRegister {
  readonly version: Version;
  readonly at: Expiry;
}

/** All that is remembered of one key. Mutable; owned by a `Model`. */
export class KeyState extends RareState {
  readonly db: number;
  readonly key: ByteString;
  root: Version | undefined = undefined;
  /** Whether the root is a deletion alone. */
  rootDeletes = false;
  expiryVersion: Version | undefined = undefined;
  expiry: Expiry = null;
  /** Whether the expiry register was written by a root, and not by a command about the expiry alone. */
  expiryByRoot = false;
  /** The string's cell. */
  string: Cell | undefined = undefined;
  /** Cells of hash, set, sorted set and stream, by kind index; most keys have none of them. */
  elements: (Map<ByteString, Cell> | undefined)[] | undefined = undefined;
  /** The kind last added to (-1: none), and when. */
  newestKind: KindIndex | -1 = -1;
  newestAdd: Version | undefined = undefined;
  /** The newest add of another kind than that. */
  otherKind: KindIndex | -1 = -1;
  otherAdd: Version | undefined = undefined;
  /** The last remote op that makes the key anew and has not come back, and in which call it is (see `Model.call`). */
  wipedBy: Version | undefined = undefined;
  wipedIn = 0;
  /** The newest version of any op on the content (not on the expiry) that was merged. */
  content: Version | undefined = undefined;
  /** Priority of the only site whose ops on the content are remembered; 0 none, -1 several. */
  writer = 0;
  /** Priority of the only site that has done anything to the key but let it expire; 0 none, -1 several. */
  touchedBy = 0;
  /** Whether something was done to it that does not merge cell by cell. */
  tangled = false;
  /** Whether any cell has ever had counts. */
  counted = false;
  /** The newest time of any op merged, and of any of our own. */
  newest = 0;
  ownNewest = 0;
  /** `Model`'s forgetting queue that this key stands in. */
  bucket = -1;
  /** Calls on their way to Redis that concern this key. */
  inFlight = 0;
  /** The last such call; lets a batch count a key once. */
  lastBatch = 0;
  /** About how many bytes of memory it takes; how many parts it has, and the bytes of their names and values. See `weight.ts`. */
  weight = 0;
  parts = 0;
  partsWeight = 0;
  /** What Redis holds, while that may differ from what stands here. */
  shadow: Shadow | undefined = undefined;

  constructor(db: number, key: ByteString) {
    super();
    this.db = db;
    this.key = key;
  }
}

/** The newest remembered add of a kind. */
export function addedOf(state: KeyState, kind: KindIndex): Version | undefined {
  if (state.newestKind === kind) return state.newestAdd;
  return state.otherKind === kind ? state.otherAdd : undefined;
}

/** The newest remembered add of any other kind. */
export function addedBeside(state: KeyState, kind: KindIndex): Version | undefined {
  return state.newestKind === kind ? state.otherAdd : state.newestAdd;
}

/** Notes an add. Returns whether it is the newest of its kind. */
export function noteAdd(state: KeyState, kind: KindIndex, version: Version): boolean {
  if (kind === state.newestKind) {
    if (!isNewer(version, state.newestAdd)) return false;
    state.newestAdd = version;
    return true;
  }
  if (isNewer(version, state.newestAdd)) {
    state.otherKind = state.newestKind;
    state.otherAdd = state.newestAdd;
    state.newestKind = kind;
    state.newestAdd = version;
    return true;
  }
  if (!isNewer(version, state.otherAdd)) return false;
  state.otherKind = kind;
  state.otherAdd = version;
  return true;
}

/** The cell of a kind, if it is remembered. `field` is '' for a string. */
export function findCell(state: KeyState, kind: KindIndex, field: ByteString): Cell | undefined {
  return kind === kinds.string ? state.string : state.elements?.[kind]?.get(field);
}

/** The cell of a kind, made when it is not remembered. */
export function cellOf(state: KeyState, kind: KindIndex, field: ByteString): Cell {
  if (kind === kinds.string) {
    state.string ??= { version: undefined, value: null, counts: undefined };
    return state.string;
  }
  state.elements ??= [];
  let cells = state.elements[kind];
  if (cells === undefined) {
    cells = new Map();
    state.elements[kind] = cells;
  }
  let cell = cells.get(field);
  if (cell === undefined) {
    cell = { version: undefined, value: null, counts: undefined };
    cells.set(field, cell);
  }
  return cell;
}

/** The kinds whose data is in registers beside each other. Streams have rules of their own. */
export const elementKinds: readonly KindIndex[] = [kinds.hash, kinds.set, kinds.zset];

/** Calls `visit` with every remembered register of a key. */
export function eachCell(state: KeyState, visit: (kind: KindIndex, field: ByteString, cell: Cell) => void): void {
  if (state.string !== undefined) visit(kinds.string, '', state.string);
  if (state.elements === undefined) return;
  for (const kind of elementKinds) {
    const cells = state.elements[kind];
    if (cells !== undefined) for (const [field, cell] of cells) visit(kind, field, cell);
  }
}

/** Whether any cell is as asked; looks no further than the first. */
export function someCell(state: KeyState, is: (kind: KindIndex, field: ByteString, cell: Cell) => boolean): boolean {
  if (state.string !== undefined && is(kinds.string, '', state.string)) return true;
  if (state.elements === undefined) return false;
  for (const kind of elementKinds) {
    const cells = state.elements[kind];
    if (cells === undefined) continue;
    for (const [field, cell] of cells) if (is(kind, field, cell)) return true;
  }
  return false;
}
