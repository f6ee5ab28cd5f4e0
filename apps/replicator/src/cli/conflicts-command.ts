/**
 * `entwine conflicts`: asks a running replicator for the conflicts on record, and prints them.
 *
 * Rules: read-only. What answers but is no replicator counts as unreachable; what it refuses is a usage error, in its words.
 */
import type { ConflictJson } from '../conflicts/conflict-json.ts';
import type { ExitName } from '../exit-codes.ts';
import { askReplicator, fieldsOf, notReady, notReplicator, replicatorUrl, type Where } from './ask-replicator.ts';
import type { Console } from './console.ts';
import { renderConflicts } from './render-conflicts.ts';

/** Where to ask, what for, and how to print. */
export interface ConflictsOptions extends Where {
  readonly key: string | undefined;
  readonly since: string | undefined;
  readonly limit: string | undefined;
  readonly json: boolean;
}

/** Prints the conflicts to `console.out`; problems go to `console.err`. @throws ConfigError */
export async function conflictsCommand(options: ConflictsOptions, console: Console): Promise<ExitName> {
  const url = replicatorUrl(options, '/conflicts', console);
  if (url === undefined) return 'usage';
  for (const name of ['key', 'since', 'limit'] as const) {
    const value = options[name];
    if (value !== undefined) url.searchParams.set(name, value);
  }
  const answer = await askReplicator(url, console);
  if (answer === undefined) return 'unreachable';
  const { error, conflicts, more } = fieldsOf(answer.text);
  if (answer.code === 400 && typeof error === 'string') {
    console.err(`entwine: ${error}\nTry: entwine conflicts --help\n`);
    return 'usage';
  }
  if (answer.code === 503 && typeof error === 'string') return notReady(url, error, console);
  if (answer.code !== 200 || !Array.isArray(conflicts)) return notReplicator(url, console);
  const found = conflicts as ConflictJson[];
  if (!options.json) console.out(renderConflicts(found, more === true));
  else for (const conflict of found) console.out(`${JSON.stringify(conflict)}\n`);
  return 'ok';
}
