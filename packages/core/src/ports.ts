/**
 * Ports: what the engine needs of the world, and what every adapter promises.
 *
 * Adapters implement these and know nothing of each other. The conformance cases in `@entwine/testkit` check the
 * promises made here. Errors an adapter raises are instances of its own error class with a closed set of codes.
 */
import type { CommandRow } from './commands/command-row.ts';
import type { Origin } from './entry/entry.ts';
import type { Command } from './resp/command.ts';

/** Wall clock, Unix milliseconds. May stand still, jump or run backwards; nobody relies on it for order. */
export interface WallClock {
  now(): number;
}

// ---------------------------------------------------------------- Log

/** A run of consecutive sequence numbers of one stream, kept as one record. Streams are named by their origin. */
export interface LogRecord {
  readonly stream: Origin;
  /** First and last sequence number in `body`, both included. */
  readonly first: number;
  readonly last: number;
  /** The encoded entries, in order. Opaque to the log. */
  readonly body: Uint8Array;
}

/** Everything that one commit makes durable: all of it or nothing. */
export interface LogCommit {
  /** Appended records; each continues its stream without a gap (the first record of a stream may start anywhere). */
  readonly append: readonly LogRecord[];
  /** Small facts (position, bookkeeping) by name; `null` removes. */
  readonly put: readonly { readonly key: string; readonly value: Uint8Array | null }[];
  /** Records that lie wholly at or below `upTo` may be dropped. Trimming never drops part of a record. */
  readonly trim: readonly { readonly stream: Origin; readonly upTo: number }[];
}

/** What is kept of one stream. `last` stays known after everything was trimmed. */
export interface LogStream {
  readonly stream: Origin;
  /** The first sequence number still kept; `last + 1` when none is. */
  readonly first: number;
  readonly last: number;
}

/** The write-ahead log. One process at a time holds it; a second one is refused (`in-use`). */
export interface Log {
  /** Resolves when the commit is flushed to disk. Commits take effect in call order. A gap in a stream rejects. */
  commit(commit: LogCommit): Promise<void>;
  /**
   * Records that hold sequence numbers at or above `from`, in order, up to about `maxBytes` (at least one if there is
   * any). Sees what was flushed. A record whose checksum fails is never returned: the call throws `corrupt`, naming it.
   */
  read(stream: Origin, from: number, maxBytes: number): LogRecord[];
  /** The streams that hold or ever held records. */
  streams(): LogStream[];
  /** A fact put earlier. */
  get(key: string): Uint8Array | undefined;
  /** Bytes held by records that are not trimmed. */
  bytes(): number;
  close(): Promise<void>;
}

// ---------------------------------------------------------------- Spill store

/** Where a record stands: its key, and its place in the order in which records are taken out. */
export interface SpillPlace {
  readonly db: number;
  /** A byte string. */
  readonly key: string;
  /** A natural number. */
  readonly order: number;
}

/** What is kept of one key. */
export interface SpillRecord extends SpillPlace {
  readonly value: Uint8Array;
}

/**
 * Keeps what does not fit in memory, for as long as the process runs: it begins empty, and need not be durable. One record a key.
 * All of it is synchronous: a call that throws has changed nothing.
 */
export interface SpillStore {
  /** A key's record, in bytes of its own. */
  get(db: number, key: string): Uint8Array | undefined;
  /** Removes records, which are there, then puts others, whose keys have none. */
  write(remove: readonly SpillPlace[], put: readonly SpillRecord[]): void;
  /** Removes and returns records whose order is at most `order`, those of the least order first; at most so many. */
  takeUpTo(order: number, most: number): readonly SpillRecord[];
  /** The records whose order is `order` or above. */
  placesFrom(order: number): readonly SpillPlace[];
  /** Records held. */
  readonly count: number;
  /** Bytes that they and their index take. */
  bytes(): number;
  /** Longer keys cannot be held. */
  readonly maxKeyBytes: number;
  close(): Promise<void>;
}

// ---------------------------------------------------------------- Source

