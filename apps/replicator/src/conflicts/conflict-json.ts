/**
 * A record of a conflict as JSON tells it.
 *
 * Rules: bytes that are UTF-8 are text under their name (`key`, `cell`, `value`); others are base64 under the name with `Base64`
 * behind it. Times are ISO 8601 in UTC.
 */
import type { AuditedConflict, AuditedWrite, AuditRecord } from '@entwine/engine';

/** A plain JSON value: a conflict, or how many were not recorded. */
export type ConflictJson = Readonly<Record<string, unknown>>;

export function conflictJson(record: AuditRecord): ConflictJson {
  const { number } = record;
  const at = new Date(record.at).toISOString();
  if (record.type === 'unrecorded') return { number, at, unrecorded: record.count };
  const { kind, outcome, db, keyBytes, cellBytes, moved } = record;
  return {
    ...{ number, at, kind, outcome, db },
    ...textOr('key', record.key),
    ...(keyBytes !== undefined && { keyBytes }),
    ...textOr('cell', record.cell),
    ...(cellBytes !== undefined && { cellBytes }),
    ...{ winner: writeJson(record.winner), loser: writeJson(record.loser), discarded: lossJson(record) },
    ...(moved !== undefined && { moved }),
  };
}

function writeJson({ site, unixMs, version }: AuditedWrite): ConflictJson {
  return { site, at: new Date(unixMs).toISOString(), version: version.join('.') };
}

function lossJson({ discarded }: AuditedConflict): ConflictJson | null {
  if (discarded === null) return null;
  const { bytes, digest, value } = discarded;
  return { bytes, ...(digest !== undefined && { digest }), ...(value !== undefined && textOr('value', value)) };
}

function textOr(name: string, bytes: string): ConflictJson {
  const raw = Buffer.from(bytes, 'latin1');
  try {
    return { [name]: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(raw) };
  } catch {
    return { [`${name}Base64`]: raw.toString('base64') };
  }
}

/** The bytes that JSON tells under a name, as a byte string. */
export function bytesOf(json: ConflictJson, name: string): string | undefined {
  const [text, base64] = [json[name], json[`${name}Base64`]];
  if (typeof text === 'string') return Buffer.from(text, 'utf8').toString('latin1');
  return typeof base64 === 'string' ? Buffer.from(base64, 'base64').toString('latin1') : undefined;
}
