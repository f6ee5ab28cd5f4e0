/**
 * What an op may take away that its writer had not seen.
 *
 * Taken before the op is merged, and compared afterwards (`is-lost.ts`). Only what the op can reach is looked at: of an op on one
 * cell that cell, and the other kinds where it makes the key another kind; of a root everything.
 */
import type { ByteString } from '../bytes/byte-string.ts';
import type { StreamValue } from '../commands/stream-cells.ts';
import type { Expiry, Op } from '../entry/entry.ts';
import { type CellValue, type KindIndex, kinds } from '../merge/cell-value.ts';
import { baseOf, counts as isCounted } from '../merge/counting.ts';
import { isEnded } from '../merge/ends.ts';
import { isChainLive } from '../merge/guarded.ts';
import {
  addedBeside,
  addedOf,
  type Cell,
  type Chain,
  type Count,
  eachCell,
  findCell,
  type KeyState,
  type Layer,
  layerId,
  type OwnAdd,
} from '../merge/key-state.ts';
import { makes } from '../merge/merge-op.ts';
import { contains, isRemoved } from '../merge/ranges.ts';
import { isLayerLive, isStanding, isStreamLive } from '../merge/read-key.ts';
import { heldStream, isEntryHeld } from '../merge/stream-cells-merge.ts';
import type { EntrySlot } from '../merge/stream-entry.ts';
import { compareVersions, isNewer, type Time, type Version } from '../version/version.ts';

/** A write that stands, and that the writer of an op had not seen. */
export type Holding =
  | {
      readonly type: 'cell';
      readonly kind: KindIndex;
      readonly cell: ByteString;
      readonly version: Version;
      readonly value: CellValue | null;
    }
  | {
      readonly type: 'count';
      readonly kind: KindIndex;
      readonly cell: ByteString;
      readonly version: Version;
      readonly sum: bigint;
    }
  | { readonly type: 'layer'; readonly id: string; readonly version: Version; readonly layer: Layer }
  | { readonly type: 'add'; readonly version: Version; readonly add: OwnAdd }
  | {
      readonly type: 'chain';
      readonly kind: KindIndex;
      readonly version: Version;
      readonly chain: Chain;
      readonly adds: boolean;
    }
  | { readonly type: 'entry'; readonly cell: ByteString; readonly version: Version; readonly value: StreamValue }
  | { readonly type: 'expiry'; readonly version: Version; readonly at: Expiry; readonly byRoot: boolean }
  | { readonly type: 'root'; readonly version: Version; readonly lostTo: readonly number[] };

/** Whether the writer of an op had not seen a write, and it is one that is audited here. */
export type IsUnseen = (version: Version) => boolean;

/** More than so many of one op are not looked at. */
export const maxAtRisk = 1000;

/** What an op may take away, before it is merged. */
export class AtRisk {
  readonly holdings: Holding[] = [];
  /** Those beyond `maxAtRisk`. */
  passedOver = 0;
  readonly #state: KeyState;
  readonly #cut: Time;
  readonly #isUnseen: IsUnseen;

  constructor(state: KeyState, op: Op, cut: Time, isUnseen: IsUnseen) {
    this.#state = state;
    this.#cut = cut;
    this.#isUnseen = isUnseen;
    this.#reach(op);
  }

