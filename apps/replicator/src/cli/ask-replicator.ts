/** Asking a running replicator over HTTP: where it is, and what it answers. Problems go to standard error, with a remedy. */
import { httpUrl } from '../config/address.ts';
import { loadHttpConfig } from '../config/load-config.ts';
import type { Console } from './console.ts';

/** Where to ask. */
export interface Where {
  readonly config: string | undefined;
  readonly url: string | undefined;
}

const defaultUrl = 'http://127.0.0.1:7380';
const timeoutMs = 5_000;
/** What to look at when nobody answers as a replicator would. */
export const askRemedy = 'Is the replicator running, and is this its http.listen?';

/** The URL of one of its paths; undefined, and said why, when there is none. @throws ConfigError */
export function replicatorUrl({ config, url }: Where, path: string, console: Console): URL | undefined {
  const base = url ?? (config === undefined ? defaultUrl : httpUrl(loadHttpConfig(config, console.env).listen));
  const found = URL.canParse(base) ? new URL(base) : undefined;
  if (found === undefined || (found.protocol !== 'http:' && found.protocol !== 'https:')) {
    console.err('entwine: --url is not an http or https URL; write for example http://127.0.0.1:7201\n');
    return undefined;
  }
  found.pathname = `${found.pathname.replace(/\/+$/, '').replace(/\/status$/, '')}${path}`;
  return found;
}

/** What answers there; undefined, and said why, when nobody does. */
export async function askReplicator(
  url: URL,
  console: Console,
  method: 'GET' | 'POST' = 'GET',
): Promise<{ readonly code: number; readonly text: string } | undefined> {
  try {
    const response = await fetch(url, { method, signal: AbortSignal.timeout(timeoutMs), redirect: 'error' });
    return { code: response.status, text: await response.text() };
  } catch (error) {
    console.err(`entwine: ${url.origin} does not answer (${reasonOf(error)}). ${askRemedy}\n`);
    return undefined;
  }
}

/** The fields of an answer in JSON; none when it is something else. */
export function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Says that it is starting or stopping. */
export function notReady(url: URL, error: string, console: Console): 'notReady' {
  console.err(`entwine: ${url.origin} is not ready: ${error}\n`);
  return 'notReady';
}

/** Says that something else answers. */
export function notReplicator(url: URL, console: Console): 'unreachable' {
  console.err(`entwine: what answers at ${url.origin} is not a replicator. ${askRemedy}\n`);
  return 'unreachable';
}

function reasonOf(error: unknown): string {
  const cause = (error as { cause?: { code?: string } }).cause;
  if (typeof cause?.code === 'string') return cause.code;
  return error instanceof Error ? error.message : String(error);
}
