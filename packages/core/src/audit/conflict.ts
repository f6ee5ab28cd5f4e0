/** A conflict: two sites wrote to one cell, neither having seen the other's write, and one of the two has no effect. */
import { type ByteString, fromByteString } from '../bytes/byte-string.ts';
import { ByteWriter } from '../bytes/byte-writer.ts';
import type { ExpiryTime } from '../entry/entry.ts';
import type { CellValue, Kind } from '../merge/cell-value.ts';
import type { Version } from '../version/version.ts';

/**
 * What the write that lost was: a cell of a kind, or what else two sites can disagree about. `home`: a write that does not count,
 * for the key has its home at another site; the key `*` stands for all that was flushed.
 */
export type ConflictKind = Kind | 'count' | 'bit' | 'expiry' | 'delete' | 'library' | 'home';

/**
 * What has no effect: the value written (of a command its arguments, of a stream entry its fields, of increments their sum);
 * `null`: a removal, or an expiry taken away; undefined: nobody remembers.
 */
export type Discarded = CellValue | bigint | ExpiryTime | null | undefined;

/** One conflict as one of its two writers has resolved it. */
export interface Conflict {
  readonly kind: ConflictKind;
  readonly db: number;
  readonly key: ByteString;
  /** Hash field, member, bit offset, stream ID; '' for all of the key. */
  readonly cell: ByteString;
  readonly winner: Version;
  readonly loser: Version;
  readonly discarded: Discarded;
  /** Of a stream entry whose ID another site had given too: the ID that it has now. Nothing is discarded. */
  readonly moved?: ByteString;
}

/** What was discarded as bytes; undefined where nothing was, or nobody remembers. */
export function discardedBytes(discarded: Discarded): Uint8Array | undefined {
  if (discarded === null || discarded === undefined || discarded === true) return undefined;
  if (discarded instanceof Uint8Array) return discarded;
  if (typeof discarded === 'number' || typeof discarded === 'bigint') return fromByteString(String(discarded));
  const writer = new ByteWriter(64);
  discarded.forEach((part, i) => {
    if (i > 0) writer.raw(blank);
    writer.raw(part);
  });
  return writer.take();
}

const blank = Uint8Array.of(32);
