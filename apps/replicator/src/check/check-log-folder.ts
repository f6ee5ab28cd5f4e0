/**
 * Whether the log folder can be used: writable, not held by somebody else, intact as far as opening tells, space left.
 *
 * Rules: a folder that does not exist is not created; an existing log is opened and closed, which changes nothing in it.
 */
import { accessSync, constants, existsSync, mkdtempSync, readdirSync, rmdirSync, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LogError, openLmdbLog } from '@entwine/log-lmdb';
import type { Config } from '../config/config.ts';
import { sizeText } from '../units.ts';
import { type Finding, finding } from './finding.ts';

const subject = 'log';
const lowSpace = 1024 ** 3;

/** `running`: the replicator of this configuration runs, so the folder is in use by right. */
export async function checkLogFolder(config: Config, running: boolean): Promise<Finding[]> {
  const { path, maxBytes } = config.log;
  const existing = nearestExisting(path);
  const writable = checkWritable(path, existing);
  if (writable !== undefined) return [writable];
  const found: Finding[] = [];
  if (existing !== path) found.push(finding('ok', subject, 'folder', `${path} does not exist yet and can be created`));
  else if (readdirSync(path).length === 0)
    found.push(finding('ok', subject, 'folder', `${path} is writable and empty`));
  else found.push(await checkExisting(path, maxBytes, running));
  return [...found, checkSpace(existing)];
}

function nearestExisting(path: string): string {
  let at = path;
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  return at;
}

function checkWritable(path: string, existing: string): Finding | undefined {
  const place = existing === path ? path : `${existing} (where ${path} would be created)`;
  const remedy = 'Give the folder to the user that runs entwine, or name another one in log.path.';
  if (!statSync(existing).isDirectory()) {
    return finding('error', subject, 'folder', `${existing} is not a folder`, 'Name a folder in log.path.');
  }
  try {
    accessSync(existing, constants.W_OK | constants.X_OK);
    rmdirSync(mkdtempSync(join(existing, '.entwine-check-')));
    return undefined;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    return finding('error', subject, 'folder', `${place} is not writable (${code})`, remedy);
  }
}

async function checkExisting(path: string, maxBytes: number | undefined, running: boolean): Promise<Finding> {
  try {
    const log = await openLmdbLog({ path, ...(maxBytes === undefined ? {} : { maxBytes }) });
    const message = `${path} holds a log of ${log.streams().filter(({ stream }) => !stream.startsWith('~')).length} origins, ${sizeText(log.bytes())}`;
    await log.close();
    return finding('ok', subject, 'folder', message);
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
    if (error.code === 'in-use' && running) {
      return finding('ok', subject, 'folder', `${path} is in use by the running replicator of this site`);
    }
    const remedy = error.code === 'in-use' ? 'Stop the other process, or name another folder in log.path.' : '';
    return finding('error', subject, 'folder', error.message, remedy);
  }
}

function checkSpace(existing: string): Finding {
  const { bavail, bsize } = statfsSync(existing);
  const free = bavail * bsize;
  const message = `${sizeText(free)} free on its disk`;
  if (free >= lowSpace) return finding('ok', subject, 'space', message);
  const remedy = 'Free some space: while a peer is away the log grows by everything written here.';
  return finding('warning', subject, 'space', message, remedy);
}
