/**
 * The ledger: the small facts that are committed together with the entries.
 *
 * It describes one place in the local stream: everything that was decided up to `position` is in the log, nothing beyond.
 * A restart rebuilds the rest from it and the log. It is stored as one fact of the log, as JSON in UTF-8.
 */
import type { KindIndex, Origin, Position, Time } from '@entwine/core';
import type { StoredOutcast } from './outcasts.ts';
import type { Unrun } from './unrun.ts';

/** Name of the fact. */
export const ledgerKey = 'ledger';
const ledgerSchema = 1;

/** How far an origin's log has taken effect here. */
export interface Settled {
  readonly seq: number;
  readonly time: Time;
}

/** A correction that was decided and has not been seen in the stream yet. */
export interface PendingCorrection {
  readonly id: number;
  readonly time: Time;
  /** Arguments of the apply script as byte strings. */
  readonly args: readonly string[];
  readonly keys: readonly { readonly db: number; readonly key: string }[];
  readonly settlements: readonly StoredSettlement[];
  /** It adds again what commands of ours had added; where it is seen it is a local write. */
  readonly readds?: boolean;
}

/** What has to be read behind a fence, and has not been. */
export interface StoredAsk {
  readonly db: number;
  readonly key: string;
  /** One key, every key of the database, or every key whose home is here. */
  readonly what: 'state' | 'database' | 'homes';
  readonly overwrites: boolean;
  /** See `Ask`. */
  readonly again?: true;
}

/** A key whose home has to say what it holds, since when, and the priority of its home. */
export interface StoredUndo {
  readonly db: number;
  readonly key: string;
  readonly home: number;
  readonly time: Time;
}

/** A settlement with its integers as text. */
export interface StoredSettlement {
  readonly db: number;
  readonly key: string;
  readonly kind: KindIndex;
  readonly field: string;
  readonly by: string;
  readonly base: { readonly time: Time; readonly priority: number; readonly index: number } | null;
}

/** Mutable: changed by what is released, written by every commit. Its lists, and `unrun`, are replaced and never changed (see `encodeLedger`). */
export interface Ledger {
  readonly schema: number;
  readonly origin: Origin;
  position: Position;
  /** Last own sequence number. */
  seq: number;
  /** The greatest time used or seen. */
  clock: Time;
  /** The stability cut. */
  cut: Time;
  /** The earlier cut down to which the logs are kept. */
  kept: Time;
  readonly settled: Record<Origin, Settled>;
  /** What each site last said it had settled: its W. */
  readonly reported: Record<string, Time>;
  /** How far each peer site has acknowledged our log. */
  readonly acknowledged: Record<string, number>;
  /** The marker's fields as they stand in Redis at `position`. */
  readonly marker: Record<string, string>;
  /** Whether somebody has meddled with the marker since it was last whole. */
  markerDamaged: boolean;
  /** Processes that have served this log, in order; written before the first call of each. */
  processes: readonly string[];
  /** Keys being followed, to be compared with the model when the calls on their way have come back. */
  deferred: readonly { readonly db: number; readonly key: string }[];
  /** What has to be read behind a fence. */
  asks: readonly StoredAsk[];
  /** What is written here and has its home elsewhere, by database and key: to be put right (see `undo.ts`). */
  readonly undone: Record<string, StoredUndo>;
  /** The number of the last correction decided. */
  correction: number;
  corrections: readonly PendingCorrection[];
  readonly untranslated: Record<string, number>;
  /** Other sites' commands that are settled and were not run, by origin (see `unrun.ts`), and up to when some are forgotten. */
  unrun: Record<Origin, readonly Unrun[]>;
  unrunFrom: Time;
  /** Sites that are declared out. */
  out: Readonly<Record<string, StoredOutcast>>;
}

/** A ledger for a log that begins. */
export function newLedger(origin: Origin, position: Position): Ledger {
  return {
    schema: ledgerSchema,
    origin,
    position,
    seq: 0,
    clock: 0,
    cut: 0,
    kept: 0,
    settled: {},
    reported: {},
    acknowledged: {},
    marker: {},
    markerDamaged: false,
    processes: [],
    deferred: [],
    asks: [],
    undone: {},
    correction: 0,
    corrections: [],
    untranslated: {},
    unrun: {},
    unrunFrom: 0,
    out: {},
  };
}

const utf8 = new TextEncoder();
/** The text of what is replaced when it changes, and most often is as it was: lists, and other sites' commands that were not run. */
const texts = new WeakMap<object, string>();

/** As JSON.stringify writes it, but that what most commits leave as it is is not written out anew: every commit has a ledger. */
export function encodeLedger(ledger: Ledger): Uint8Array {
  let text = '';
  for (const name of Object.keys(ledger) as (keyof Ledger)[])
    text += `${text === '' ? '{' : ','}"${name}":${textOf(name, ledger[name])}`;
  return utf8.encode(`${text}}`);
}

function textOf(name: keyof Ledger, value: Ledger[keyof Ledger]): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'string' || (!Array.isArray(value) && name !== 'unrun')) return JSON.stringify(value);
  let text = texts.get(value);
  if (text === undefined) {
    text = JSON.stringify(value);
    texts.set(value, text);
  }
  return text;
}

/** Reads a ledger back. Throws when another version wrote it. */
export function decodeLedger(bytes: Uint8Array): Ledger {
  const ledger = JSON.parse(new TextDecoder().decode(bytes)) as Ledger;
  if (ledger.schema !== ledgerSchema) {
    throw new Error(
      `the log's ledger has schema ${ledger.schema}; this version reads ${ledgerSchema}: use the version that wrote it`,
    );
  }
  // Written by a version that had no fences.
  ledger.asks ??= [];
  // Written by a version that did not remember them.
  ledger.unrunFrom ??= ledger.clock;
  ledger.unrun ??= {};
  ledger.out ??= {};
  ledger.processes ??= [];
  // Written by a version that had no policies.
  if (ledger.undone === undefined) return { ...(ledger as Ledger), undone: {} };
  return ledger;
}
