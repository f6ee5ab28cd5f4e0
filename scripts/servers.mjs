/**
 * Builds servers of other versions than the machine's own, from Debian's source packages, for tests across versions.
 *
 *     npm run servers -- [NAME...] [--list] [--where-possible]
 *
 * A NAME is a product and the beginning of a version: `valkey-9`, `redis-8.0`; without one, each line of `usual` is built.
 * The newest version in Debian that fits is taken, unless one that fits is there already: remove its folder to renew it.
 * `--list` only tells what is there. With `--where-possible`, what cannot be built is told, and no error; it is tried again after a
 * day. Servers lie in CACHE/NAME-VERSION/bin, the output of their builds in CACHE/logs, where
 * CACHE is $ENTWINE_SERVERS, else $XDG_CACHE_HOME/entwine/servers, else ~/.cache/entwine/servers.
 *
 * Rules: plain JavaScript for Node 20, no dependency. Sources come from the Debian archive that the machine's own apt
 * sources name, and apt checks its signatures; apt's own state is not touched. Build tools are installed only when they
 * are missing, and only as root. A server appears in the cache whole or not at all. It does *not* build TLS, nor start or
 * stop a server.
 */
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { installPackages, isExecutable, onPath, requireInstaller, run, SetupError } from './system.mjs';

/** What is built when nothing is named. */
const usual = ['redis-7', 'redis-8.0', 'redis-8', 'valkey-8', 'valkey-9'];

/** How long what could not be built is let alone. */
const retryMs = 24 * 3600 * 1000;

/** Where Debian keeps versions side by side. One that is gone from the archive is passed over. */
const suites = ['bookworm', 'bookworm-backports', 'trixie', 'trixie-backports', 'sid', 'experimental'];

/** Programs of the build, and the Debian package each comes from. */
const tools = [
  { program: 'gcc', pkg: 'build-essential' },
  { program: 'g++', pkg: 'build-essential' },
  { program: 'make', pkg: 'build-essential' },
  { program: 'dpkg-source', pkg: 'dpkg-dev' },
  { program: 'pkg-config', pkg: 'pkg-config' },
];

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
const { ENTWINE_SERVERS, XDG_CACHE_HOME } = process.env;
const cache = resolve(ENTWINE_SERVERS || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'entwine/servers'));
const name = /^(redis|valkey)(-\d+(\.\d+){0,2})?$/;
const usage = 'npm run servers -- [NAME...] [--list] [--where-possible]; a NAME is like valkey-9 or redis-8.0';

try {
  main();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`servers: ${error.message}`);
  process.exitCode = 1;
}

function main() {
  const { names, list, wherePossible } = readArguments();
  if (!list) {
    const wanted = names.length > 0 ? names : usual;
    const isMissing = (one) => !builtServers().some((server) => fits(server, one));
    const missing = wanted.filter((one) => isMissing(one) && !(wherePossible && failedLately(one)));
    if (!wherePossible) buildAll(missing);
    else {
      const failure = failureOf(() => buildAll(missing));
      if (failure !== undefined) say(failure);
      for (const one of missing.filter(isMissing)) noteFailed(one);
    }
  }
  printTable(builtServers().filter((server) => names.length === 0 || names.some((one) => fits(server, one))));
}

function readArguments() {
  let parsed;
  try {
    const flag = { type: 'boolean', default: false };
    parsed = parseArgs({ allowPositionals: true, options: { list: flag, 'where-possible': flag } });
  } catch (error) {
    throw new SetupError(`${error.message.split('. ')[0]}. Usage: ${usage}`);
  }
  const wrong = parsed.positionals.find((text) => !name.test(text));
  if (wrong !== undefined) throw new SetupError(`${wrong} is no name of a server. Usage: ${usage}`);
  const { list, 'where-possible': wherePossible } = parsed.values;
  return { names: [...new Set(parsed.positionals)], list, wherePossible };
}

// ---------------------------------------------------------------- what is there

