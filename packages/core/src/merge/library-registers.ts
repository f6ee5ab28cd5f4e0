/**
 * The registers of function libraries: for each the newest load or deletion, and the newest deletion of all of them.
 *
 * Libraries are few, so registers are not forgotten while the process lives; after a start they are what the log still
 * holds. One that is not known is as old as the stability cut, so any deletion of all is newer.
 */
import { type ByteString, equalBytes } from '../bytes/byte-string.ts';
import type { Op } from '../entry/entry.ts';
import { isNewer, type Version } from '../version/version.ts';
import type { Stamp } from './merge-op.ts';

/** The name in a `library` op that means all of them; no library can be called so. */
export const everyLibrary: ByteString = '*';

/** What is known of one library. */
export interface LibraryRegister {
  readonly version: Version;
  /** `null`: deleted. */
  readonly code: Uint8Array | null;
}

/** What became of an op: it won, it won and says what was known already, or it lost. */
export type LibraryOutcome = 'changed' | 'same' | 'lost';

/** The libraries of one shard. */
export class LibraryRegisters {
  readonly #registers = new Map<ByteString, LibraryRegister>();
  #flush: Version | undefined;

  /** Merges an op. */
  merge(op: Extract<Op, { type: 'library' }>, stamp: Stamp): LibraryOutcome {
    const version: Version = { time: stamp.time, priority: stamp.priority, index: op.index };
    if (op.key === everyLibrary) return this.#mergeFlush(version);
    const known = this.find(op.key);
    if (known !== undefined && !isNewer(version, known.version)) return 'lost';
    this.#registers.set(op.key, { version, code: op.code });
    return known !== undefined && sameLibrary(known.code, op.code) ? 'same' : 'changed';
  }

  #mergeFlush(version: Version): LibraryOutcome {
    if (!isNewer(version, this.#flush)) return 'lost';
    this.#flush = version;
    for (const [name, register] of this.#registers) {
      if (!isNewer(register.version, version)) this.#registers.delete(name);
    }
    return 'changed';
  }

  /** What is known of a library; undefined when nothing is. */
  find(name: ByteString): LibraryRegister | undefined {
    const known = this.#registers.get(name);
    if (known !== undefined || this.#flush === undefined) return known;
    return { version: this.#flush, code: null };
  }

  /** The newest deletion of all libraries. */
  get flushed(): Version | undefined {
    return this.#flush;
  }

  /** Every library of which more is known than a deletion of all. */
  entries(): IterableIterator<[ByteString, LibraryRegister]> {
    return this.#registers.entries();
  }
}

/** Whether two codes are the same. */
export function sameLibrary(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : equalBytes(a, b);
}