  #reach(op: Op): void {
    switch (op.type) {
      case 'field':
        this.#element(kinds.hash, op.field, op.value !== null);
        return;
      case 'member':
        this.#element(kinds.set, op.member, op.present);
        return;
      case 'score':
        this.#element(kinds.zset, op.member, op.score !== null);
        return;
      case 'count':
        this.#made(kinds[op.cell]);
        return;
      case 'bit':
      case 'sketch':
        this.#layer(op.type === 'bit' ? layerId(op.offset, null) : layerId(undefined, op.element));
        this.#made(kinds.string);
        return;
      case 'stream':
        if (op.value !== null) this.#made(kinds.stream);
        return;
      case 'trim':
        this.#stream(op.before);
        return;
      case 'range':
        eachCell(this.#state, (kind, field, cell) => {
          if (kind === kinds.zset && typeof cell.value === 'number' && contains(op, field, cell.value))
            this.#cell(kind, field, cell);
        });
        return;
      case 'expire':
        this.#expiry();
        return;
      case 'guarded':
        if (op.base !== null && makes(op)) this.#made(kinds[op.kind]);
        return;
      case 'assign':
        this.#whole(op.expiry !== 'keep');
        this.#root();
        return;
      case 'state':
        this.#whole(true);
        if (op.content !== null) this.#root();
        return;
      case 'delete':
      case 'flush':
        this.#whole(true);
        return;
      default:
        return;
    }
  }

  #element(kind: KindIndex, field: ByteString, adds: boolean): void {
    const cell = findCell(this.#state, kind, field);
    if (cell !== undefined) this.#cell(kind, field, cell);
    if (adds) this.#made(kind);
  }

  /** Of a write that makes a cell: the other kinds, and a deletion that it outlives. */
  #made(kind: KindIndex): void {
    const { newestKind } = this.#state;
    if (newestKind !== -1 && newestKind !== kind) this.#others(kind);
    this.#root();
  }

  #whole(expiry: boolean): void {
    this.#others(-1);
    if (expiry) this.#expiry();
  }

  /** Everything but what is of a kind. */
  #others(kind: KindIndex | -1): void {
    const state = this.#state;
    eachCell(state, (other, field, cell) => {
      if (other !== kind) this.#cell(other, field, cell);
    });
    if (kind !== kinds.string) for (const id of state.layers?.keys() ?? []) this.#layer(id);
    if (kind !== kinds.stream) this.#stream(undefined);
    for (const add of state.adds ?? []) {
      const of = kinds[add.kind];
      if (of !== kind && this.#isUnseen(add.versions[0]!) && isAddHeld(state, add))
        this.#note({ type: 'add', version: add.versions[0]!, add });
    }
    this.#chain(kind);
  }

  #chain(except: KindIndex | -1): void {
    const { chain, adds } = this.#state;
    const version = chain?.written;
    if (chain === undefined || version === undefined || !this.#isUnseen(version)) return;
    const kind = kinds[chain.kind];
    if (kind === except || !isChainLive(this.#state, kind)) return;
    if (adds?.some((add) => add.versions.some((known) => compareVersions(known, version) === 0)) === true) return;
    const added = addedOf(this.#state, kind);
    const isAdd = added !== undefined && compareVersions(added, version) === 0;
    this.#note({ type: 'chain', kind, version, chain, adds: isAdd });
  }

  #cell(kind: KindIndex, cell: ByteString, { version, value, counts }: Cell): void {
    if (version !== undefined && this.#isUnseen(version) && this.#stands(kind, cell, version, value))
      this.#note({ type: 'cell', kind, cell, version, value });
    if (counts !== undefined) this.#counts(kind, cell, counts);
  }

  #stands(kind: KindIndex, field: ByteString, version: Version, value: CellValue | null): boolean {
    const { ranges } = this.#state;
    if (!isStanding(this.#state, kind, version)) return false;
    return ranges === undefined || typeof value !== 'number' || !isRemoved(ranges, version, field, value);
  }

  #counts(kind: KindIndex, cell: ByteString, all: readonly Count[]): void {
    const state = this.#state;
    for (const count of all) {
      if (this.#isUnseen(count.version) && isCounting(state, kind, cell, count.version, this.#cut))
        this.#note({ type: 'count', kind, cell, version: count.version, sum: count.sum - count.folded });
    }
  }

  #layer(id: string): void {
    const layer = this.#state.layers?.get(id);
    if (layer !== undefined && this.#isUnseen(layer.version) && isLayerLive(this.#state, layer))
      this.#note({ type: 'layer', id, version: layer.version, layer });
  }

  /** Entries of a stream. @param before - those with a smaller ID; undefined: all. */
  #stream(before: ByteString | undefined): void {
    const state = this.#state;
    if (state.elements?.[kinds.stream] === undefined || !isStreamLive(state)) return;
    const held = heldStream(state);
    for (const [name, { value }] of held.cells) {
      if (name[0] !== 'i' || (before !== undefined && name.slice(1) >= before)) continue;
      for (const add of (value as EntrySlot).adds) {
        if (this.#isUnseen(add.version) && isEntryHeld(held, name.slice(1), add.version))
          this.#note({ type: 'entry', cell: name.slice(1), version: add.version, value: add.value });
      }
    }
  }

  #expiry(): void {
    const { expiryVersion: version, expiry: at, expiryByRoot: byRoot } = this.#state;
    if (version !== undefined && this.#isUnseen(version)) this.#note({ type: 'expiry', version, at, byRoot });
  }

  #root(): void {
    const { root, rootDeletes, rootLostTo: lostTo = [] } = this.#state;
    if (root !== undefined && rootDeletes && this.#isUnseen(root)) this.#note({ type: 'root', version: root, lostTo });
  }

  #note(holding: Holding): void {
    if (this.holdings.length < maxAtRisk) this.holdings.push(holding);
    else this.passedOver++;
  }
}

/** Whether something that was added is there, or on its way back. */
export function isAddHeld(state: KeyState, add: OwnAdd): boolean {
  const last = add.versions.at(-1)!;
  const beside = addedBeside(state, kinds[add.kind]);
  if (beside !== undefined && isNewer(beside, last)) return false;
  return state.adds?.includes(add) === true && !isEnded(state, last);
}

/** Whether an increment of a cell counts. */
export function isCounting(state: KeyState, kind: KindIndex, field: ByteString, version: Version, cut: Time): boolean {
  const cell = findCell(state, kind, field);
  if (cell?.counts === undefined) return false;
  const base = baseOf(state, kind, cell, cut);
  for (const count of cell.counts) {
    if (count.version.priority === version.priority && compareVersions(count.version, version) >= 0)
      if (isCounted(state, kind, cell, count, base, cut)) return true;
  }
  return false;
}
