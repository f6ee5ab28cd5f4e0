/**
 * Encodes a value as DUMP would, for RESTORE of Redis 6.2 or newer and of Valkey.
 *
 * Rules: the plain encodings that every server reads; it packs the value as it pleases. The version is the lowest that
 * holds the value, unless the caller names one: then what a stream has beyond it is left out, and anything else beyond it
 * is refused. What cannot be encoded is the caller's mistake, and thrown as `RangeError`: an empty collection, which no
 * server takes, a score that is not a number, expiries in a version without them, ids that do not ascend.
 */
import { crc64 } from './bytes/crc64.ts';
import type { Flavour, HashValue, ModuleValue, RdbValue, StreamValue, ZsetValue } from './rdb-value.ts';
import { flavourOf } from './rdb-version.ts';
import { longestLength, RdbWriter } from './write/rdb-writer.ts';
import { encodingFor, type StreamEncoding, writeStream } from './write/write-stream.ts';

export interface EncodeOptions {
  /** Of the server that is to read it. Valkey 8 and older are of either. */
  readonly flavour: Flavour;
  /**
   * The newest RDB version that the server reads: 9 of Redis 6.2, 10 of 7.0, 11 of 7.2 and Valkey 8, 12 of 7.4 to 8.4, 13
   * of 8.6, 80 of Valkey 9.
   * @defaultValue the lowest that holds the value, at least 9
   */
  readonly rdbVersion?: number;
}

/** What can be encoded: a module's value only as the payload that it came in. */
export type EncodableValue = Exclude<RdbValue, ModuleValue>;

const lowestVersion = 9;
const valkeyExpiryVersion = 80;
const redisExpiryVersion = 12;
/** Type byte, version, checksum and the count of a collection. */
const frameBytes = 32;

/** RDB versions and types of the encodings of a stream, the first one first. */
const streamVersions = [9, 10, 11, 13, 14];
const streamTypes = [15, 19, 21, 26, 27];
/** The last encoding that Valkey has. */
const valkeyStreamEncoding = 3;

/** @throws RangeError when the value or the version cannot be. */
export function encodeDump(value: EncodableValue, options: EncodeOptions): Uint8Array {
  const { flavour, rdbVersion } = options;
  const needed = versionFor(value, flavour);
  const version = rdbVersion ?? needed;
  const isShared = flavour === 'valkey' && version < redisExpiryVersion;
  if (flavourOf(version) !== flavour && !(isShared && flavourOf(version) === 'redis'))
    throw new RangeError(`RDB version ${version} is none of ${flavour}.`);
  const least = value.kind === 'stream' ? lowestVersion : needed;
  if (version < least) throw new RangeError(`A ${value.kind} like this needs RDB version ${least}, not ${version}.`);
  const to = new RdbWriter(frameBytes + sizeOf(value));
  writeValue(to, value, flavour, version);
  to.little(version, 2);
  to.big(BigInt.asIntN(64, crc64(to.view())));
  return to.view();
}

function versionFor(value: EncodableValue, flavour: Flavour): number {
  if (value.kind === 'hash' && hasExpiry(value)) return flavour === 'valkey' ? valkeyExpiryVersion : redisExpiryVersion;
  return value.kind === 'stream' ? streamVersions[streamEncoding(value, flavour) - 1]! : lowestVersion;
}

/** The encoding for the newest server of the flavour. */
function streamEncoding(value: StreamValue, flavour: Flavour): number {
  const encoding = encodingFor(value);
  return flavour === 'valkey' ? Math.min(encoding, valkeyStreamEncoding) : encoding;
}

function writeValue(to: RdbWriter, value: EncodableValue, flavour: Flavour, version: number): void {
  switch (value.kind) {
    case 'string':
      to.u8(0);
      to.string(value.value);
      break;
    case 'list':
      writeStrings(to, 1, value.elements);
      break;
    case 'set':
      writeStrings(to, 2, value.members);
      break;
    case 'zset':
      writeZset(to, value);
      break;
    case 'hash':
      if (hasExpiry(value)) writeExpiringHash(to, value, flavour);
      else writeHash(to, value);
      break;
    case 'stream':
      writeVersionedStream(to, value, flavour, version);
  }
}

