/**
 * The rules of the workspace: who may import whom, what the core may not touch, what every source file and manifest holds.
 *
 * Each rule is a function of the workspace to the problems it finds, each a sentence with its place. A new package is
 * entered into `picture` before anything else.
 */
import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import { lineAt, type ModuleReference } from './source-scan.ts';
import type { Manifest, Package, SourceFile, Workspace } from './workspace.ts';

export interface Rule {
  readonly name: string;
  readonly check: (workspace: Workspace) => string[];
}

/** What the shipped code of a package may import. */
interface Allowed {
  readonly workspace: readonly string[];
  readonly libraries: readonly string[];
  readonly node: boolean;
}

const adapter = ['@entwine/core', '@entwine/rdb'];

/** The packages, and the direction in which they depend on each other. Apps may import every package but the testkit. */
const picture: Readonly<Record<string, Allowed>> = {
  '@entwine/core': { workspace: [], libraries: [], node: false },
  '@entwine/rdb': { workspace: [], libraries: [], node: false },
  '@entwine/engine': { workspace: ['@entwine/core', '@entwine/rdb'], libraries: [], node: false },
  '@entwine/redis': { workspace: adapter, libraries: ['ioredis'], node: true },
  '@entwine/log-lmdb': { workspace: adapter, libraries: ['lmdb'], node: true },
  '@entwine/transport-direct': { workspace: adapter, libraries: [], node: true },
  '@entwine/testkit': { workspace: [...adapter, '@entwine/engine'], libraries: [], node: true },
};

/** Names of the environment that the core may not use; the linter denies them too. */
const ambient = [
  ...['Date', 'performance', 'process', 'Buffer', 'global', 'globalThis', 'console', 'crypto', 'fetch', 'require'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'clearImmediate', 'queueMicrotask'],
];

/** More lines than this in one shipped file are too many. */
const longestFile = 400;

export const rules: readonly Rule[] = [
  { name: 'the core depends on nothing', check: coreDependsOnNothing },
  { name: 'the core reads no clock, no randomness and nothing ambient', check: coreReadsNothingAmbient },
  { name: 'packages import only what the picture allows', check: importsFollowThePicture },
  { name: 'nothing that ships imports the testkit', check: nothingShipsTheTestkit },
  { name: 'relative imports stay in their package and lead to a file', check: relativeImportsStay },
  { name: 'no source file is dead', check: noFileIsDead },
  { name: 'what is imported is declared', check: importsAreDeclared },
  { name: 'what is declared is used', check: declarationsAreUsed },
  { name: 'an index holds named exports only', check: indexesExportByName },
  { name: 'source files open with a doc comment', check: filesOpenWithAComment },
  { name: `source files have at most ${longestFile} lines`, check: filesAreShort },
  { name: 'published manifests are complete', check: manifestsAreComplete },
  { name: 'docs/dependencies.md lists every dependency and no other', check: dependenciesAreDocumented },
];

// ---------------------------------------------------------------- the core

function coreDependsOnNothing({ packages }: Workspace): string[] {
  return packages
    .filter(isCore)
    .flatMap((pkg) => [
      ...declared(pkg.manifest, 'ships').map((name) => `${pkg.dir}/package.json depends on ${name}`),
      ...shipped(pkg).flatMap((file) =>
        file.scan.references
          .filter((reference) => !isRelative(reference.specifier))
          .map((reference) => `${place(pkg, file, reference)} imports ${reference.specifier ?? 'a computed name'}`),
      ),
    ]);
}

