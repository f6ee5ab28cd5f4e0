/**
 * Temporary folders, removed when this process ends. `ENTWINE_KEEP=1` keeps them, for a look at the logs.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atExit } from './cleanup.ts';

/** Makes a folder under the system's temporary folder; `label` shows in its name. */
export function temporaryFolder(label: string): string {
  const folder = mkdtempSync(join(tmpdir(), `entwine-${label}-`));
  if (process.env.ENTWINE_KEEP !== '1') {
    atExit(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 }));
  }
  return folder;
}
