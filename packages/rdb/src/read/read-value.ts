/**
 * Reads the value after a type byte, whatever its type: what payloads of DUMP and files have in common.
 *
 * Types are numbered alike by Redis and Valkey below 22, and differently from there on. A number that the flavour and
 * version at hand do not have, or that is not known here, is a failure and never a guess. Known and refused: modules
 * before their release (6), Redis' arrays, hash templates and rate limiters (28 and above), Valkey's path hashes (23).
 */
import type { Flavour, RdbValue } from '../rdb-value.ts';
import type { RdbCursor } from './rdb-cursor.ts';
import {
  readExpiringHash,
  readExpiringHashPreview,
  readExpiringListpackHash,
  readExpiringListpackHashPreview,
  readHash,
  readIntegerSet,
  readList,
  readListpackHash,
  readListpackZset,
  readPackedSet,
  readQuicklist,
  readQuicklist2,
  readSet,
  readString,
  readValkeyHash,
  readZiplistHash,
  readZiplistList,
  readZiplistZset,
  readZipmapHash,
  readZset,
  readZset2,
} from './read-collections.ts';
import { readModule } from './read-module.ts';
import { streamReader } from './read-stream.ts';

interface ValueType {
  readonly read: (cursor: RdbCursor) => RdbValue;
  /** The first RDB version that has it, where a flavour numbers on its own. */
  readonly since: number;
}

const common: readonly (readonly [type: number, read: ValueType['read']])[] = [
  [0, readString],
  [1, readList],
  [2, readSet],
  [3, readZset],
  [4, readHash],
  [5, readZset2],
  [7, readModule],
  [9, readZipmapHash],
  [10, readZiplistList],
  [11, readIntegerSet],
  [12, readZiplistZset],
  [13, readZiplistHash],
  [14, readQuicklist],
  [15, streamReader(1)],
  [16, readListpackHash],
  [17, readListpackZset],
  [18, readQuicklist2],
  [19, streamReader(2)],
  [20, readPackedSet],
  [21, streamReader(3)],
];

const shared = common.map(([type, read]): [number, ValueType] => [type, { read, since: 0 }]);

const types: Readonly<Record<Flavour, ReadonlyMap<number, ValueType>>> = {
  redis: new Map<number, ValueType>([
    ...shared,
    [22, { read: readExpiringHashPreview, since: 12 }],
    [23, { read: readExpiringListpackHashPreview, since: 12 }],
    [24, { read: readExpiringHash, since: 12 }],
    [25, { read: readExpiringListpackHash, since: 12 }],
    [26, { read: streamReader(4), since: 13 }],
    [27, { read: streamReader(5), since: 14 }],
  ]),
  valkey: new Map<number, ValueType>([...shared, [22, { read: readValkeyHash, since: 80 }]]),
};

/**
 * The value of `type` that begins at the cursor, which then stands behind it; undefined after a failure.
 * @param typeAt - where the type stands, for the failure.
 */
export function readValue(
  cursor: RdbCursor,
  type: number,
  flavour: Flavour,
  version: number,
  typeAt: number,
): RdbValue | undefined {
  const known = types[flavour].get(type);
  if (known === undefined || version < known.since) {
    cursor.fail('unknown-type', `a value of type ${type} in RDB version ${version} of ${flavour}`, typeAt);
    return undefined;
  }
  const value = known.read(cursor);
  return cursor.failed ? undefined : value;
}