function writeVersionedStream(to: RdbWriter, value: StreamValue, flavour: Flavour, version: number): void {
  const allowed = streamVersions.findLastIndex((since) => since <= version) + 1;
  const encoding = Math.min(allowed, streamEncoding(value, flavour)) as StreamEncoding;
  if (encoding < 5 && encodingFor(value) === 5)
    throw new RangeError('A stream with pending entries of no consumer needs RDB version 14 of Redis.');
  to.u8(streamTypes[encoding - 1]!);
  writeStream(to, value, encoding);
}

function writeStrings(to: RdbWriter, type: number, strings: readonly Uint8Array[]): void {
  begin(to, type, strings.length);
  for (const string of strings) to.string(string);
}

function writeZset(to: RdbWriter, { members }: ZsetValue): void {
  begin(to, 5, members.length);
  for (const { member, score } of members) {
    if (Number.isNaN(score)) throw new RangeError('A score is not a number.');
    to.string(member);
    to.f64(score);
  }
}

function writeHash(to: RdbWriter, { fields }: HashValue): void {
  begin(to, 4, fields.length);
  for (const { field, value } of fields) {
    to.string(field);
    to.string(value);
  }
}

function writeExpiringHash(to: RdbWriter, { fields }: HashValue, flavour: Flavour): void {
  let earliest = Number.MAX_SAFE_INTEGER;
  for (const { expiresAt } of fields) {
    if (expiresAt === null) continue;
    if (!Number.isSafeInteger(expiresAt) || expiresAt < 0)
      throw new RangeError(`A field expires at ${expiresAt}, which is no time in milliseconds.`);
    earliest = Math.min(earliest, expiresAt);
  }
  if (flavour === 'valkey') {
    begin(to, 22, fields.length);
    for (const { field, value, expiresAt } of fields) {
      to.string(field);
      to.string(value);
      to.time(expiresAt ?? -1);
    }
    return;
  }
  // Redis takes an expiry of 0 for none at all, so that becomes 1, which has passed as well.
  earliest = Math.max(earliest, 1);
  to.u8(24);
  to.time(earliest);
  to.length(fields.length);
  for (const { field, value, expiresAt } of fields) {
    to.length(expiresAt === null ? 0 : Math.max(expiresAt - earliest, 0) + 1);
    to.string(field);
    to.string(value);
  }
}

function begin(to: RdbWriter, type: number, count: number): void {
  if (count === 0) throw new RangeError('An empty collection is no value.');
  to.u8(type);
  to.length(count);
}

function hasExpiry({ fields }: HashValue): boolean {
  return fields.some(({ expiresAt }) => expiresAt !== null);
}

/** Bytes that suffice, so that large values are not copied while they grow; a stream's are guessed. */
function sizeOf(value: EncodableValue): number {
  let size = 0;
  switch (value.kind) {
    case 'string':
      return longestLength + value.value.length;
    case 'list':
      for (const { length } of value.elements) size += lengthBytes(length) + length;
      return size;
    case 'set':
      for (const { length } of value.members) size += lengthBytes(length) + length;
      return size;
    case 'zset':
      for (const { member } of value.members) size += lengthBytes(member.length) + member.length + 8;
      return size;
    case 'hash':
      for (const one of value.fields)
        size += 2 * lengthBytes(Math.max(one.field.length, one.value.length)) + one.field.length + one.value.length;
      if (hasExpiry(value)) size += longestLength * value.fields.length;
      return size;
    case 'stream':
      return 64 * value.entries.length;
  }
}

function lengthBytes(length: number): number {
  if (length < 64) return 1;
  return length < 16384 ? 2 : 5;
}
