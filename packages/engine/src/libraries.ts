/**
 * Function libraries on their way to the server. They cannot be loaded by a script, so they go by calls of their own, on
 * the same connection right before the script whose marker settles them: what is settled has been loaded.
 *
 * Rules
 *  1. What the registers say is what the server is to hold. Calls are made only while the lane is open.
 *  2. A call shows in the stream as any client's does: it is known by name and code, and is nothing new. When it comes
 *     after a client's that is newer, the newer one is loaded again.
 *  3. A call that failed is made again. When the lane opens, no earlier call can show any more: what has not been seen is
 *     repeated, and after a start what other sites loaded and the log still holds.
 *  4. A library that the server refuses is an alarm, and tried again: another library may have stood in its way.
 */
import {
  type AuditHost,
  everyLibrary,
  type LibraryOutcome,
  type LibraryRegisters,
  libraryConflict,
  type Op,
  type Stamp,
  sameLibrary,
  type Target,
} from '@entwine/core';
import type { Alarms } from './alarms.ts';
import type { Timers } from './timers.ts';

/** Milliseconds until a call is made again that failed, or that the server refused. */
const retryMs = 1000;
const refusedMs = 10_000;

/** A load or deletion of a library. */
export type LibraryOp = Extract<Op, { type: 'library' }>;

interface Call {
  readonly name: string;
  readonly code: Uint8Array | null;
}

/** What `Libraries` works with. */
export interface LibrariesParts {
  readonly target: Target;
  readonly alarms: Alarms;
  readonly timers: Timers;
  readonly registers: LibraryRegisters;
  /** Our own. */
  readonly priority: number;
  /** Of other sites, received by an earlier process and not settled: it may have made the calls. */
  readonly unsettled: readonly LibraryOp[];
  readonly isOpen: () => boolean;
  readonly audit?: AuditHost;
}

/** Loads and deletes libraries. */
export class Libraries {
  readonly #parts: LibrariesParts;
  /** Made, and not seen in the stream yet. */
  #calls: Call[] = [];
  /** To be made. */
  readonly #due = new Set<string>();
  readonly #refused = new Map<string, string>();
  #unsettled: readonly LibraryOp[];
  #everOpen = false;
  #closed = false;
  #waits = false;

  constructor(parts: LibrariesParts) {
    this.#parts = parts;
    this.#unsettled = parts.unsettled;
  }

  /** Merges another site's op, and makes it so. */
  merge(op: LibraryOp, stamp: Stamp): LibraryOutcome {
    const { registers, priority, audit } = this.#parts;
    const { time, seen } = stamp;
    const known = seen === undefined ? undefined : registers.find(op.key);
    const outcome = registers.merge(op, stamp);
    if (known !== undefined && known.version.priority === priority && known.version.time > seen!) {
      const conflict = libraryConflict(
        op,
        { time, priority: stamp.priority, index: op.index },
        known,
        outcome === 'lost',
      );
      if (conflict !== undefined) audit?.found(conflict);
    }
    if (outcome === 'changed') this.#put(op.key);
    return outcome;
  }

  /** Whether a library command in the stream is a call of ours. */
  isOwn(name: string, code: Uint8Array | null): boolean {
    const at = this.#calls.findIndex((call) => call.name === name && sameLibrary(call.code, code));
    if (at < 0) return !this.#everOpen && this.#isEarlier(name, code);
    this.#calls.splice(at, 1);
    if (name !== everyLibrary) this.#compare(name, code);
    else for (const [other] of this.#parts.registers.entries()) this.#compare(other, null);
    return true;
  }

  /** The lane has become open. */
  opened(): void {
    const { registers, priority } = this.#parts;
    const names = new Set([...this.#calls.map(({ name }) => name), ...this.#due]);
    if (!this.#everOpen) {
      for (const [name, { version }] of registers.entries()) if (version.priority !== priority) names.add(name);
    }
    this.#everOpen = true;
    this.#calls = [];
    this.#unsettled = [];
    this.#due.clear();
    if (names.delete(everyLibrary)) this.#put(everyLibrary);
    for (const name of names) if (!this.#isCalled(name)) this.#put(name);
  }

  close(): void {
    this.#closed = true;
  }

  /** Whether an earlier process may have made a call. */
  #isEarlier(name: string, code: Uint8Array | null): boolean {
    if (this.#unsettled.some((op) => op.key === name && sameLibrary(op.code, code))) return true;
    const known = name === everyLibrary ? undefined : this.#parts.registers.find(name);
    return known !== undefined && known.version.priority !== this.#parts.priority && sameLibrary(known.code, code);
  }

  #isCalled(name: string): boolean {
    return this.#calls.some((call) => call.name === name);
  }

  /** The server holds this of a library now, unless a call that is on its way changes it. */
  #compare(name: string, held: Uint8Array | null): void {
    const known = this.#parts.registers.find(name);
    if (known === undefined || sameLibrary(known.code, held)) return;
    if (!this.#isCalled(name) && !this.#isCalled(everyLibrary)) this.#put(name);
  }

  #put(name: string): void {
    const { registers, isOpen } = this.#parts;
    if (this.#closed) return;
    if (!isOpen()) this.#due.add(name);
    else if (name === everyLibrary) {
      this.#call(name, null);
      // What is newer goes with the rest, and comes back.
      for (const [other, { code }] of registers.entries()) if (code !== null) this.#call(other, code);
    } else {
      const known = registers.find(name);
      if (known !== undefined) this.#call(name, known.code);
    }
  }

  #call(name: string, code: Uint8Array | null): void {
    const call: Call = { name, code };
    this.#calls.push(call);
    this.#parts.target.library(name, code).then(
      (refusal) => this.#answered(call, refusal),
      () => this.#later(call.name, retryMs),
    );
  }

  #answered(call: Call, refusal: string | undefined): void {
    if (refusal === undefined) {
      this.#refused.delete(call.name);
      for (const name of [...this.#refused.keys()]) if (!this.#isCalled(name)) this.#put(name);
    } else {
      this.#calls = this.#calls.filter((other) => other !== call);
      this.#refused.set(call.name, refusal);
      this.#later(call.name, refusedMs);
    }
    this.#tell();
  }

  #tell(): void {
    const { alarms } = this.#parts;
    const reasons = [...this.#refused].map(([name, refusal]) => `${name === everyLibrary ? 'all' : name}: ${refusal}`);
    if (reasons.length === 0) alarms.clear('library-refused');
    else alarms.raise('library-refused', `function libraries were refused, ${reasons.join('; ')}; retrying`);
  }

  /** Makes a call again; where the lane is not open by then, when it is. */
  #later(name: string, ms: number): void {
    this.#due.add(name);
    if (this.#waits) return;
    this.#waits = true;
    this.#parts.timers.after(ms, () => {
      this.#waits = false;
      if (!this.#parts.isOpen()) return;
      const names = [...this.#due];
      this.#due.clear();
      for (const due of names) this.#put(due);
    });
  }
}
