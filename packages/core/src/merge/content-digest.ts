/**
 * A digest of what a key holds, the same at every site that holds the same.
 *
 * It does not depend on encodings or on the order of what has none. Left out is what Redis changes without telling its own
 * replicas: when and how often a stream entry was delivered, consumers with nothing pending, estimates of a group's lag. It
 * tells differences by accident, not by intent: 64 bits, no key.
 */
import { type ByteString, toByteString } from '../bytes/byte-string.ts';
import { ByteWriter } from '../bytes/byte-writer.ts';
import { crc32 } from '../bytes/crc32.ts';
import { contentCode, noContent, writeContent } from '../entry/content-codec.ts';
import type { Expiry, KeyContent, StreamGroup } from '../entry/entry.ts';

/**
 * The digest, 8 bytes. `null`: there is no such key. Undefined for what cannot be compared, a module's value: its payload
 * differs by version of server.
 */
export function contentDigest(content: KeyContent | null, expiry: Expiry): ByteString | undefined {
  if (content?.kind === 'module') return undefined;
  const writer = new ByteWriter(256);
  writer.u8(content === null ? noContent : contentCode(content));
  if (content !== null) {
    // Servers' scripts, which read it, know doubles.
    writer.wide(expiry === null ? 0 : typeof expiry === 'number' ? expiry + 1 : BigInt(Number(expiry)));
    writeContent(writer, canonical(content));
  }
  const bytes = writer.view(0);
  const digest = new Uint8Array(8);
  const view = new DataView(digest.buffer);
  view.setUint32(0, crc32(bytes));
  view.setUint32(4, fnv1a(bytes));
  return toByteString(digest);
}

function canonical(content: KeyContent): KeyContent {
  switch (content.kind) {
    case 'set':
      return { ...content, members: content.members.toSorted() };
    case 'hash':
      return { ...content, fields: content.fields.toSorted(byName) };
    case 'zset':
      return {
        ...content,
        // Zero has no sign, which the encoding of small sorted sets forgets.
        members: content.members.map(([member, score]) => [member, score + 0] as const).toSorted(byName),
      };
    case 'stream': {
      const held = new Set(content.entries.map(([id]) => id));
      const groups = content.groups.map((group) => told(group, held));
      return { ...content, groups: groups.toSorted((a, b) => order(a.name, b.name)) };
    }
    default:
      return content;
  }
}

/** What counts of a group. Nobody can be given an entry that is gone. */
function told(group: StreamGroup, held: ReadonlySet<ByteString>): StreamGroup {
  const pending = group.pending
    .filter(({ id }) => held.has(id))
    .map(({ id, consumer }) => ({ id, consumer, timeMs: 0, count: 0 }));
  return { ...group, entriesRead: -1, consumers: [], pending: pending.toSorted((a, b) => order(a.id, b.id)) };
}

function byName([a]: readonly [ByteString, ...unknown[]], [b]: readonly [ByteString, ...unknown[]]): number {
  return order(a, b);
}

function order(a: ByteString, b: ByteString): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** FNV-1a, 32 bits. */
function fnv1a(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
