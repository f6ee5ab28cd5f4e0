/** Conflicts of function libraries, whose registers stand beside the keys. */
import type { ByteString } from '../bytes/byte-string.ts';
import { type LibraryRegister, sameLibrary } from '../merge/library-registers.ts';
import type { Version } from '../version/version.ts';
import type { Conflict } from './conflict.ts';

/**
 * The conflict of another site's load or deletion of a library with one of ours that its writer had not seen; undefined: both
 * did the same.
 * @param known - what was known of the library before, and is ours.
 */
export function libraryConflict(
  op: { readonly key: ByteString; readonly code: Uint8Array | null },
  version: Version,
  known: LibraryRegister,
  hasLost: boolean,
): Conflict | undefined {
  if (sameLibrary(known.code, op.code)) return undefined;
  const whole = { kind: 'library', db: 0, key: op.key, cell: '' } as const;
  return hasLost
    ? { ...whole, winner: known.version, loser: version, discarded: op.code }
    : { ...whole, winner: version, loser: known.version, discarded: known.code };
}
