/**
 * Installs what a fresh machine lacks, so that the demo and the tests can run. Runs before both of them.
 *
 * Rules: plain JavaScript for Node 20, no dependency. Idempotent, and quick when nothing is missing. System packages come
 * from apt, and only as root; no service is started and none that runs is touched. The workspace's packages come from
 * the lockfile, unchanged. It does *not* update anything that is there already.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPackages, isExecutable, onPath, requireInstaller, run as runIn, SetupError } from './system.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = join(root, 'node_modules', '.bin');
const marker = join(root, 'node_modules', '.entwine-bootstrap');

/** Programs that must be on the PATH, and the Debian package each comes from. */
const programs = [
  { program: 'redis-server', pkg: 'redis-server' },
  { program: 'openssl', pkg: 'openssl' },
];

/** Debian asks this program before a package starts a service; exit code 101 means no. */
const policyFile = '/usr/sbin/policy-rc.d';
const policySaved = `${policyFile}.entwine-saved`;
const policyNote = '# Temporary, by the Entwine bootstrap: no service starts while packages are installed. Process';

try {
  await installPrograms();
  installWorkspace();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`bootstrap: ${error.message}`);
  process.exitCode = 1;
}

// ---------------------------------------------------------------- system packages

async function installPrograms() {
  const packages = programs.filter(({ program }) => !onPath(program)).map(({ pkg }) => pkg);
  if (packages.length === 0) return;
  requireInstaller(packages);
  say(`installing system packages: ${packages.join(', ')}`);
  await withoutServices(() => installPackages(packages, root));
  const absent = programs.filter(({ program }) => !onPath(program)).map(({ program }) => program);
  if (absent.length > 0) throw new SetupError(`installed, but not on the PATH: ${absent.join(', ')}`);
}

/**
 * Runs `work` (synchronous) while no package may start a service, then puts things back as they were. Where systemd
 * runs, a Redis that was not there before is not left to start at the next boot either.
 */
async function withoutServices(work) {
  // `work` blocks, so a signal is seen only when it is over: the package manager is never left halfway.
  let interrupted = false;
  const interrupt = () => {
    interrupted = true;
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, interrupt);
  const hadRedis = onPath('redis-server');
  const allowServices = forbidServices();
  try {
    work();
    if (!hadRedis && onPath('redis-server') && existsSync('/run/systemd/system')) {
      run('systemctl', ['disable', 'redis-server.service']);
    }
  } finally {
    allowServices();
    await new Promise((resolve) => setTimeout(resolve, 20));
    for (const signal of signals) process.off(signal, interrupt);
    if (interrupted) process.exit(130);
  }
}

/** Forbids starting services, unless that is forbidden already. Returns what undoes it. */
function forbidServices() {
  healPolicy();
  if (existsSync(policyFile)) {
    if (run(policyFile, ['redis-server', 'start']).status === 101) return () => {};
    renameSync(policyFile, policySaved);
  }
  writeFileSync(policyFile, `#!/bin/sh\n${policyNote} ${process.pid}.\nexit 101\n`, { mode: 0o755 });
  return restorePolicy;
}

function restorePolicy() {
  if (existsSync(policySaved)) renameSync(policySaved, policyFile);
  else rmSync(policyFile, { force: true });
}

/** Puts the policy back when an earlier run was killed before it could. */
function healPolicy() {
  const text = existsSync(policyFile) ? readFileSync(policyFile, 'utf8') : '';
  const owner = text.split(policyNote)[1];
  if (owner !== undefined && !existsSync(`/proc/${Number.parseInt(owner, 10)}`)) restorePolicy();
}

// ---------------------------------------------------------------- the workspace's packages

function installWorkspace() {
  const state = workspaceState();
  if (isExecutable(join(bin, 'node')) && existsSync(marker) && readFileSync(marker, 'utf8').trim() === state) return;
  say('installing the workspace packages');
  rmSync(marker, { force: true });
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).devEngines.packageManager;
  // The install replaces node_modules/.bin, so nothing of this run may come from there.
  const localBin = join('node_modules', '.bin');
  const path = (process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.endsWith(localBin));
  const result = run('npx', ['--yes', `pnpm@${version}`, 'install', '--frozen-lockfile'], {
    PATH: path.join(delimiter),
    CI: 'true',
  });
  if (!result.ok) throw new SetupError(`pnpm install --frozen-lockfile failed:\n${result.output}`);
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  writeFileSync(marker, `${state}\n`);
}

/**
 * Everything node_modules follows from, as one hash: the lockfile, the manifests, the platform. The version of Node is
 * among the manifests; the one this script happens to run on does not matter.
 */
function workspaceState() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  const manifests = ['packages', 'apps'].flatMap((group) =>
    existsSync(join(root, group))
      ? readdirSync(join(root, group)).map((name) => join(group, name, 'package.json'))
      : [],
  );
  const files = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', join('test', 'package.json'), ...manifests];
  for (const file of files.sort()) {
    const full = join(root, file);
    if (existsSync(full)) hash.update(`\0${file}\0`).update(readFileSync(full));
  }
  return hash.digest('hex');
}

// ---------------------------------------------------------------- helpers

function run(command, args, env = {}) {
  return runIn(command, args, { cwd: root, env });
}

function say(text) {
  console.log(`bootstrap: ${text}`);
}
