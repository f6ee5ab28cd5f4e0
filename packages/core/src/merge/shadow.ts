/**
 * A shadow: what Redis holds of one key, followed along the stream, while that may differ from the model.
 *
 * A remote op merges when it is decided but takes effect when its script runs. Where a local write on the same key comes in
 * between, Redis and model part for a while. From that write on, everything the stream says about the key (local writes, and
 * our own scripts' effects coming back) is followed here, until nothing of ours is on its way to the key any more; then
 * shadow and model are compared (`apply/compare-key.ts`).
 *
 * A cell that nobody has written since the shadow began is unknown; of it only a surplus is kept: what was added to it in
 * Redis but does not count in the model.
 */
import type { ByteString } from '../bytes/byte-string.ts';
import { expiryTimeOf } from '../commands/arguments.ts';
import { parseCell, parseId } from '../commands/stream-cells.ts';
import type { ExpiryTime, Op } from '../entry/entry.ts';
import { argument, argumentCount, argumentText, type Command } from '../resp/command.ts';
import { type CellValue, integerOf, type KindIndex, kinds, numeral } from './cell-value.ts';
import { layerId } from './key-state.ts';
import { isDeletion, type MeantStep, sameStep, stepOf } from './meant-step.ts';
import { contains, type Range } from './ranges.ts';

/** One cell as Redis holds it. */
export interface ShadowCell {
  readonly kind: KindIndex;
  readonly field: ByteString;
  /** `null`: absent; `undefined`: as before the shadow began, plus increments. */
  known: CellValue | null | undefined;
  surplus: bigint;
  /** A unit of ours has counted it up, by 0 maybe: it is there, whatever it was before. */
  counted: boolean;
  /** It may have been written, and nobody knows what: an earlier process was at it. */
  doubtful: boolean;
}

/** Says how much of what a unit added to a cell counts in the model. */
export type ExpectedSum = (kind: KindIndex, field: ByteString, added: bigint) => bigint;

/** One key as Redis holds it. Mutable. */
export class Shadow {
  /** The key was deleted or overwritten: what is not in `cells` is gone. */
  wiped = false;
  /** The server took the key away, because it had expired here, while calls that did not know were on their way to it. */
  lost = false;
  /** An end that nobody else's memory confirms was to take the key away, and Redis shows that it had not expired: it stayed. */
  stayed = false;
  /** By `cellId`. */
  readonly cells: Map<string, ShadowCell> = new Map();
  /** What a correction that an earlier process decided expects a cell to hold; by `cellId`. */
  readonly hints: Map<string, CellValue> = new Map();
  /** Ops on what is not followed by cells: what they write is written again, which changes nothing where it is there. */
  touched: Op[] = [];
  /** Bits and sketch elements that Redis is known to hold, by `layerId`. */
  readonly layers: Set<string> = new Set();
  /** Stream entries that Redis is known to hold, by ID (16 bytes); undefined: nothing was written to a stream. */
  entries: Set<ByteString> | undefined = undefined;
  /** Consumer groups that a unit of ours has made, or moved. */
  groups: Set<ByteString> | undefined = undefined;
  /** Something that is not followed was written to the key, which is not known to be gone: a list, an appended string. */
  other = false;
  /** How often the key was corrected since the shadow began. */
  corrections = 0;
  /** Absolute ms, -1 for none; undefined while nobody said. */
  expiry: ExpiryTime | undefined = undefined;
  /** An element was removed since the expiry was last told: that may have emptied the key and taken its expiry away. */
  mayHaveLostExpiry = false;
  /** What was there, be it of before what the model remembers, may be there still: an earlier process left off following it. */
  isDoubted = false;
  /** Whether the expiry was told by an earlier process, nobody knows. */
  doubtsExpiry = false;

  /** Nobody knows what the key holds: an earlier process left off following it. @param cells - those that are remembered. */
  doubt(cells: Iterable<readonly [KindIndex, ByteString]>): void {
    this.isDoubted = true;
    for (const [kind, field] of cells) this.#cell(kind, field).doubtful = true;
  }

  /** Whether anything has to be compared. */
  get isIdle(): boolean {
    return this.cells.size === 0 && this.touched.length === 0 && !this.wiped && !this.stayed;
  }

  /** What a cell holds, or is thought to hold. */
  held(kind: KindIndex, field: ByteString): CellValue | null | undefined {
    const id = cellId(kind, field);
    const cell = this.cells.get(id);
    return cell?.known === undefined ? this.hints.get(id) : cell.known;
  }

