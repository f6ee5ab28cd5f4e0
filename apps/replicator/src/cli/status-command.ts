/**
 * `entwine status`: asks a running replicator over HTTP and prints what it tells.
 *
 * Rules: read-only; the exit code follows the state. What answers but is no replicator counts as unreachable.
 */
import type { ShardState, ShardStatus } from '@entwine/engine';
import { httpUrl } from '../config/address.ts';
import { loadHttpConfig } from '../config/load-config.ts';
import type { ExitName } from '../exit-codes.ts';
import type { Console } from './console.ts';
import { renderStatus } from './render-status.ts';

/** Where to ask and how to print. */
export interface StatusOptions {
  readonly config: string | undefined;
  readonly url: string | undefined;
  readonly json: boolean;
}

const defaultUrl = 'http://127.0.0.1:7380';
const timeoutMs = 5_000;

const exitOfState: Readonly<Record<ShardState, ExitName>> = {
  starting: 'notReady',
  running: 'ok',
  'resync-required': 'resyncRequired',
  superseded: 'superseded',
  failed: 'failed',
  stopped: 'notReady',
};

/** Prints the status to `console.out`; problems go to `console.err`. */
export async function statusCommand(options: StatusOptions, console: Console): Promise<ExitName> {
  const base =
    options.url ??
    (options.config === undefined ? defaultUrl : httpUrl(loadHttpConfig(options.config, console.env).listen));
  const url = statusUrl(base);
  if (url === undefined) {
    console.err('entwine: --url is not an http or https URL; write for example http://127.0.0.1:7201\n');
    return 'usage';
  }
  const status = await ask(url, console);
  if (status === undefined) return 'unreachable';
  console.out(options.json ? `${JSON.stringify(status, null, 2)}\n` : renderStatus(status, Date.now()));
  return exitOfState[status.state];
}

async function ask(url: URL, console: Console): Promise<ShardStatus | undefined> {
  const remedy = 'Is the replicator running, and is this its http.listen?';
  let text: string;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' });
    text = await response.text();
  } catch (error) {
    console.err(`entwine: ${url.origin} does not answer (${reasonOf(error)}). ${remedy}\n`);
    return undefined;
  }
  const status = parseStatus(text);
  if (status === undefined) console.err(`entwine: what answers at ${url.origin} is not a replicator. ${remedy}\n`);
  return status;
}

/** A full status, or the short one of a replicator that is still opening its log; nothing else. */
function parseStatus(text: string): ShardStatus | undefined {
  try {
    const value = JSON.parse(text) as Partial<ShardStatus> | null;
    if (typeof value?.site !== 'string' || !Object.hasOwn(exitOfState, value.state ?? '')) return undefined;
    return value as ShardStatus;
  } catch {
    return undefined;
  }
}

function statusUrl(base: string): URL | undefined {
  if (!URL.canParse(base)) return undefined;
  const url = new URL(base);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  url.pathname = `${url.pathname.replace(/\/+$/, '').replace(/\/status$/, '')}/status`;
  return url;
}

function reasonOf(error: unknown): string {
  const cause = (error as { cause?: { code?: string } }).cause;
  if (typeof cause?.code === 'string') return cause.code;
  return error instanceof Error ? error.message : String(error);
}
