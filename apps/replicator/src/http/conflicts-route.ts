/**
 * `GET /conflicts?key=PATTERN&since=TIME&limit=N`: the conflicts on record, oldest first, at most the newest N.
 *
 * A parameter that is not understood is refused by name, not passed over.
 */
import { conflictJson } from '../conflicts/conflict-json.ts';
import { type ConflictQuery, findConflicts } from '../conflicts/find-conflicts.ts';
import { keyPattern } from '../conflicts/key-pattern.ts';
import { parseSince } from '../conflicts/since.ts';
import type { ReplicatorView } from './replicator-view.ts';

/** Records in one answer, and the most that may be asked for. */
export const defaultConflicts = 1000;
export const maxConflicts = 10_000;

/** A status code and the JSON value. */
export interface ConflictsAnswer {
  readonly code: number;
  readonly value: unknown;
}

/** Answers a query, what stands behind the `?`. */
export async function answerConflicts(view: ReplicatorView, query: string, nowMs: number): Promise<ConflictsAnswer> {
  const asked = parseQuery(new URLSearchParams(query), nowMs);
  if (typeof asked === 'string') return { code: 400, value: { error: asked } };
  let found: Awaited<ReturnType<typeof findConflicts>>;
  try {
    found = await findConflicts((before, most) => view.conflicts(before, most), asked);
  } catch (error) {
    return { code: 503, value: { error: `the log cannot be read: ${(error as Error).message}` } };
  }
  if (found === undefined) return { code: 503, value: { error: 'the log is being opened' } };
  const { site, shard } = view;
  return { code: 200, value: { site, shard, conflicts: found.records.map(conflictJson), more: found.more } };
}

function parseQuery(params: URLSearchParams, nowMs: number): ConflictQuery | string {
  for (const name of params.keys()) {
    if (!['key', 'since', 'limit'].includes(name)) return `no such parameter: ${name}; known: key, since, limit`;
  }
  const [key, since, limit] = [params.get('key'), params.get('since'), params.get('limit')];
  const matches = key === null ? undefined : keyPattern(key);
  if (key !== null && matches === undefined) return `key is no pattern: ${key}; write it as for KEYS, e.g. user:*`;
  const from = since === null ? 0 : parseSince(since, nowMs);
  if (from === undefined) return `since is no time: ${since}; write 2026-03-01T12:00:00Z, or how long ago: 10m, 2h, 3d`;
  const most = limit === null ? defaultConflicts : /^\d{1,6}$/.test(limit) ? Number(limit) : 0;
  if (most < 1 || most > maxConflicts) return `limit is not 1 to ${maxConflicts}: ${limit}`;
  return { matches, since: from, limit: most };
}
