/**
 * Another wall clock for a replicator: a module for its process to load first, and its handle here. Not shipped; the program
 * itself has no such switch.
 *
 * The offset stands in a file, which the process reads again every few milliseconds, so that a clock can step while it runs.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const variable = 'ENTWINE_TEST_CLOCK';
const everyMs = 20;

/** The wall clock of one process. */
export class OtherClock {
  readonly #file: string;

  /** @param folder - where its file is kept. */
  constructor(folder: string) {
    this.#file = join(folder, 'clock-offset');
    this.set(0);
  }

  /** Sets how far it is ahead of this machine's, in milliseconds. */
  set(offsetMs: number): void {
    writeFileSync(this.#file, String(offsetMs));
  }

  /** What to start the process with. */
  get env(): Readonly<Record<string, string>> {
    const module = pathToFileURL(fileURLToPath(import.meta.url)).href;
    return { NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import=${module}`.trim(), [variable]: this.#file };
  }
}

function replaceClock(file: string): void {
  const real = Date.now.bind(Date);
  let offset = 0;
  const read = (): void => {
    const text = readFileSync(file, 'utf8');
    if (text !== '') offset = Number(text);
  };
  read();
  setInterval(read, everyMs).unref();
  Date.now = () => real() + offset;
}

const file = process.env[variable];
if (file !== undefined) replaceClock(file);
