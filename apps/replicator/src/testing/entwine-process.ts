/**
 * The program as a child process, from source.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));

/** How a process ended and what it wrote. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A process under way. */
export interface EntwineProcess {
  readonly ended: Promise<Ended>;
  /** What it has written to standard output so far. */
  out(): string;
  kill(signal: NodeJS.Signals): void;
}

/** Starts `entwine` with these arguments. */
export function spawnEntwine(args: readonly string[], env: NodeJS.ProcessEnv = {}): EntwineProcess {
  const child = spawn(process.execPath, ['--conditions=@entwine/source', main, ...args], {
    env: { ...process.env, ...env },
  });
  const text = { out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    text.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    text.err += chunk;
  });
  const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, ...text })));
  return { ended, out: () => text.out, kill: (signal) => void child.kill(signal) };
}
