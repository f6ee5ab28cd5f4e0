/** Entries, commands and markers as tests write them. */
import {
  argumentText,
  ByteWriter,
  type Command,
  type Entry,
  type EntryBatch,
  encodeEntry,
  fromByteString,
  MarkerCodec,
  type Op,
  type Origin,
  StreamDecoder,
  timeOfUnix,
} from '@entwine/core';

/** Unix ms at which tests begin. */
export const startMs = 1_900_000_000_000;
export const peerOrigin: Origin = 'b/main/b1';
export const ownOrigin: Origin = 'a/main/a1';

/** A digest that nobody has to guess. */
export function digest(text: string): string {
  return String([...text].reduce((hash, char) => (hash * 31 + char.charCodeAt(0)) >>> 0, 7));
}

export const codec: MarkerCodec = new MarkerCodec('a/main', digest);

/** The time of a peer's entry; a second apart, an hour before the tests begin. */
export function peerTime(seq: number): number {
  return timeOfUnix(startMs - 3_600_000 + seq * 1000);
}

/** A peer's unit. */
export function unit(seq: number, ops: readonly Op[], time: number = peerTime(seq), priority: number = 2): Entry {
  return { type: 'unit', seq, time, priority, ops };
}

/** A peer's heartbeat. */
export function beat(seq: number, received: number = 0, time: number = peerTime(seq), priority: number = 2): Entry {
  return { type: 'heartbeat', seq, time, priority, received };
}

export function assign(key: string, value: string): Op {
  return { type: 'assign', db: 0, index: 0, key, value: fromByteString(value), expiry: null };
}

export function encoded(...entries: readonly Entry[]): Uint8Array {
  const writer = new ByteWriter();
  for (const entry of entries) encodeEntry(writer, entry);
  return writer.take(writer.length);
}

/** Entries as they travel. */
export function batchOf(entries: readonly Entry[], origin: Origin = peerOrigin): EntryBatch {
  return { origin, first: entries[0]!.seq, last: entries.at(-1)!.seq, body: encoded(...entries) };
}

/** Units `first` to `last` of a peer, each setting a key of its own. */
export function units(first: number, last: number): Entry[] {
  const made: Entry[] = [];
  for (let seq = first; seq <= last; seq++) made.push(unit(seq, [assign(`k${seq}`, `v${seq}`)]));
  return made;
}

export function respOf(args: readonly string[]): Uint8Array {
  return Buffer.from(`*${args.length}\r\n${args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join('')}`, 'latin1');
}

/** A command as the stream decoder gives it. */
export function command(...args: readonly string[]): Command {
  const decoder = new StreamDecoder(0);
  decoder.push(respOf(args));
  const decoded = decoder.next();
  if (decoded === undefined || 'code' in decoded) throw new Error('no command');
  return decoded;
}

export function textOf(from: Command): string[] {
  return Array.from({ length: from.spans.length / 2 }, (_, i) => argumentText(from, i));
}