/** The servers in the cache, oldest version of each product first. */
function builtServers() {
  if (!existsSync(cache)) return [];
  return readdirSync(cache)
    .map((folder) => /^(redis|valkey)-(\d+\.\d+\.\d+)$/.exec(folder))
    .filter((match) => match !== null)
    .map(([folder, product, version]) => ({ product, version, path: join(cache, folder, 'bin', `${product}-server`) }))
    .filter((server) => isExecutable(server.path))
    .sort(byVersion);
}

function fits({ product, version }, wanted) {
  return [product, `${product}-${version}`].includes(wanted) || `${product}-${version}`.startsWith(`${wanted}.`);
}

function byVersion(a, b) {
  if (a.product !== b.product) return a.product < b.product ? -1 : 1;
  const [left, right] = [a, b].map(({ version }) => version.split('.').map(Number));
  const at = left.findIndex((number, i) => number !== right[i]);
  return at < 0 ? 0 : left[at] - right[at];
}

function printTable(servers) {
  if (servers.length === 0) {
    console.log(`no such server in ${cache}; build with: npm run servers`);
    return;
  }
  const rows = [{ product: 'name', version: 'version', path: 'path' }, ...servers];
  for (const { product, version, path } of rows) console.log(`${product.padEnd(8)} ${version.padEnd(9)} ${path}`);
}

// ---------------------------------------------------------------- building

function noteFailed(one) {
  mkdirSync(join(cache, 'logs'), { recursive: true });
  writeFileSync(join(cache, 'logs', `${one}.failed`), '');
}

function failedLately(one) {
  const noted = statSync(join(cache, 'logs', `${one}.failed`), { throwIfNoEntry: false });
  return noted !== undefined && Date.now() - noted.mtimeMs < retryMs;
}

