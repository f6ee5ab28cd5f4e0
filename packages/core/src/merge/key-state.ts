/**
 * What is remembered of one key while any of its versions is newer than the stability cut.
 *
 * - `root`: the newest overwriting or deleting version. Cells with a strictly smaller version are dead.
 * - cells: one register for a string, one for each hash field, set member, sorted-set member. `null` is "removed".
 * - `added`: per kind, the newest version of a write that made such a cell. A cell lives only if its version exceeds every
 *   other kind's newest add, so the newest kind wins, and nothing older than the cut is needed to know that.
 * - counters: an origin's running sum stands on a base, the newest of root and register. Sums on an older base are lost.
 *
 * Pure data; the rules are in `merge-op.ts`, reading it in `read-key.ts`.
 */
import type { ByteString } from '../bytes/byte-string.ts';
import type { Base, Expiry, Origin } from '../entry/entry.ts';
import type { Version } from '../version/version.ts';
import { type CellValue, type KindIndex, kinds } from './cell-value.ts';
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

/** All that is remembered of one key. Mutable; owned by a `Model`. */
export class KeyState {
  readonly db: number;
  readonly key: ByteString;
  root: Version | undefined = undefined;
  expiryVersion: Version | undefined = undefined;
  expiry: Expiry = null;
  /** The string's cell. */
  string: Cell | undefined = undefined;
  /** Cells of hash, set and sorted set, by kind index; most keys have none of them. */
  elements: (Map<ByteString, Cell> | undefined)[] | undefined = undefined;
  /** Newest register add, by kind index. */
  readonly added: (Version | undefined)[] = [undefined, undefined, undefined, undefined];
  /** Whether any cell has ever had counts. */
  counted = false;
  /** The newest time of any op merged. */
  newest = 0;
  /** `Model`'s forgetting queue that this key stands in. */
  bucket = -1;
  /** Calls on their way to Redis that concern this key. */
  inFlight = 0;
  /** The last such call; lets a batch count a key once. */
  lastBatch = 0;
  /** What Redis holds, while that may differ from what stands here. */
  shadow: Shadow | undefined = undefined;

  constructor(db: number, key: ByteString) {
    this.db = db;
    this.key = key;
  }
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
  state.elements ??= [undefined, undefined, undefined, undefined];
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

/** Calls `visit` with every remembered cell of a key. */
export function eachCell(state: KeyState, visit: (kind: KindIndex, field: ByteString, cell: Cell) => void): void {
  if (state.string !== undefined) visit(kinds.string, '', state.string);
  if (state.elements === undefined) return;
  for (const kind of [kinds.hash, kinds.set, kinds.zset] as const) {
    const cells = state.elements[kind];
    if (cells !== undefined) for (const [field, cell] of cells) visit(kind, field, cell);
  }
}
