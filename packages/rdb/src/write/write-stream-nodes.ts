/**
 * Writes the entries of a stream as nodes of about the size that servers make: up to a hundred entries, or 4096 bytes.
 * Names that are those of a node's first entry are not repeated.
 */
import type { StreamEntry } from '../rdb-value.ts';
import { ListpackWriter } from './listpack-writer.ts';
import { RdbWriter } from './rdb-writer.ts';

const maxEntries = 100;
const maxBytes = 4096;
const rawIdBytes = 16;
const sameNamesFlag = 2n;

/** @param entries - in the order of their ids. */
export function writeStreamNodes(to: RdbWriter, entries: readonly StreamEntry[]): void {
  const nodes = new RdbWriter(maxBytes * 2);
  const packed = new ListpackWriter();
  let count = 0;
  for (let from = 0; from < entries.length; count++) {
    const first = entries[from]!;
    packed.begin();
    const end = nodeEnd(entries, from);
    packed.integer(BigInt(end - from));
    packed.integer(0n);
    packed.integer(BigInt(first.fields.length / 2));
    for (let i = 0; i < first.fields.length; i += 2) packed.string(first.fields[i]!);
    packed.integer(0n);
    for (let i = from; i < end; i++) {
      const last = entries[i - 1];
      const entry = entries[i]!;
      if (last !== undefined && (entry.ms < last.ms || (entry.ms === last.ms && entry.seq <= last.seq)))
        throw new RangeError('The ids of the stream do not ascend.');
      writeEntry(packed, entry, first);
    }
    nodes.length(rawIdBytes);
    nodes.rawId(first);
    nodes.string(packed.finish());
    from = end;
  }
  to.length(count);
  to.raw(nodes.view());
}

/** Where the node that begins at `from` ends. */
function nodeEnd(entries: readonly StreamEntry[], from: number): number {
  let bytes = 0;
  let end = from;
  do {
    for (const { length } of entries[end]!.fields) bytes += length;
    end++;
  } while (end < entries.length && end - from < maxEntries && bytes < maxBytes);
  return end;
}

function writeEntry(packed: ListpackWriter, { ms, seq, fields }: StreamEntry, first: StreamEntry): void {
  if (fields.length % 2 !== 0) throw new RangeError('An entry of the stream has a name without a value.');
  const hasSameNames = isNamedAlike(fields, first.fields);
  const pairs = fields.length / 2;
  packed.integer(hasSameNames ? sameNamesFlag : 0n);
  packed.integer(BigInt.asIntN(64, ms - first.ms));
  packed.integer(BigInt.asIntN(64, seq - first.seq));
  if (!hasSameNames) packed.integer(BigInt(pairs));
  for (let i = hasSameNames ? 1 : 0; i < fields.length; i += hasSameNames ? 2 : 1) packed.string(fields[i]!);
  packed.integer(BigInt(hasSameNames ? 3 + pairs : 4 + 2 * pairs));
}

function isNamedAlike(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 2) if (!isEqual(a[i]!, b[i]!)) return false;
  return true;
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