function buildAll(wanted) {
  if (wanted.length === 0) return;
  installTools();
  const folder = mkdtempSync(join(tmpdir(), 'entwine-servers-'));
  try {
    const archive = readArchive(folder);
    const failures = wanted.map((one) => failureOf(() => buildServer(choose(archive, one), archive, folder)));
    const told = failures.filter((failure) => failure !== undefined);
    if (told.length > 0) throw new SetupError(told.join('\nservers: '));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function installTools() {
  const missing = tools.filter(({ program }) => !onPath(program)).map(({ pkg }) => pkg);
  if (!existsSync(keyring)) missing.push('debian-archive-keyring');
  if (missing.length === 0) return;
  const packages = [...new Set(missing)];
  requireInstaller(packages);
  say(`installing system packages: ${packages.join(', ')}`);
  installPackages(packages, tmpdir());
}

/** One server that cannot be built does not keep the others from it. */
function failureOf(work) {
  try {
    work();
    return undefined;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    return error.message;
  }
}

/** The newest version that fits a name. */
function choose(archive, wanted) {
  const found = archive.sources.filter((source) => fits(source, wanted)).sort(byVersion);
  if (found.length > 0) return found.at(-1);
  const there = archive.sources.map(({ product, version }) => `${product}-${version}`).join(', ') || 'nothing';
  const why = archive.complaints === '' ? '' : `\napt-get update said:\n${archive.complaints}`;
  throw new SetupError(`Debian has no source package for ${wanted} at ${archive.mirror}. It has: ${there}${why}`);
}

function buildServer({ product, version, debianVersion }, archive, folder) {
  const label = `${product}-${version}`;
  // Two names may mean the same version.
  if (builtServers().some((server) => fits(server, label))) return;
  const work = join(folder, label);
  const logFile = join(cache, 'logs', `${label}.log`);
  mkdirSync(work);
  mkdirSync(join(cache, 'logs'), { recursive: true });
  say(`building ${label}, with its output in ${logFile}`);
  const log = openSync(logFile, 'w');
  const step = (what, command, args) => {
    if (run(command, args, { cwd: work, outputTo: log }).ok) return;
    const end = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-15).join('\n');
    throw new SetupError(
      `${label}: ${what} failed (${command} ${args.join(' ')}). All of its output: ${logFile}\n${end}`,
    );
  };
  try {
    // Downloads, checks against the signed index, unpacks and applies Debian's patches.
    step('the download', 'apt-get', [
      ...['source', '-q', ...archive.options, '--only-source'],
      `${product}=${debianVersion}`,
    ]);
    const [source] = readdirSync(work, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    if (source === undefined) throw new SetupError(`${label}: nothing was unpacked in ${work}; see ${logFile}`);
    const programs = [`${product}-server`, `${product}-cli`];
    const settings = ['MALLOC=libc', 'BUILD_TLS=no', 'USE_SYSTEMD=no', 'OPTIMIZATION=-O2'];
    const src = join(source.name, 'src');
    step('the build', 'nice', ['make', '-C', src, `-j${availableParallelism()}`, ...settings, ...programs]);
    const bin = join(work, 'install', 'bin');
    mkdirSync(bin, { recursive: true });
    for (const program of programs) cpSync(join(work, src, program), join(bin, program));
    // With its folder first on the PATH, everything that starts redis-server starts this one.
    if (product !== 'redis') symlinkSync(programs[0], join(bin, 'redis-server'));
    const said = run(join(bin, programs[0]), ['--version'], { cwd: work }).output;
    if (!said.includes(`v=${version} `)) throw new SetupError(`${label}: the server built says it is: ${said.trim()}`);
    keep(join(work, 'install'), label);
  } finally {
    closeSync(log);
  }
}

/** The work may lie on another disk: copied beside its place first, then it appears at once. */
function keep(built, label) {
  const place = join(cache, label);
  const beside = mkdtempSync(join(cache, '.new-'));
  try {
    cpSync(built, beside, { recursive: true, verbatimSymlinks: true });
    rmSync(place, { recursive: true, force: true });
    renameSync(beside, place);
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
}

// ---------------------------------------------------------------- Debian's archive

/** The source packages of the archive, and the options with which apt reads it, apart from the machine's own state. */
function readArchive(folder) {
  const mirror = findMirror(folder);
  for (const part of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(folder, part), { recursive: true });
  const sourceList = join(folder, 'sources.list');
  const line = (suite) => `deb-src [signed-by=${keyring}] ${mirror} ${suite} main\n`;
  writeFileSync(sourceList, suites.map(line).join(''));
  const options = Object.entries({
    'Dir::Etc::SourceList': sourceList,
    'Dir::Etc::SourceParts': '-',
    'Dir::State::Lists': join(folder, 'lists'),
    'Dir::Cache': join(folder, 'cache'),
    'Acquire::Retries': '3',
  }).flatMap(([option, value]) => ['-o', `${option}=${value}`]);
  say(`reading the index of source packages at ${mirror}`);
  const update = run('apt-get', ['update', '-q', ...options], { cwd: folder, env: { LC_ALL: 'C' } });
  const complaints = update.output.split('\n').filter((text) => /^[EW]:|^Err/.test(text));
  const sources = ['redis', 'valkey'].flatMap((product) => {
    const shown = run('apt-cache', ['showsrc', ...options, '--only-source', product], { cwd: folder });
    return [...shown.stdout.matchAll(/^Version: (.*)$/gm)].map(([, debianVersion]) => ({
      product,
      debianVersion,
      // Epoch and Debian's own revision left out; no candidates of releases.
      version: /^(?:\d+:)?(\d+\.\d+\.\d+)(?:\+[^-~]*)?-[^-]+$/.exec(debianVersion)?.[1],
    }));
  });
  return { mirror, options, complaints: complaints.join('\n'), sources: sources.filter(({ version }) => version) };
}

/** Where the machine's own apt gets Debian from. */
function findMirror(cwd) {
  if (!onPath('apt-get')) {
    throw new SetupError(`no apt-get on the PATH. Build by hand and put the programs into ${cache}/NAME-VERSION/bin`);
  }
  const format = '$(RELEASE) $(COMPONENT) $(REPO_URI)';
  const targets = run('apt-get', ['indextargets', '--format', format, 'Created-By: Packages'], { cwd });
  const ofDebian = /^(?:old|oldold)?(?:stable|testing|unstable|sid|bullseye|bookworm|trixie|forky) main (\S+)$/m;
  const [, mirror] = ofDebian.exec(targets.output) ?? [];
  if (mirror !== undefined) return mirror;
  throw new SetupError('no apt source of this machine is a Debian archive; add one to /etc/apt/sources.list.d');
}

function say(text) {
  console.log(`servers: ${text}`);
}
