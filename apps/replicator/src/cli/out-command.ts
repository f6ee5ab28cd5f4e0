/**
 * `entwine out SITE`: tells a running replicator that a site is out.
 *
 * Rules: what answers but is no replicator counts as unreachable; what it refuses is a usage error, in its words.
 */
import type { ExitName } from '../exit-codes.ts';
import { askReplicator, fieldsOf, notReady, notReplicator, replicatorUrl, type Where } from './ask-replicator.ts';
import type { Console } from './console.ts';

/** Where to ask, and which site. */
export interface OutOptions extends Where {
  readonly site: string;
}

/** Says on `console.out` what has been decided; problems go to `console.err`. @throws ConfigError */
export async function outCommand(options: OutOptions, console: Console): Promise<ExitName> {
  const url = replicatorUrl(options, '/out', console);
  if (url === undefined) return 'usage';
  url.searchParams.set('site', options.site);
  const answer = await askReplicator(url, console, 'POST');
  if (answer === undefined) return 'unreachable';
  const { error, out } = fieldsOf(answer.text);
  if (answer.code >= 400 && answer.code < 500 && typeof error === 'string') {
    console.err(`entwine: ${error}\n`);
    return 'usage';
  }
  if (answer.code === 503 && typeof error === 'string') return notReady(url, error, console);
  if (answer.code !== 200 || out !== options.site) return notReplicator(url, console);
  console.out(
    `${options.site} is declared out. "entwine status" tells whether that is in force, and for whom it waits.\n`,
  );
  return 'ok';
}
