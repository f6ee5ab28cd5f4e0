/**
 * What the scripts here do to the system: run programs, look for them, install packages.
 *
 * Rules: plain JavaScript for Node 20, no dependency. A program that fails is a value, what a signal ended is an error.
 * Nothing asks a question. It decides nothing: the scripts do.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Something the reader can put right; shown without a stack. */
export class SetupError extends Error {}

/**
 * Runs a program to its end.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, env?: Record<string, string>, outputTo?: number }} options `outputTo`: a file that takes the output
 */
export function run(command, args, { cwd, env = {}, outputTo }) {
  const result = spawnSync(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', outputTo ?? 'pipe', outputTo ?? 'pipe'],
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (result.signal !== null) throw new SetupError(`${command} was ended by ${result.signal}`);
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}${result.error ? `${result.error.message}\n` : ''}`;
  return { ok: result.status === 0, status: result.status, stdout: result.stdout ?? '', output };
}

export function onPath(program) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.some((folder) => folder !== '' && isExecutable(join(folder, program)));
}

export function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** Throws unless this process may install packages; says how somebody who may does it. */
export function requireInstaller(packages) {
  const names = packages.join(', ');
  if (!onPath('apt-get')) {
    throw new SetupError(`missing system packages: ${names}. Install them with this system's package manager.`);
  }
  if (process.getuid() !== 0) {
    throw new SetupError(
      `missing system packages: ${names}. Install them with: sudo apt-get install ${packages.join(' ')}`,
    );
  }
}

/** Installs packages with apt. The lists of a fresh machine are empty or old: they are fetched when the first attempt fails. */
export function installPackages(packages, cwd) {
  if (apt('install', packages, cwd).ok) return;
  const update = apt('update', [], cwd);
  const install = apt('install', packages, cwd);
  if (!install.ok) {
    const output = `${update.ok ? '' : update.output}${install.output}`;
    throw new SetupError(`apt-get install ${packages.join(' ')} failed:\n${output}`);
  }
}

function apt(action, packages, cwd) {
  const options = ['-y', '-q', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Dpkg::Use-Pty=0'];
  const keepConfig = ['-o', 'Dpkg::Options::=--force-confdef', '-o', 'Dpkg::Options::=--force-confold'];
  return run('apt-get', [action, ...options, ...keepConfig, ...packages], {
    cwd,
    env: {
      // dpkg insists on the administrators' folders; NEEDRESTART keeps other services as they are.
      PATH: [process.env.PATH, '/usr/sbin', '/sbin'].join(delimiter),
      DEBIAN_FRONTEND: 'noninteractive',
      NEEDRESTART_SUSPEND: '1',
      LC_ALL: 'C',
    },
  });
}
