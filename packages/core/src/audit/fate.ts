/**
 * What became of another site's op that was merged: whether it has lost to a write of ours, which its writer cannot have seen
 * where it is newer, as clocks go.
 */
import { idText } from '../commands/stream-cells.ts';
import type { Op } from '../entry/entry.ts';
import { type CellValue, type KindIndex, kindNames, kinds } from '../merge/cell-value.ts';
import { includes } from '../merge/ends.ts';
import { addedBeside, eachCell, findCell, type KeyState, layerId } from '../merge/key-state.ts';
import { makes } from '../merge/merge-op.ts';
import { contains, isRemoved } from '../merge/ranges.ts';
import { isLayerLive, isStanding } from '../merge/read-key.ts';
import { writtenVersion } from '../merge/registers.ts';
import { heldStream } from '../merge/stream-cells-merge.ts';
import { type EntrySlot, movedId } from '../merge/stream-entry.ts';
import { compareVersions, isNewer, newest, type Time, type Version } from '../version/version.ts';
import { type IsUnseen, isCounting } from './at-risk.ts';
import type { Conflict } from './conflict.ts';
import { equalCells, type Loss } from './is-lost.ts';

/** How it lost. */
export interface Fate extends Loss {
  readonly winner: Version;
  readonly loser: Version;
  readonly moved?: string;
}

/** @param isOwn - whether a write is ours and its writer had not seen it. */
export function fateOf(state: KeyState, op: Op, version: Version, cut: Time, isOwn: IsUnseen): Fate | undefined {
  const { root, rootCovers } = state;
  // What came by a third site's state is part of what we have told.
  if (root !== undefined && rootCovers !== undefined && isOwn(root) && includes(root, rootCovers, version))
    return undefined;
  const fate = new OpFate(state, version, cut, isOwn);
  switch (op.type) {
    case 'field':
      return fate.cell(kinds.hash, op.field, op.value, version);
    case 'member':
      return fate.cell(kinds.set, op.member, op.present ? true : null, version);
    case 'score':
      return fate.cell(kinds.zset, op.member, op.score, version);
    case 'assign':
      return fate.cell(kinds.string, '', op.value, writtenVersion(version)) ?? fate.ttl(op.expiry, version);
    case 'count':
      return fate.count(kinds[op.cell], op.field, op.by);
    case 'bit':
      return fate.layer(layerId(op.offset, null), 'bit', String(op.offset), op.on);
    case 'sketch':
      return fate.layer(layerId(undefined, op.element), 'string', op.element ?? '', true);
    case 'expire':
      return fate.expiry(op);
    case 'stream':
      return fate.stream(op);
    case 'guarded':
      return op.base === null ? undefined : fate.command(op);
    case 'state':
      // What is told again is on record, where it has lost, as the writes that it was.
      return op.again === true || (op.content === null && op.covers !== null) ? undefined : fate.state(op);
    case 'delete':
    case 'flush':
      return fate.deletion();
    default:
      return undefined;
  }
}

class OpFate {
  readonly #state: KeyState;
  readonly #version: Version;
  readonly #cut: Time;
  readonly #isOwn: IsUnseen;

  constructor(state: KeyState, version: Version, cut: Time, isOwn: IsUnseen) {
    this.#state = state;
    this.#version = version;
    this.#cut = cut;
    this.#isOwn = isOwn;
  }

