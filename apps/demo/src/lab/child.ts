/**
 * One child process: its output goes to a file, it is signalled by its pid only, and it never outlives this process
 * (short of a kill -9 of this one). Starting again after its end is up to the owner.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { atExit } from './cleanup.ts';

export interface ChildOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Standard output and error are appended here. */
  readonly logFile: string;
  readonly cwd?: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** How a process ended: an exit code, or the signal that killed it. */
export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class Child {
  readonly name: string;
  readonly logFile: string;
  /** Resolves when the process has ended, whatever the reason. */
  readonly exited: Promise<ChildExit>;
  #process: ChildProcess;
  #exit: ChildExit | undefined;

  constructor(options: ChildOptions) {
    this.name = options.name;
    this.logFile = options.logFile;
    const log = openSync(options.logFile, 'a');
    this.#process = spawn(options.command, [...options.args], {
      stdio: ['ignore', log, log],
      env: { ...process.env, ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    closeSync(log);
    const forget = atExit(() => this.signal('SIGKILL'));
    this.exited = new Promise((resolve) => {
      const ended = (exit: ChildExit): void => {
        this.#exit ??= exit;
        forget();
        resolve(this.#exit);
      };
      this.#process.once('error', () => ended({ code: 127, signal: null }));
      this.#process.once('exit', (code, signal) => ended({ code, signal }));
    });
  }

  /** Undefined when it could not be started. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Undefined while it runs. */
  get exit(): ChildExit | undefined {
    return this.#exit;
  }

  /** Sends a signal to this very process, if it still runs. */
  signal(signal: NodeJS.Signals): void {
    if (this.#exit === undefined) this.#process.kill(signal);
  }

  /** Asks it to end, and kills it when it has not after `graceMs`. */
  async stop(graceMs = 10_000): Promise<ChildExit> {
    this.signal('SIGCONT');
    this.signal('SIGTERM');
    const timer = setTimeout(() => this.signal('SIGKILL'), graceMs);
    const exit = await this.exited;
    clearTimeout(timer);
    return exit;
  }

  async kill(): Promise<ChildExit> {
    this.signal('SIGKILL');
    return this.exited;
  }

  /** The last lines of its output, for a failure's message. */
  tail(lines = 30): string {
    return readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  }
}
