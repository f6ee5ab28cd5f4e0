/**
 * A `TransportHost` in memory that keeps a log of numbered entries and checks what it is sent.
 *
 * An entry is: its length (u32), its sequence number (u64), then bytes that follow from the number; so whatever arrives can
 * be checked to be whole, the right one, and in order. Faults are kept in `faults`, not thrown: the transport would take a
 * throw for its own trouble. It settles at once what it receives, unless told otherwise.
 */
import type { EntryBatch, LinkStatus, Origin, Transport, TransportHost } from '@entwine/core';

/** Bytes of an entry before its filling. */
const headBytes = 12;

/** What may be told of a `RecordingHost`. */
export interface RecordingHostOptions {
  /** @defaultValue 'one' */
  readonly shard?: string;
  /** @defaultValue '1' */
  readonly incarnation?: string;
  /** Settle as soon as something is delivered. @defaultValue true */
  readonly settle?: boolean;
}

/** One site's side of a transport. */
export class RecordingHost implements TransportHost {
  readonly site: string;
  readonly origin: Origin;
  /** Everything delivered that broke a promise. */
  readonly faults: string[] = [];
  /** The last sequence number received, by origin. */
  readonly received: Map<Origin, number> = new Map();
  /** The last sequence number acknowledged, by site. */
  readonly acks: Map<string, number> = new Map();
  /** What `originAhead` was told, by site. */
  readonly ahead: Map<string, number> = new Map();
  /** Every change of a link, in order. */
  readonly changes: LinkStatus[] = [];
  /** Batches delivered, duplicates included. */
  deliveries = 0;
  /** Bytes given out by `readOwn`. */
  bytesRead = 0;
  /** The transport that `settled` and `flushed` go to. */
  transport: Transport | undefined;
  readonly #settle: boolean;
  #entries: Uint8Array[] = [];
  #first = 1;

  constructor(site: string, options: RecordingHostOptions = {}) {
    this.site = site;
    this.origin = `${site}/${options.shard ?? 'one'}/${options.incarnation ?? '1'}`;
    this.#settle = options.settle ?? true;
  }

  /** Starts a transport for this host. */
  async attach(transport: Transport): Promise<void> {
    this.transport = transport;
    await transport.start(this);
  }

  /** Appends entries of `size` bytes to the own log, and says that they are flushed. */
  append(count: number, size: number): void {
    for (let i = 0; i < count; i++) this.#entries.push(entry(this.#first + this.#entries.length, size));
    this.transport?.flushed(this.ownRange().last);
  }

  /** Forgets own entries up to `seq`. */
  trim(seq: number): void {
    this.#entries = this.#entries.slice(seq + 1 - this.#first);
    this.#first = seq + 1;
  }

  /** Forgets everything received, as a restart from older state does. @param seq - what is still known. */
  rewind(origin: Origin, seq: number): void {
    this.received.set(origin, seq);
  }

  ownRange(): { readonly first: number; readonly last: number } {
    return { first: this.#first, last: this.#first + this.#entries.length - 1 };
  }

  readOwn(from: number, maxBytes: number): EntryBatch | undefined {
    const { first, last } = this.ownRange();
    if (from > last) return undefined;
    const start = Math.max(from, first);
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for (let seq = start; seq <= last; seq++) {
      const part = this.#entries[seq - first]!;
      if (parts.length > 0 && bytes + part.length > maxBytes) break;
      parts.push(part);
      bytes += part.length;
    }
    this.bytesRead += bytes;
    return { origin: this.origin, first: start, last: start + parts.length - 1, body: join(parts, bytes) };
  }

  receivedUpTo(origin: Origin): number {
    return this.received.get(origin) ?? 0;
  }

  deliver(batch: EntryBatch): void {
    const known = this.receivedUpTo(batch.origin);
    this.deliveries++;
    if (batch.first > known + 1) this.faults.push(`gap: ${batch.origin} ${batch.first} after ${known}`);
    const fault = check(batch);
    if (fault !== undefined) this.faults.push(`${batch.origin} ${batch.first} to ${batch.last}: ${fault}`);
    if (batch.last > known) this.received.set(batch.origin, batch.last);
    if (this.#settle) this.transport?.settled(batch.origin, this.receivedUpTo(batch.origin));
  }

  acknowledged(site: string, seq: number): void {
    if (seq > this.ownRange().last) this.faults.push(`${site} acknowledged ${seq}, which is not there`);
    this.acks.set(site, Math.max(seq, this.acks.get(site) ?? 0));
  }

  originAhead(site: string, seq: number): void {
    this.ahead.set(site, seq);
  }

  linkChanged(status: LinkStatus): void {
    this.changes.push(status);
  }
}

function entry(seq: number, size: number): Uint8Array {
  const bytes = new Uint8Array(Math.max(size, headBytes));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length);
  view.setBigUint64(4, BigInt(seq));
  bytes.fill(filling(seq), headBytes);
  return bytes;
}

function filling(seq: number): number {
  return (seq * 31 + 7) & 0xff;
}

function join(parts: readonly Uint8Array[], bytes: number): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const body = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    body.set(part, at);
    at += part.length;
  }
  return body;
}

/** What is wrong with a batch's body, if anything. */
function check({ first, last, body }: EntryBatch): string | undefined {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  let at = 0;
  for (let seq = first; seq <= last; seq++) {
    if (body.length - at < headBytes) return `ends before ${seq}`;
    const length = view.getUint32(at);
    if (Number(view.getBigUint64(at + 4)) !== seq) return `${view.getBigUint64(at + 4)} stands where ${seq} should`;
    if (length > body.length - at) return `${seq} is cut short`;
    const filled = filling(seq);
    for (let i = at + headBytes; i < at + length; i++) if (body[i] !== filled) return `${seq} is damaged`;
    at += length;
  }
  return at === body.length ? undefined : 'ends after its last entry';
}