  /** A local op on the key. */
  local(op: Op): void {
    switch (op.type) {
      case 'assign':
        this.#set(op.value, op.expiry === 'keep' ? this.expiry : (op.expiry ?? -1));
        return;
      case 'delete':
        this.#wipe();
        return;
      case 'expire':
        this.#expire(op.at ?? -1);
        return;
      case 'field':
        this.#write(kinds.hash, op.field, op.value);
        return;
      case 'member':
        this.#write(kinds.set, op.member, op.present ? true : null);
        return;
      case 'score':
        this.#write(kinds.zset, op.member, op.score);
        return;
      case 'count':
        this.#add(kinds[op.cell], op.field, op.by);
        return;
      case 'range':
        this.#removeRange(op);
        return;
      case 'end':
      case 'flush':
        this.#wipe();
        return;
      case 'state':
        this.#state(op);
        return;
      case 'stream':
        this.#stream(op);
        this.touched.push(op);
        return;
      case 'trim':
        this.#trim(op.before);
        this.touched.push(op);
        return;
      case 'bit':
        this.layers.add(layerId(op.offset, null));
        this.touched.push(op);
        return;
      case 'sketch':
        this.layers.add(layerId(undefined, op.element));
        this.touched.push(op);
        return;
      case 'guarded':
        this.other = true;
    }
  }

  /** The database was flushed. */
  flushed(): void {
    this.#wipe();
  }

