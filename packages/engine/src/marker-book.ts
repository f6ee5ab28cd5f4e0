/**
 * The marker as the stream shows it: what its fields hold, what they should hold, and whether somebody meddled.
 *
 * Fields that verify are the truth about what Redis holds. Anything else that touches the marker key is damage: an alarm,
 * and a repair once the lane has the marker again.
 */
import {
  argument,
  argumentCount,
  argumentText,
  type Command,
  type MarkerCodec,
  type OwnMarker,
  ownField,
  type PeerMarker,
  reservedPrefix,
  standaloneMarkerKey,
} from '@entwine/core';

/** What a command does to the marker. */
export type MarkerNews =
  /** Ours: the fields verify and are not older than what is known. */
  | { readonly type: 'marked'; readonly own: OwnMarker | undefined; readonly peers: readonly PeerMarker[] }
  /** Somebody else's doing. */
  | { readonly type: 'damaged'; readonly what: string };

/** Commands that can delete any key without naming it. */
const sweeping: ReadonlySet<string> = new Set(['FLUSHALL', 'FLUSHDB', 'SWAPDB']);

/** How many earlier processes of this site are told from a new one. */
export const rememberedProcesses = 32;

/** The marker of one standalone server. */
export class MarkerBook {
  readonly #codec: MarkerCodec;
  /** Verified values by field. */
  readonly #truth = new Map<string, string>();
  /** Values by field as they stand in Redis at the place read so far. */
  readonly #held = new Map<string, string>();
  #own: OwnMarker | undefined = undefined;
  /** Processes that have written our field before the present one. */
  readonly #past = new Set<string>();
  /** Processes that have served this log, in order, this one the last. */
  processes: readonly string[] = [];
  readonly #seqs = new Map<string, number>();

  /** @param intact - whether Redis held these fields, and no others, at the place where reading goes on. */
  constructor(codec: MarkerCodec, fields: Readonly<Record<string, string>>, intact: boolean = true) {
    this.#codec = codec;
    for (const [field, value] of Object.entries(fields)) {
      this.#truth.set(field, value);
      if (intact) this.#held.set(field, value);
      const marker = codec.read(field, value);
      if (marker?.type === 'own') this.#own = marker;
      else if (marker?.type === 'peer') this.#seqs.set(field, marker.seq);
    }
  }

  /** A field's verified value; '' when there is none. */
  field(name: string): string {
    return this.#truth.get(name) ?? '';
  }

  /** Whether another process is one that has served this log before ours. */
  isPredecessor(instance: string): boolean {
    return this.#past.has(instance) || this.processes.includes(instance);
  }

  /** A flush of ours: its script writes the marker again behind it. Returns whether the command is one. */
  swept(command: Command): boolean {
    if (!sweeping.has(command.name)) return false;
    this.#held.clear();
    return true;
  }

