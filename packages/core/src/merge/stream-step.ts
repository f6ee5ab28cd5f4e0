/** What is held of a stream while it is merged, and the steps by which Redis is told. */
import type { ByteString } from '../bytes/byte-string.ts';
import { equalValues, type StreamValue } from '../commands/stream-cells.ts';
import type { Version } from '../version/version.ts';
import type { EntrySlot, PlacedEntry, Trim } from './stream-entry.ts';

/** A cell in the model; its value is as `stream-merge.ts` says. */
export interface StreamCellState {
  version: Version | undefined;
  value: unknown;
  counts: undefined;
}

/** A key's stream cells by name. */
export type StreamCells = Map<ByteString, StreamCellState>;

/** What is remembered of a stream. */
export interface HeldStream {
  readonly cells: StreamCells;
  readonly trims: readonly Trim[];
  /** Whether what was written at a version is not dead by a root, an end or another kind. */
  readonly alive: (version: Version) => boolean;
}

/** One thing to do to a stream in Redis. Any of them twice is as good as once. */
export type StreamStep =
  /** The key becomes an empty stream unless it is a stream. */
  | { readonly does: 'exist' }
  | { readonly does: 'add'; readonly id: ByteString; readonly value: StreamValue }
  | { readonly does: 'remove'; readonly id: ByteString }
  /** Entries before an ID go, but for those named. */
  | { readonly does: 'trim'; readonly before: ByteString; readonly spared: readonly ByteString[] }
  /** The last ID becomes at least this. */
  | { readonly does: 'raise'; readonly id: ByteString }
  /** A group made, or set, at this ID. @see positionValue */
  | { readonly does: 'position'; readonly group: ByteString; readonly id: ByteString; readonly read: ByteString }
  /** A group made, or moved forward, to this ID. */
  | { readonly does: 'advance'; readonly group: ByteString; readonly id: ByteString }
  | { readonly does: 'destroy'; readonly group: ByteString }
  | { readonly does: 'consumer' | 'dropConsumer'; readonly group: ByteString; readonly consumer: ByteString }
  | { readonly does: 'deliver'; readonly group: ByteString; readonly id: ByteString; readonly value: StreamValue }
  | { readonly does: 'acknowledge'; readonly group: ByteString; readonly id: ByteString };

/** What is remembered of an ID. */
export function slotOf(held: HeldStream, id: ByteString): EntrySlot | undefined {
  return held.cells.get(`i${id}`)?.value as EntrySlot | undefined;
}

/** The IDs of which something is remembered. */
export function entryCellsOf(held: HeldStream): ByteString[] {
  const ids: ByteString[] = [];
  for (const name of held.cells.keys()) if (name.charCodeAt(0) === 105) ids.push(name.slice(1));
  return ids;
}

/** Whether two entries are the same one in Redis. */
export function sameEntries(a: PlacedEntry, b: PlacedEntry): boolean {
  return a.id === b.id && equalValues(a.value, b.value);
}
