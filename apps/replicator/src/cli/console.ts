/**
 * Where a command writes and what it may read of the process; tests pass their own.
 */

/** Standard output, standard error, the environment. Texts bring their own newlines. */
export interface Console {
  out(text: string): void;
  err(text: string): void;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The console of this process. A reader that went away is no error. */
export function processConsole(): Console {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    env: process.env,
  };
}
