/**
 * The version of this program, from its own package.json: the same file whether run from source or from `dist`.
 */
import { readFileSync } from 'node:fs';

/** Semantic version of `@entwine/replicator`. */
export const version: string = readVersion();

function readVersion(): string {
  const parsed = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  return parsed.version;
}
