/**
 * The routes, as a function from a request line to an answer.
 *
 * Rules: reads only, but for `POST /out`, which is taken from this machine alone; everything comes from the view at the moment of the request; strings are redacted before they are
 * serialised. It opens no socket and knows no headers but the content type.
 */
import { type Redactor, redactValue } from '../redactor.ts';
import { answerConflicts } from './conflicts-route.ts';
import { metricsText } from './metrics-text.ts';
import { answerOut, outPath } from './out-route.ts';
import type { ReplicatorView } from './replicator-view.ts';

/** What is sent back. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

type Route = (view: ReplicatorView, redact: Redactor, query: string) => Answer | Promise<Answer>;

const routes: Readonly<Record<string, Route>> = {
  '/livez': () => ({ status: 200, type: 'text/plain; charset=utf-8', body: 'ok\n' }),
  '/readyz': (view, redact) => json(readiness(view), redact),
  '/status': (view, redact) => {
    const value = view.status() ?? { site: view.site, shard: view.shard, state: 'starting', reason: opening };
    return json({ code: view.status() === undefined ? 503 : 200, value }, redact);
  },
  '/conflicts': async (view, redact, query) => json(await answerConflicts(view, query, Date.now()), redact),
  '/metrics': async (view, redact) => ({
    status: 200,
    type: 'text/plain; version=0.0.4; charset=utf-8',
    body: redact(await metricsText(view.status())),
  }),
};

const opening = 'the log is being opened';

/**
 * Answers GET and HEAD of the known paths, and POST of `/out`; a query is for that and `/conflicts`, and ignored elsewhere.
 * @param isLocal - whether it comes from this machine.
 */
export async function answerRequest(
  method: string,
  target: string,
  view: ReplicatorView,
  redact: Redactor,
  isLocal: boolean,
): Promise<Answer> {
  const [path, query = ''] = target.split('?', 2) as [string, string?];
  if (path === outPath) return json(answerOut(method, view, query, isLocal), redact);
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (route === undefined)
    return json({ code: 404, value: { error: 'no such path', paths: [...Object.keys(routes), outPath] } }, redact);
  if (method !== 'GET' && method !== 'HEAD') return json({ code: 405, value: { error: 'only GET and HEAD' } }, redact);
  return await route(view, redact, query);
}

function readiness(view: ReplicatorView): { code: number; value: unknown } {
  const status = view.status();
  const state = view.stopping() ? 'stopping' : (status?.state ?? 'starting');
  if (state === 'running') return { code: 200, value: { ready: true, state } };
  const alarms = (status?.alarms ?? []).filter((alarm) => alarm.active).map(({ name, message }) => ({ name, message }));
  const reason = status === undefined ? opening : status.reason || (alarms[0]?.message ?? '');
  return { code: 503, value: { ready: false, state, reason, alarms } };
}

function json(answer: { readonly code: number; readonly value: unknown }, redact: Redactor): Answer {
  const body = `${JSON.stringify(redactValue(answer.value, redact))}\n`;
  return { status: answer.code, type: 'application/json; charset=utf-8', body };
}
