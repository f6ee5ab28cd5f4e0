/**
 * `POST /out?site=SITE`: declares a site out. There is no password, so it is taken from this machine alone, and from no page that a browser shows
 * there (those name their origin).
 */
import type { ReplicatorView } from './replicator-view.ts';

/** Where it is. */
export const outPath = '/out';

/** A status code and the JSON value. */
export interface OutAnswer {
  readonly code: number;
  readonly value: unknown;
}

/** Answers a request. @param query - what stands behind the `?`. @param isLocal - whether it comes from this machine. */
export function answerOut(method: string, view: ReplicatorView, query: string, isLocal: boolean): OutAnswer {
  if (method !== 'POST') return { code: 405, value: { error: `only POST on ${outPath}` } };
  if (!isLocal)
    return {
      code: 403,
      value: { error: 'a site is declared out from the machine of the replicator alone, and by no browser' },
    };
  const site = new URLSearchParams(query).get('site');
  if (site === null || site === '') return { code: 400, value: { error: 'name a site: /out?site=SITE' } };
  if (view.status() === undefined) return { code: 503, value: { error: 'the log is being opened' } };
  const refusal = view.declareOut(site);
  return refusal === undefined ? { code: 200, value: { out: site } } : { code: 409, value: { error: refusal } };
}
