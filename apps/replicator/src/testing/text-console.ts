/**
 * A console that keeps what was written, for tests of commands.
 */
import type { Console } from '../cli/console.ts';

/** What was written so far, per stream. */
export interface TextConsole extends Console {
  readonly written: { out: string; err: string };
}

/** A console with the given environment. */
export function textConsole(env: Console['env'] = {}): TextConsole {
  const written = { out: '', err: '' };
  return {
    written,
    env,
    out: (text) => {
      written.out += text;
    },
    err: (text) => {
      written.err += text;
    },
  };
}