  cell(kind: KindIndex, field: string, value: CellValue | null, loser: Version): Fate | undefined {
    const state = this.#state;
    const known = findCell(state, kind, field)?.version;
    const isNewest = known !== undefined && compareVersions(known, loser) === 0;
    if (known !== undefined && isNewer(known, loser)) {
      const now = findCell(state, kind, field)!;
      const held = isStanding(state, kind, known) ? now.value : null;
      return this.#isOwn(known) && !equalCells(held, value) ? this.#lost(kind, field, value, loser, known) : undefined;
    }
    if (value === null) return undefined;
    const killer = this.#floor(kind, loser);
    if (killer !== undefined) return this.#lost(kind, field, value, loser, killer);
    if (!isNewest || kind !== kinds.zset || typeof value !== 'number') return undefined;
    const range = state.ranges?.find((one) => isNewer(one.version, loser) && contains(one, field, value));
    if (range === undefined || !this.#isOwn(range.version) || !isRemoved(state.ranges!, loser, field, value))
      return undefined;
    return this.#lost(kind, field, value, loser, range.version);
  }

  count(kind: KindIndex, field: string, by: bigint): Fate | undefined {
    const state = this.#state;
    if (isCounting(state, kind, field, this.#version, this.#cut)) return undefined;
    // The base that it was made on may be yet to come.
    const cell = findCell(state, kind, field);
    if (cell?.counts?.some(({ version }) => compareVersions(version, this.#version) === 0) === true) return undefined;
    let base: Version | undefined;
    for (const one of [cell?.version, state.root, addedBeside(state, kind)])
      if (one !== undefined && this.#isOwn(one)) base = newest(base, one);
    if (base === undefined) return undefined;
    return { kind: 'count', cell: field, discarded: by, winner: this.#asWritten(base), loser: this.#version };
  }

  layer(id: string, kind: 'bit' | 'string', cell: string, on: boolean): Fate | undefined {
    const state = this.#state;
    const now = state.layers?.get(id);
    if (now !== undefined && isLayerLive(state, now) && now.on === on) return undefined;
    const over = [now?.version, state.string?.version].find(
      (one) => one !== undefined && isNewer(one, this.#version) && this.#isOwn(one),
    );
    const winner = over ?? this.#floor(kinds.string, this.#version);
    return winner && { kind, cell, discarded: on ? 1 : 0, winner, loser: this.#version };
  }

  /** The expiry that an assignment sets, where the value itself has won. */
  ttl(at: Conflict['discarded'] | 'keep', version: Version): Fate | undefined {
    if (at === 'keep' || at === null || at === undefined) return undefined;
    const loser = writtenVersion(version);
    return this.#register(at, loser);
  }

  expiry({ at }: Extract<Op, { type: 'expire' }>): Fate | undefined {
    return this.#register(at, this.#version);
  }

  #register(at: Conflict['discarded'], loser: Version): Fate | undefined {
    const { expiryVersion, expiry } = this.#state;
    if (expiryVersion === undefined || !isNewer(expiryVersion, loser) || !this.#isOwn(expiryVersion)) return undefined;
    return expiry === at ? undefined : { kind: 'expiry', cell: '', discarded: at, winner: expiryVersion, loser };
  }

  stream({ cell, value }: Extract<Op, { type: 'stream' }>): Fate | undefined {
    if (value === null || cell[0] !== 'i') return undefined;
    const state = this.#state;
    const loser = this.#version;
    const id = cell.slice(1);
    const killer = this.#floor(kinds.stream, loser);
    if (killer !== undefined) return { kind: 'stream', cell: idText(id), discarded: value, winner: killer, loser };
    const slot = heldStream(state).cells.get(cell)?.value as EntrySlot | undefined;
    const own = slot?.adds.find((add) => this.#isOwn(add.version));
    if (own === undefined || equalCells(own.value, value)) return undefined;
    const [winner, moved] = own.version.priority > loser.priority ? [own.version, loser] : [loser, own.version];
    const to = idText(movedId(id, moved.priority));
    return { kind: 'stream', cell: idText(id), discarded: undefined, winner, loser: moved, moved: to };
  }

  /** What is only not run here, its site adds again; what takes elements away comes to nothing. */
  command(op: Extract<Op, { type: 'guarded' }>): Fate | undefined {
    const state = this.#state;
    const kind = kinds[op.kind];
    const loser = this.#version;
    const { chain, root } = state;
    if (chain !== undefined && compareVersions(chain.version, loser) === 0) return undefined;
    const name = kindNames[kind]!;
    const floor = this.#floor(kind, loser);
    if (makes(op)) {
      const isGone = floor !== undefined && (floor !== root || state.rootCovers === undefined);
      if (isGone) return { kind: name, cell: '', discarded: op.args, winner: this.#asWritten(floor), loser };
      if (op.adds) return undefined;
    }
    const over = chain?.version;
    if (over === undefined || !isNewer(over, loser) || !this.#isOwn(over)) return undefined;
    return { kind: name, cell: '', discarded: op.args, winner: over, loser };
  }

  state({ content }: Extract<Op, { type: 'state' }>): Fate | undefined {
    const { root, rootDeletes } = this.#state;
    const loser = writtenVersion(this.#version);
    if (root === undefined || !isNewer(root, this.#version) || !this.#isOwn(root)) return undefined;
    if (content === null) return rootDeletes ? undefined : this.deletion();
    const discarded = content.kind === 'string' ? content.value : undefined;
    return { kind: content.kind, cell: '', discarded, winner: this.#asWritten(root), loser };
  }

  /** A deletion that something of ours outlives. */
  deletion(): Fate | undefined {
    const state = this.#state;
    let winner: Version | undefined;
    const outlives = (version: Version | undefined): void => {
      if (version !== undefined && isNewer(version, this.#version) && this.#isOwn(version))
        winner = newest(winner, version);
    };
    eachCell(state, (kind, _field, { version, value }) => {
      if (value !== null && version !== undefined && isStanding(state, kind, version)) outlives(version);
    });
    for (const layer of state.layers?.values() ?? []) if (isLayerLive(state, layer)) outlives(layer.version);
    for (const add of state.adds ?? []) outlives(add.versions.at(-1));
    const { alive, cells } = heldStream(state);
    for (const [name, { value }] of cells) {
      if (name[0] !== 'i') continue;
      for (const { version } of (value as EntrySlot).adds) if (alive(version)) outlives(version);
    }
    return winner && { kind: 'delete', cell: '', discarded: null, winner, loser: this.#version };
  }

  /** The newest of ours that ends a write of a kind: a root, or another kind's add. */
  #floor(kind: KindIndex, version: Version): Version | undefined {
    const state = this.#state;
    let floor: Version | undefined;
    for (const one of [state.root, addedBeside(state, kind)]) {
      if (one !== undefined && isNewer(one, version) && this.#isOwn(one)) floor = newest(floor, one);
    }
    return floor;
  }

  #lost(kind: KindIndex, cell: string, discarded: CellValue | null, loser: Version, winner: Version): Fate {
    return { kind: kindNames[kind]!, cell, discarded, loser, winner: this.#asWritten(winner) };
  }

  /** A root that is not a deletion is named by what it wrote. */
  #asWritten(version: Version): Version {
    const { root, rootDeletes } = this.#state;
    return version === root && !rootDeletes ? writtenVersion(version) : version;
  }
}