function coreReadsNothingAmbient({ packages }: Workspace): string[] {
  // Not after a dot (a member of something), nor before a colon where a key, a parameter or a member is declared.
  const names = new RegExp(`(?<![\\w$#]|(?<!\\.\\.)\\.)(?:${ambient.join('|')})(?![\\w$])`, 'g');
  const declares = (code: string, at: number, name: string): boolean =>
    /^\s*\??:/.test(code.slice(at + name.length)) && /(?:[{,;(]|\breadonly)\s*$/.test(code.slice(0, at));
  return packages.filter(isCore).flatMap((pkg) =>
    shipped(pkg).flatMap((file) => {
      const { code } = file.scan;
      const words = [...code.matchAll(names)].filter((match) => !declares(code, match.index, match[0]));
      const randoms = [...code.matchAll(/(?<![\w$])Math\s*(?:\?\s*)?\.\s*random\b|(?<![\w$.])Math\s*\[/g)];
      const indirect = [...code.matchAll(/(?<![\w$.])import\s*\.\s*meta\b|(?<![\w$.])(?:eval|Function)\s*\(/g)];
      return [...words, ...randoms, ...indirect].map(
        (match) => `${pkg.dir}/${file.path}:${lineAt(code, match.index)} uses ${match[0].replace(/\s/g, '')}`,
      );
    }),
  );
}

// ---------------------------------------------------------------- borders

function importsFollowThePicture({ packages }: Workspace): string[] {
  const names = packages.map((pkg) => pkg.manifest.name);
  return packages.filter(inPackages).flatMap((pkg) => {
    const allowed = picture[pkg.manifest.name];
    if (allowed === undefined)
      return [`${pkg.dir}: ${pkg.manifest.name} is not in the picture (test/workspace/rules.ts)`];
    return shipped(pkg).flatMap((file) =>
      file.scan.references.flatMap((reference) => {
        const { specifier } = reference;
        if (isRelative(specifier) || reference.how === 'url') return [];
        const where = place(pkg, file, reference);
        if (specifier === undefined) return [`${where} imports a computed name`];
        if (isBuiltin(specifier)) return allowed.node ? [] : [`${where} imports ${specifier}`];
        const name = packageName(specifier);
        const permitted = names.includes(name) || name.startsWith('@entwine/') ? allowed.workspace : allowed.libraries;
        return permitted.includes(name) ? [] : [`${where} imports ${specifier}`];
      }),
    );
  });
}

function nothingShipsTheTestkit({ packages }: Workspace): string[] {
  return packages
    .filter((pkg) => pkg.dir !== 'test' && pkg.manifest.name !== '@entwine/testkit')
    .flatMap((pkg) => [
      ...declared(pkg.manifest, 'ships')
        .filter((name) => name === '@entwine/testkit')
        .map((name) => `${pkg.dir}/package.json depends on ${name}`),
      ...shipped(pkg).flatMap((file) =>
        file.scan.references
          .filter(({ specifier }) => specifier !== undefined && packageName(specifier) === '@entwine/testkit')
          .map((reference) => `${place(pkg, file, reference)} imports ${reference.specifier}`),
      ),
    ]);
}

function relativeImportsStay({ packages }: Workspace): string[] {
  return packages
    .filter((pkg) => pkg.dir !== 'test')
    .flatMap((pkg) =>
      pkg.files.flatMap((file) =>
        file.scan.references.flatMap((reference) => {
          const { specifier } = reference;
          if (!isRelative(specifier)) return [];
          const target = resolve(file, specifier!);
          const where = `${place(pkg, file, reference)} names ${specifier}`;
          // What is not built may reach out; a private app may find the repository by its own place.
          const isBuilt = file.kind === 'shipped' || (file.kind === 'testing' && file.path.startsWith('src/'));
          const free = !isBuilt || (reference.how === 'url' && pkg.manifest.private === true);
          if (target.startsWith('..')) return free ? [] : [`${where}, outside its package`];
          if (reference.how === 'url' || !target.endsWith('.ts')) return [];
          return pkg.files.some((other) => other.path === target) ? [] : [`${where}, which does not exist`];
        }),
      ),
    );
}

/** Alive: reachable from index.ts, main.ts or a `bin`; helpers of tests also from a test. */
function noFileIsDead({ packages }: Workspace): string[] {
  return packages
    .filter((pkg) => pkg.dir !== 'test')
    .flatMap((pkg) => {
      const { bin = {} } = pkg.manifest;
      const bins = (typeof bin === 'string' ? [bin] : Object.values(bin)).map((path) =>
        path.replace(/^(?:\.\/)?dist\//, 'src/').replace(/\.js$/, '.ts'),
      );
      const fromEntries = reachable(pkg, ['src/index.ts', 'src/main.ts', ...bins]);
      const tests = pkg.files.filter((file) => file.kind === 'test').map((file) => file.path);
      const fromTests = reachable(pkg, [...fromEntries, ...tests]);
      return pkg.files
        .filter((file) => file.kind !== 'test')
        .filter((file) => !(file.kind === 'testing' ? fromTests : fromEntries).has(file.path))
        .map((file) => `${pkg.dir}/${file.path} is reachable from no entry`);
    });
}

function reachable(pkg: Package, from: readonly string[]): Set<string> {
  const seen = new Set<string>();
  const open = [...from];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const file = pkg.files.find((one) => one.path === path);
    if (file === undefined || seen.has(path)) continue;
    seen.add(path);
    for (const { specifier } of file.scan.references) if (isRelative(specifier)) open.push(resolve(file, specifier!));
  }
  return seen;
}

// ---------------------------------------------------------------- dependencies

function importsAreDeclared({ packages, root }: Workspace): string[] {
  return packages.flatMap((pkg) => {
    const ships = declared(pkg.manifest, 'ships');
    const tests = [...declared(pkg.manifest, 'all'), ...declared(root, 'all'), pkg.manifest.name];
    return pkg.files.flatMap((file) =>
      file.scan.references.flatMap((reference) => {
        const name = libraryOf(reference);
        if (name === undefined) return [];
        const known = file.kind === 'shipped' ? ships : tests;
        return known.includes(name) ? [] : [`${place(pkg, file, reference)} imports ${name}, which is not declared`];
      }),
    );
  });
}

/** A package with nothing in it yet may declare what it is going to use. */
function declarationsAreUsed({ packages }: Workspace): string[] {
  return packages.flatMap((pkg) => {
    const started =
      pkg.files.some((file) => file.kind !== 'test' && file.path !== 'src/index.ts') || pkg.dir === 'test';
    if (!started) return [];
    const usedBy = (kinds: readonly string[]): Set<string | undefined> =>
      new Set(
        pkg.files.filter((file) => kinds.includes(file.kind)).flatMap((file) => file.scan.references.map(libraryOf)),
      );
    const ships = usedBy(pkg.dir === 'test' ? ['test'] : ['shipped']);
    const all = usedBy(['shipped', 'testing', 'test']);
    const isUsed = (name: string): boolean => all.has(name.replace(/^@types\//, '')) || name === '@types/node';
    return [
      ...declared(pkg.manifest, 'ships').filter((name) => !ships.has(name)),
      ...Object.keys(pkg.manifest.devDependencies ?? {}).filter((name) => !isUsed(name)),
    ].map((name) => `${pkg.dir}/package.json declares ${name}, which it does not use`);
  });
}

function dependenciesAreDocumented({ packages, root, dependenciesDoc }: Workspace): string[] {
  const inManifests = new Set(
    [root, ...packages.map((pkg) => pkg.manifest)]
      .flatMap((manifest) => declared(manifest, 'all'))
      .filter((name) => !name.startsWith('@entwine/')),
  );
  const inDocument = new Set([...dependenciesDoc.matchAll(/^\| `([^`]+)` \| \S.* \|$/gm)].map((match) => match[1]!));
  return [
    ...[...inManifests].filter((name) => !inDocument.has(name)).map((name) => `${name} is not in docs/dependencies.md`),
    ...[...inDocument]
      .filter((name) => !inManifests.has(name))
      .map((name) => `docs/dependencies.md lists ${name}, which nothing depends on`),
  ];
}

// ---------------------------------------------------------------- files and manifests

/** `export { a } from './a.ts';`, types included, and comments; an index that exports nothing yet is `export {};`. */
function indexesExportByName({ packages }: Workspace): string[] {
  return packages.filter(isPublished).flatMap((pkg) => {
    const index = pkg.files.find((file) => file.path === 'src/index.ts');
    if (index === undefined) return [`${pkg.dir} has no src/index.ts`];
    const rest = index.scan.code
      .replace(/\bexport\s+(?:type\s+)?\{[\w$\s,]*\}(?:\s*from\s*['"]\s*['"])?\s*;/g, '')
      .trim();
    return rest === '' ? [] : [`${pkg.dir}/src/index.ts holds more than named exports: ${rest.split('\n')[0]}`];
  });
}

function filesOpenWithAComment({ packages }: Workspace): string[] {
  return packages.flatMap((pkg) =>
    shipped(pkg)
      .filter((file) => file.path !== 'src/index.ts')
      .filter((file) => !file.text.replace(/^#!.*\n/, '').startsWith('/**'))
      .map((file) => `${pkg.dir}/${file.path} does not open with a doc comment`),
  );
}

function filesAreShort({ packages }: Workspace): string[] {
  return packages.flatMap((pkg) =>
    shipped(pkg)
      .map((file) => ({ file, lines: file.text.replace(/\n$/, '').split('\n').length }))
      .filter(({ lines }) => lines > longestFile)
      .map(({ file, lines }) => `${pkg.dir}/${file.path} has ${lines} lines`),
  );
}

function manifestsAreComplete({ packages, root }: Workspace): string[] {
  const licence = root.license === 'MIT' ? [] : ['package.json: the license is not MIT'];
  const published = packages.filter(isPublished);
  return [
    ...licence,
    ...published.flatMap(({ dir, manifest }) => {
      const wrong: [boolean, string][] = [
        [manifest.license !== 'MIT', 'the license is not MIT'],
        [manifest.type !== 'module', 'the type is not module'],
        [manifest.engines?.node !== '>=22.12', 'engines.node is not >=22.12'],
        [
          ['dist', 'README.md', 'LICENSE'].some((file) => manifest.files?.includes(file) !== true),
          'files are incomplete',
        ],
        [manifest.publishConfig?.access !== 'public', 'publishConfig.access is not public'],
        [conditions(manifest.exports) !== '@entwine/source types default', 'exports are not source, types, default'],
        [conditions(manifest.publishConfig?.exports) !== 'types default', 'published exports are not types, default'],
      ];
      return wrong.filter(([is]) => is).map(([, what]) => `${dir}/package.json: ${what}`);
    }),
  ];
}

// ---------------------------------------------------------------- helpers

const builtins = new Set(builtinModules);

function isCore(pkg: Package): boolean {
  return pkg.manifest.name === '@entwine/core';
}

function inPackages(pkg: Package): boolean {
  return pkg.dir.startsWith('packages/');
}

function isPublished(pkg: Package): boolean {
  return pkg.manifest.private !== true;
}

function shipped(pkg: Package): SourceFile[] {
  return pkg.files.filter((file) => file.kind === 'shipped');
}

function place(pkg: Package, file: SourceFile, reference: ModuleReference): string {
  return `${pkg.dir}/${file.path}:${reference.line}`;
}

function isRelative(specifier: string | undefined): boolean {
  return specifier !== undefined && /^\.\.?(?:\/|$)/.test(specifier);
}

function isBuiltin(specifier: string): boolean {
  return specifier.startsWith('node:') || builtins.has(specifier);
}

/** The package a specifier belongs to: `@a/b/c` is of `@a/b`, `a/b` of `a`. */
function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The package a reference leads to, if it leaves its own and is not Node's. */
function libraryOf({ specifier, how }: ModuleReference): string | undefined {
  if (specifier === undefined || how === 'url' || isRelative(specifier) || isBuiltin(specifier)) return undefined;
  return packageName(specifier);
}

function resolve(file: SourceFile, specifier: string): string {
  return posix.normalize(posix.join(posix.dirname(file.path), specifier));
}

function declared(manifest: Manifest, which: 'ships' | 'all'): string[] {
  const { dependencies, peerDependencies, optionalDependencies, devDependencies } = manifest;
  const dev = which === 'all' ? devDependencies : {};
  return Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies, ...dev });
}

/** The conditions of every exported path, in order; the same for each path or they are told apart by `/`. */
function conditions(exports: Readonly<Record<string, unknown>> | undefined): string {
  const lists = Object.values(exports ?? {}).map((target) => Object.keys(Object(target)).join(' '));
  return [...new Set(lists)].join(' / ');
}