  /** Reads a command that may concern the marker; undefined when it does not. @param ours - its unit is one of our calls. */
  read(command: Command, db: number, ours: boolean = false): MarkerNews | undefined {
    if (!sweeping.has(command.name) && !namesReserved(command)) return undefined;
    if (db !== 0 && command.name !== 'FLUSHALL' && command.name !== 'SWAPDB') return undefined;
    if (command.name === 'SWAPDB' && argumentText(command, 1) !== '0' && argumentText(command, 2) !== '0')
      return undefined;
    if (command.name === 'HSET' && argumentText(command, 1) === standaloneMarkerKey)
      return this.#readWrite(command, ours);
    if (!sweeping.has(command.name) && !names(command, standaloneMarkerKey)) return undefined;
    if (command.name === 'PERSIST') return undefined; // our repair; nobody is harmed by a user's
    if (command.name === 'HDEL' && !this.#deletesTruth(command)) return undefined;
    this.#held.clear();
    return { type: 'damaged', what: `${command.name} on the marker ${standaloneMarkerKey}` };
  }

  /** Operations that make the marker what it should be, our own field left out. */
  repairs(): readonly string[] {
    const args: string[] = [];
    for (const [field, value] of this.#truth) {
      if (field !== ownField && this.#held.get(field) !== value) args.push('H', standaloneMarkerKey, field, value);
    }
    for (const field of this.#held.keys()) if (!this.#truth.has(field)) args.push('h', standaloneMarkerKey, field);
    if (args.length > 0) args.push('P', standaloneMarkerKey);
    return args;
  }

  #readWrite(command: Command, ours: boolean): MarkerNews {
    let own: OwnMarker | undefined;
    let ownValue = '';
    const peers: { readonly marker: PeerMarker; readonly value: string }[] = [];
    let forged = '';
    for (let i = 2; i + 1 < argumentCount(command); i += 2) {
      const field = argumentText(command, i);
      const value = argumentText(command, i + 1);
      this.#held.set(field, value);
      const marker = this.#codec.read(field, value);
      // A flush of ours writes the fields again as they stood.
      if (ours && marker !== undefined && this.#truth.get(field) === value) continue;
      if (marker === undefined || this.#isStale(marker)) forged = field;
      else if (marker.type === 'peer') peers.push({ marker, value });
      else {
        own = marker;
        ownValue = value;
      }
    }
    if (forged !== '')
      return { type: 'damaged', what: `a write of field ${forged} of ${standaloneMarkerKey} that does not verify` };
    // What verifies is what the codec would write.
    for (const { marker, value } of peers) this.#accept(marker.origin, value, marker.seq);
    if (own !== undefined) {
      this.#truth.set(ownField, ownValue);
      if (this.#own !== undefined && this.#own.instance !== own.instance) this.#remember(this.#own.instance);
      this.#own = own;
    }
    return { type: 'marked', own, peers: peers.map(({ marker }) => marker) };
  }

  /** Takes note of deleted fields; false when they were forged ones, which our own repairs delete. */
  #deletesTruth(command: Command): boolean {
    let deletes = false;
    for (let i = 2; i < argumentCount(command); i++) {
      const field = argumentText(command, i);
      this.#held.delete(field);
      if (this.#truth.has(field)) deletes = true;
    }
    return deletes;
  }

  #accept(field: string, value: string, seq: number): void {
    this.#truth.set(field, value);
    this.#seqs.set(field, seq);
  }

  #remember(instance: string): void {
    this.#past.add(instance);
    if (this.#past.size > rememberedProcesses) this.#past.delete(this.#past.values().next().value!);
  }

  /** Whether a process came before the one that wrote our field last. */
  #isPast(instance: string): boolean {
    if (this.#past.has(instance) || this.#own === undefined) return this.#past.has(instance);
    const at = this.processes.indexOf(instance);
    return at >= 0 && at < this.processes.indexOf(this.#own.instance);
  }

  /** A value that verifies but was written before: somebody put an old one back. */
  #isStale(marker: OwnMarker | PeerMarker): boolean {
    if (marker.type === 'own') {
      if (marker.instance !== this.#own?.instance) return this.#isPast(marker.instance);
      return marker.write <= this.#own.write;
    }
    return marker.seq < (this.#seqs.get(marker.origin) ?? 0);
  }
}

/** Whether any argument begins with the reserved prefix. */
export function namesReserved(command: Command): boolean {
  const { bytes, spans } = command;
  for (let i = 2; i < spans.length; i += 2) {
    const start = spans[i]!;
    if (bytes[start] !== 0x65 || spans[i + 1]! - start < reservedPrefix.length) continue; // 'e'
    if (startsWithPrefix(bytes, start)) return true;
  }
  return false;
}

function startsWithPrefix(bytes: Uint8Array, start: number): boolean {
  for (let i = 1; i < reservedPrefix.length; i++) if (bytes[start + i] !== reservedPrefix.charCodeAt(i)) return false;
  return true;
}

/** Commands with keys at every place; of the others only the first argument is looked at. */
const manyKeys: ReadonlySet<string> = new Set([
  'DEL',
  'UNLINK',
  'RENAME',
  'RENAMENX',
  'COPY',
  'MSET',
  'MSETNX',
  'SMOVE',
]);

function names(command: Command, key: string): boolean {
  const last = manyKeys.has(command.name) ? argumentCount(command) : Math.min(2, argumentCount(command));
  for (let i = 1; i < last; i++) {
    if (argument(command, i).length === key.length && argumentText(command, i) === key) return true;
  }
  return false;
}
