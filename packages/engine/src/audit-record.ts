/**
 * Records of conflicts: what of one is kept, and as what it stands in the log.
 *
 * A record is JSON in UTF-8. Keys, cells and values are byte strings. What was discarded is a keyed digest (the same at every site
 * of a deployment, so that records can be compared, and no value can be guessed from one), or the value where that was asked for.
 */
import {
  type ByteString,
  type Conflict,
  type ConflictKind,
  discardedBytes,
  toByteString,
  unixOfTime,
} from '@entwine/core';
import type { AuditOptions } from './options.ts';

/** Bytes of a key or a cell that are kept. */
export const maxAuditNameBytes = 1024;
/** Bytes of a value that its digest is made of, beside its length. */
export const maxDigestedBytes = 65_536;

/** How a conflict ended, seen from this site. `moved`: nothing was lost, a stream entry has another ID. */
export type AuditOutcome = 'local-lost' | 'remote-lost' | 'moved';

/** One of the two writes. */
export interface AuditedWrite {
  readonly site: string;
  /** Its logical time as Unix milliseconds, and all of its version: time, priority, index. */
  readonly unixMs: number;
  readonly version: readonly [time: number, priority: number, index: number];
}

/** What has no effect. */
export interface AuditedLoss {
  readonly bytes: number;
  readonly digest?: string;
  readonly value?: ByteString;
}

/** A conflict on record. */
export interface AuditedConflict {
  readonly type: 'conflict';
  /** Unix milliseconds at which this site resolved it. */
  readonly at: number;
  readonly kind: ConflictKind;
  readonly db: number;
  readonly key: ByteString;
  /** Hash field, member, bit offset, stream ID; '' for all of the key. */
  readonly cell: ByteString;
  /** How long the key and the cell are, where not all of them is kept. */
  readonly keyBytes?: number;
  readonly cellBytes?: number;
  readonly outcome: AuditOutcome;
  readonly winner: AuditedWrite;
  readonly loser: AuditedWrite;
  /** `null`: a removal, or what is not remembered. */
  readonly discarded: AuditedLoss | null;
  /** The ID that a stream entry has now. */
  readonly moved?: ByteString;
}

/** Conflicts that were found and not recorded: more than the limits allow. */
export interface UnrecordedConflicts {
  readonly type: 'unrecorded';
  readonly at: number;
  readonly count: number;
}

/** What a record says. */
export type AuditNews = AuditedConflict | UnrecordedConflicts;

/** One record, with its number in the log and the bytes of all records before it. */
export type AuditRecord = AuditNews & { readonly number: number; readonly before: number };

/** What making a record takes from around it. */
export interface RecordContext {
  readonly nowMs: number;
  /** Our own. */
  readonly priority: number;
  readonly siteOf: (priority: number) => string;
  readonly audit: AuditOptions;
  readonly digest: (text: string) => string;
}

/** How a conflict ended for the site of a priority. */
export function outcomeOf({ moved, loser }: Conflict, priority: number): AuditOutcome {
  if (moved !== undefined) return 'moved';
  return loser.priority === priority ? 'local-lost' : 'remote-lost';
}

/** Names a conflict: what was lost, and to which site. The same one is never on record twice. */
export function identityOf(conflict: Conflict | AuditedConflict): string {
  const { kind, db, key, cell, loser, winner, moved = '' } = conflict;
  const [time, priority, index] = 'version' in loser ? loser.version : [loser.time, loser.priority, loser.index];
  const winning = 'version' in winner ? winner.version[1] : winner.priority;
  return `${kind} ${db} ${time}.${priority}.${index} ${winning} ${moved} ${kept(key)} ${kept(cell)}`;
}

/** What is kept of a conflict. */
export function recordOf(conflict: Conflict, context: RecordContext): AuditedConflict {
  const { kind, db, key, cell, winner, loser, moved } = conflict;
  const write = ({ time, priority, index }: Conflict['winner']): AuditedWrite => ({
    ...{ site: context.siteOf(priority), unixMs: unixOfTime(time), version: [time, priority, index] },
  });
  return {
    ...{ type: 'conflict', at: context.nowMs, kind, db, key: kept(key), cell: kept(cell) },
    ...(key.length > maxAuditNameBytes && { keyBytes: key.length }),
    ...(cell.length > maxAuditNameBytes && { cellBytes: cell.length }),
    ...{ outcome: outcomeOf(conflict, context.priority), winner: write(winner), loser: write(loser) },
    discarded: lossOf(conflict, context),
    ...(moved !== undefined && { moved }),
  };
}

function kept(name: ByteString): ByteString {
  return name.length > maxAuditNameBytes ? name.slice(0, maxAuditNameBytes) : name;
}

function lossOf({ discarded }: Conflict, { audit, digest }: RecordContext): AuditedLoss | null {
  const bytes = discardedBytes(discarded);
  if (bytes === undefined) return null;
  const { length } = bytes;
  if (audit.values === 'none') return { bytes: length };
  if (audit.values === 'full' && length <= audit.maxValueBytes) return { bytes: length, value: toByteString(bytes) };
  const head = toByteString(bytes.subarray(0, maxDigestedBytes));
  return { bytes: length, digest: digest(`conflict ${length}\n${head}`) };
}

const utf8 = new TextEncoder();

export function encodeRecord(record: AuditRecord): Uint8Array {
  return utf8.encode(JSON.stringify(record));
}

export function decodeRecord(bytes: Uint8Array): AuditRecord {
  return JSON.parse(new TextDecoder().decode(bytes)) as AuditRecord;
}