  /** All that the key holds was read. */
  #state(op: Extract<Op, { type: 'state' }>): void {
    this.#wipe();
    this.expiry = op.expiry ?? -1;
    const { content } = op;
    if (content?.kind === 'string') this.#write(kinds.string, '', content.value);
    else if (content?.kind === 'hash')
      for (const [field, value] of content.fields) this.#write(kinds.hash, field, value);
    else if (content?.kind === 'set') for (const member of content.members) this.#write(kinds.set, member, true);
    else if (content?.kind === 'zset')
      for (const [member, score] of content.members) this.#write(kinds.zset, member, score);
  }

  /**
   * The commands of a unit of ours on the key, in order.
   * @param meant - what the unit was to do, in order. A step that changed nothing is not among the commands, yet it says
   * what the cell holds.
   * @param isSure - whether `meant` is what was sent, and not only what would be sent now.
   */
  echo(commands: readonly Command[], expected: ExpectedSum, meant: readonly MeantStep[], isSure: boolean = true): void {
    const added = new Map<ShadowCell, bigint>();
    let next = 0;
    const find = (command: Command | undefined): number => {
      const step = command && stepOf(command);
      // One step may take several commands on a stream.
      if (step === undefined || (step.does === 'stream' && meant[next - 1]?.does === 'stream')) return -1;
      return meant.findIndex((other, i) => i >= next && sameStep(other, step));
    };
    commands.forEach((command, n) => {
      let at = find(command);
      // A write that met another type deletes the key first: such a deletion stands right before it, and is no step.
      const cause = isDeletion(command) ? find(commands[n + 1]) : -1;
      const beside = cause >= 0 && (at < 0 || cause < at);
      if (beside) at = cause;
      for (; next < at; next++) this.#unchanged(meant[next]!, isSure);
      if (at >= 0 && !beside) next = at + 1;
      this.#command(command, added);
    });
    for (const step of meant.slice(next)) this.#unchanged(step, isSure);
    for (const [cell, sum] of added) {
      if (cell.known !== undefined) continue;
      cell.surplus += sum - expected(cell.kind, cell.field, sum);
      cell.counted = true;
    }
  }

  /** A step left no trace: what it was to make was there already (or was refused). */
  #unchanged(step: MeantStep, isSure: boolean): void {
    if (step.does === 'write') {
      // An HSET always leaves a trace, and so does any write where nothing was: that one was not made.
      const cell = this.#cell(step.kind, step.field);
      if (step.kind === kinds.hash) cell.doubtful ||= !isSure && cell.known === undefined;
      if (step.kind === kinds.hash || cell.known === null) return;
      if (isSure || step.kind === kinds.set) this.#write(step.kind, step.field, step.value);
      else cell.doubtful = true;
    } else if (step.does === 'set') {
      // Likewise a SET: who sent the call did not know that this value lives.
      const cell = this.#cell(kinds.string, '');
      cell.doubtful ||= !isSure && cell.known === undefined;
    } else if (step.does === 'layer') this.layers.add(step.field);
    else if (step.does === 'stream') {
      this.entries ??= new Set();
      if (step.entry !== undefined) this.entries.add(step.entry);
    } else if (step.does === 'remove') this.#write(step.kind, step.field, null);
    else if (step.does === 'wipe') this.#wipe();
    else if (step.does === 'expire' && !this.isGone) {
      if (isSure) this.#expire(step.at);
      else this.doubtsExpiry = true;
    } else if (step.does === 'range') this.#removeRange(step.range);
  }

  #stream({ cell: name, value }: Extract<Op, { type: 'stream' }>): void {
    this.entries ??= new Set();
    const cell = parseCell(name);
    if (cell?.type !== 'entry') return;
    if (value === null) this.entries.delete(cell.id);
    else this.entries.add(cell.id);
  }

  #trim(before: ByteString): void {
    this.entries ??= new Set();
    for (const id of this.entries) if (id < before) this.entries.delete(id);
  }

  /** A command of ours on a stream. */
  #streamCommand(command: Command): void {
    this.entries ??= new Set();
    const last = argumentCount(command) - 1;
    const id = (i: number): ByteString => parseId(argumentText(command, i)) ?? '';
    if (command.name === 'XADD') this.entries.add(id(2));
    else if (command.name === 'XDEL') for (let i = 2; i <= last; i++) this.entries.delete(id(i));
    else if (command.name === 'XTRIM') this.#trim(id(last));
    else if (command.name === 'XGROUP') {
      const group = argumentText(command, 3);
      if (argumentText(command, 1).toUpperCase() === 'DESTROY') this.groups?.delete(group);
      else this.groups = (this.groups ?? new Set()).add(group);
    }
  }

  /** Whether the key is known to be missing. */
  get isGone(): boolean {
    if (!this.wiped || this.other || this.entries !== undefined || this.layers.size > 0) return false;
    for (const cell of this.cells.values()) if (cell.known !== null) return false;
    return true;
  }

  #command(command: Command, added: Map<ShadowCell, bigint>): void {
    const text = (i: number): ByteString => argumentText(command, i);
    const add = (kind: KindIndex, field: ByteString, by: string): void => {
      const cell = this.#add(kind, field, BigInt(by));
      added.set(cell, (added.get(cell) ?? 0n) + BigInt(by));
    };
    switch (command.name) {
      case 'SET':
        this.#set(argument(command, 2), setExpiry(command, this.expiry));
        return;
      case 'DEL':
      case 'UNLINK':
        this.#wipe();
        return;
      case 'PEXPIREAT':
        this.#expire(expiryTimeOf(text(2)));
        return;
      case 'PERSIST':
        this.#expire(-1);
        return;
      case 'INCRBY':
        add(kinds.string, '', text(2));
        return;
      case 'HINCRBY':
        add(kinds.hash, text(2), text(3));
        return;
      case 'ZINCRBY':
        add(kinds.zset, text(3), text(2));
        return;
    }
    const step = stepOf(command);
    if (step.does === 'write') this.#write(step.kind, step.field, step.value);
    else if (step.does === 'remove') this.#write(step.kind, step.field, null);
    else if (step.does === 'layer') this.layers.add(step.field);
    else if (step.does === 'stream') this.#streamCommand(command);
    else if (step.does === 'range') this.#removeRange(step.range);
    else this.other = true;
  }

  #set(value: Uint8Array, expiry: ExpiryTime | undefined): void {
    const lost = this.mayHaveLostExpiry && expiry !== -1;
    this.#wipe();
    this.expiry = expiry;
    this.mayHaveLostExpiry = lost;
    this.#write(kinds.string, '', value);
  }

  #wipe(): void {
    this.wiped = true;
    this.isDoubted = false;
    this.stayed = false;
    this.other = false;
    this.entries = undefined;
    this.groups = undefined;
    this.cells.clear();
    this.layers.clear();
    this.#expire(-1);
  }

  #expire(at: ExpiryTime): void {
    this.expiry = at;
    this.mayHaveLostExpiry = false;
    this.doubtsExpiry = false;
  }

  #write(kind: KindIndex, field: ByteString, value: CellValue | null): void {
    const cell = this.#cell(kind, field);
    cell.known = value;
    cell.surplus = 0n;
    cell.counted = false;
    cell.doubtful = false;
    if (value === null && this.expiry !== -1) this.mayHaveLostExpiry = true;
  }

  /** Members whose score nobody knows may have been in the range. */
  #removeRange(range: Range): void {
    for (const cell of this.cells.values()) {
      if (cell.kind !== kinds.zset || cell.known === null) continue;
      if (cell.known === undefined && range.by === 'score') cell.doubtful = true;
      else if (contains(range, cell.field, Number(cell.known))) this.#write(kinds.zset, cell.field, null);
    }
    if (this.expiry !== -1) this.mayHaveLostExpiry = true;
  }

  /** Adds to what is known; what is not known stays so. */
  #add(kind: KindIndex, field: ByteString, by: bigint): ShadowCell {
    const cell = this.#cell(kind, field);
    const base = cell.known === undefined ? undefined : integerOf(cell.known);
    if (base !== undefined) cell.known = numeral(kind, base + by);
    else if (typeof cell.known === 'number') cell.known += Number(by);
    return cell;
  }

  #cell(kind: KindIndex, field: ByteString): ShadowCell {
    const id = cellId(kind, field);
    let cell = this.cells.get(id);
    if (cell === undefined) {
      cell = { kind, field, known: this.wiped ? null : undefined, surplus: 0n, counted: false, doubtful: false };
      this.cells.set(id, cell);
    }
    return cell;
  }
}

/** Names a cell within its key. */
export function cellId(kind: KindIndex, field: ByteString): string {
  return `${kind}${field}`;
}

function setExpiry(command: Command, kept: ExpiryTime | undefined): ExpiryTime | undefined {
  const option = command.spans.length > 6 ? argumentText(command, 3).toUpperCase() : '';
  return option === 'KEEPTTL' ? kept : option === 'PXAT' ? expiryTimeOf(argumentText(command, 4)) : -1;
}
