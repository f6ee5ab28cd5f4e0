/**
 * `entwine status`: asks a running replicator over HTTP and prints what it tells.
 *
 * Rules: read-only; the exit code follows the state. What answers but is no replicator counts as unreachable.
 */
import type { ShardState, ShardStatus } from '@entwine/engine';
import type { ExitName } from '../exit-codes.ts';
import { askReplicator, notReplicator, replicatorUrl, type Where } from './ask-replicator.ts';
import type { Console } from './console.ts';
import { renderStatus } from './render-status.ts';

/** Where to ask and how to print. */
export interface StatusOptions extends Where {
  readonly json: boolean;
}

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
  const url = replicatorUrl(options, '/status', console);
  if (url === undefined) return 'usage';
  const status = await ask(url, console);
  if (status === undefined) return 'unreachable';
  console.out(options.json ? `${JSON.stringify(status, null, 2)}\n` : renderStatus(status, Date.now()));
  return exitOfState[status.state];
}

async function ask(url: URL, console: Console): Promise<ShardStatus | undefined> {
  const answer = await askReplicator(url, console);
  const status = answer && parseStatus(answer.text);
  if (answer !== undefined && status === undefined) notReplicator(url, console);
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