/** A place in a server's replication stream: only ever the end of a unit. */
export interface Position {
  /** 40 hex characters. */
  readonly replicationId: string;
  /** Bytes of the stream before this place. */
  readonly offset: number;
  /** The database selected at this place; -1 when no SELECT has been seen yet. */
  readonly db: number;
}

/** How an attachment began. */
export type Attachment =
  /** `+CONTINUE`: the stream goes on from the position asked for, under `position.replicationId`, which may be new. */
  | {
      readonly mode: 'continue';
      readonly position: Position;
      readonly endpoint: string;
      readonly role: 'master' | 'replica';
      readonly backlogEnd: number;
    }
  /** `+FULLRESYNC`: a snapshot came first and was passed over. `empty`: it held no key, function or other data. */
  | {
      readonly mode: 'full';
      readonly position: Position;
      readonly endpoint: string;
      readonly role: 'master' | 'replica';
      readonly backlogEnd: number;
      readonly empty: boolean;
    };

/** Receives what a source reads, in order. */
export interface SourceSink {
  /** The stream begins (again). Bytes that follow start at `attachment.position.offset`. Where to resume is asked by `resumeFrom`. */
  attached(attachment: Attachment): void;
  /** Stream bytes. Owned by the receiver from here on. */
  bytes(chunk: Uint8Array): void;
  /** The connection ended or could not be made; the source retries by itself and asks `resumeFrom` again. */
  detached(reason: Error): void;
  /** The position to continue from, or null to begin anew. Asked at every attempt. */
  resumeFrom(): Position | null;
}

/** A server whose writes are captured by its replication stream. */
export interface Source {
  /** Connects and keeps connecting until closed. */
  start(sink: SourceSink): void;
  /** Stops reading from the socket until `resume`; acknowledgements go on. */
  pause(): void;
  resume(): void;
  close(): Promise<void>;
}

// ---------------------------------------------------------------- Keyspace events

/** Why a server deleted a key by itself. */
export type KeyspaceEventKind = 'expired' | 'evicted';

/** A place in the master's replication stream, as the connection that carries its events saw it pass. */
export interface EventFence {
  /** 40 hex characters. */
  readonly replicationId: string;
  /** Bytes of the stream before this place. */
  readonly offset: number;
}

/**
 * Receives the master's keyspace events. All calls come in the master's order, synchronously: an event handed over before
 * `fence` belongs to a delete that stands before the fence in the stream, one handed over after it to a delete behind it.
 */
export interface KeyspaceEventSink {
  /** The master deleted a key by itself. @param key - byte string. */
  event(db: number, key: string, kind: KeyspaceEventKind): void;
  /** The answer to `sync`. */
  fence(fence: EventFence): void;
  /** Events may be missing since the last fence and until `restored`; no `sync` asked before is answered any more. Called again for every attempt that fails. */
  lost(reason: string): void;
  /** Events are complete for all that stands in the stream behind `fence`. */
  restored(fence: EventFence): void;
  /** Something worth a log line. */
  note(message: string): void;
}

/** The keyspace events `expired` and `evicted` of the local master, which is found anew whenever it changes. */
export interface KeyspaceEvents {
  /** Connects and keeps connecting until closed. Lost until `restored` is called. */
  start(sink: KeyspaceEventSink): void;
  /**
   * Asks the master how far its stream reaches now. Each call is answered by one `fence`, in order, or by `lost`; while
   * events are lost it does nothing.
   */
  sync(): void;
  /** The sink hears nothing after this was called. */
  close(): Promise<void>;
}

// ---------------------------------------------------------------- Commands

/** What the local server tells of commands that the command table does not have. */
export interface ServerCommands {
  /** The row of a command; undefined while, or because, the server does not tell. Never waits. */
  find(command: Command): CommandRow | undefined;
  /** The server may be another, or of another version. */
  refresh(): void;
  close(): Promise<void>;
}

// ---------------------------------------------------------------- Target

/** Why a script did not run. `sent: false` means it certainly did not reach the server. */
export type TargetFailure = {
  readonly ok: false;
  readonly sent: boolean;
  readonly code: 'unreachable' | 'readonly' | 'oom' | 'loading' | 'denied' | 'busy' | 'refused';
  readonly message: string;
};

/** What a command within the script replied: bulk strings as bytes, nothing as null. */
export type ReplyValue = Uint8Array | string | number | null | readonly ReplyValue[];

/** What became of one script call. `reply` is the script's own integer or text reply; `values` what its reads replied. */
export type TargetReply =
  | { readonly ok: true; readonly reply: string; readonly values?: readonly ReplyValue[] }
  | TargetFailure;

/** The master of the local site, as the applier sees it. Calls run in the order they are made, on one connection. */
export interface Target {
  /**
   * Runs the apply script with one marker key and the given arguments. Never rejects: failures are values. After a
   * failure with `sent: true` nobody knows whether it ran; the marker tells.
   * @param freeing - true when the call can only free memory, so that it may run above maxmemory.
   */
  apply(key: string, args: readonly (string | Uint8Array)[], freeing: boolean): Promise<TargetReply>;
  /**
   * Loads a function library in place of one of that name, or (`null`) deletes it, or all of them (name `*`); at once, on the
   * connection of the calls. Deleting what is not there is no refusal. Rejects when the server can't be asked; a library
   * that it refuses is a value: its reason.
   */
  library(name: string, code: Uint8Array | null): Promise<string | undefined>;
  /** All fields of a hash, as byte strings; empty when the key is missing. Rejects when it cannot be read. */
  readHash(key: string): Promise<Map<string, string>>;
  close(): Promise<void>;
}

// ---------------------------------------------------------------- Transport

/** Consecutive entries of one origin, as they travel. */
export interface EntryBatch {
  readonly origin: Origin;
  readonly first: number;
  readonly last: number;
  readonly body: Uint8Array;
}

/** State of the link from (or to) one peer, for status. */
export interface LinkStatus {
  readonly peer: string;
  readonly direction: 'in' | 'out';
  readonly state: 'connecting' | 'up' | 'down' | 'refused';
  readonly detail: string;
  /** A digest of the policies that a peer whose log is read has said it has ('': none); absent while it has said nothing. */
  readonly policies?: string;
}

/** What the engine offers a transport. */
export interface TransportHost {
  /** The origin whose log is shipped from here. */
  readonly origin: Origin;
  /** Flushed entries of our own log from `from` on, up to about `maxBytes`; undefined when there is none yet. */
  readOwn(from: number, maxBytes: number): EntryBatch | undefined;
  /** First and last flushed sequence number of our own log. */
  ownRange(): { readonly first: number; readonly last: number };
  /**
   * Where to go on reading a site's log: the last sequence number received of that origin. An origin never heard of is
   * 0: from its first entry.
   */
  receivedUpTo(origin: Origin): number;
  /** Entries arrive: in order per origin, duplicates possible, gaps not. Bytes are the host's from here on. */
  deliver(batch: EntryBatch): void;
  /** A peer has settled our log up to `seq`: it never needs it again. */
  acknowledged(site: string, seq: number): void;
  /** A peer holds a higher sequence number of our origin than our log does: our log was lost or restored. */
  originAhead(site: string, seq: number): void;
  linkChanged(status: LinkStatus): void;
}

/** Carries logs between sites. At least once, in order per origin. */
export interface Transport {
  start(host: TransportHost): Promise<void>;
  /** Our own log has been flushed up to `seq`. */
  flushed(seq: number): void;
  /** What was delivered of `origin` is settled up to `seq`; tells the origin when that is how the transport works. */
  settled(origin: Origin, seq: number): void;
  /** Stop (or go on) delivering what an origin writes: to bound memory, or because it is too far ahead of our clock. Also of links made later. */
  pause(origin: Origin): void;
  resume(origin: Origin): void;
  links(): readonly LinkStatus[];
  close(): Promise<void>;
}
