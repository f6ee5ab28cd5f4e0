/**
 * The workspace as data: manifests, source files and what each of them names. The rules in `rules.ts` are functions of
 * this, so that they run on the real workspace and on planted ones alike.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type SourceScan, scanSource } from './source-scan.ts';

/** The parts of a package.json that the rules read. */
export interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly license?: string;
  readonly type?: string;
  readonly engines?: Readonly<Record<string, string>>;
  readonly files?: readonly string[];
  readonly bin?: string | Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly publishConfig?: { readonly access?: string; readonly exports?: Readonly<Record<string, unknown>> };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** `shipped`: goes into the package. `testing`: helpers of tests, in src/testing or outside src. `test`: tests, and all of test/. */
export type FileKind = 'shipped' | 'testing' | 'test';

export interface SourceFile {
  /** Relative to the package, with forward slashes: `src/resp/decoder.ts`. */
  readonly path: string;
  readonly kind: FileKind;
  readonly text: string;
  readonly scan: SourceScan;
}

export interface Package {
  /** Relative to the root: `packages/core`, `apps/demo`, `test`. */
  readonly dir: string;
  readonly manifest: Manifest;
  readonly files: readonly SourceFile[];
}

export interface Workspace {
  readonly root: Manifest;
  readonly packages: readonly Package[];
  /** The text of docs/dependencies.md. */
  readonly dependenciesDoc: string;
}

/** A workspace given as text: path from the root to content. What planted workspaces are made of. */
export type Tree = Readonly<Record<string, string>>;

/** The workspace that a tree of texts describes. */
export function workspaceOf(tree: Tree): Workspace {
  const paths = Object.keys(tree).sort();
  const manifests = paths.filter((path) => /^(?:(?:packages|apps)\/[^/]+|test)\/package\.json$/.test(path));
  return {
    root: JSON.parse(tree['package.json']!) as Manifest,
    dependenciesDoc: tree['docs/dependencies.md'] ?? '',
    packages: manifests.map((path) => {
      const dir = path.slice(0, -'/package.json'.length);
      const sources = paths.filter((source) => source.startsWith(`${dir}/`) && /\.[cm]?tsx?$/.test(source));
      return {
        dir,
        manifest: JSON.parse(tree[path]!) as Manifest,
        files: sources.map((source) => fileOf(dir, source.slice(dir.length + 1), tree[source]!)),
      };
    }),
  };
}

/** Reads the tree of a workspace from disk: manifests, the document on dependencies, TypeScript sources. */
export function readTree(root: string): Tree {
  const tree: Record<string, string> = {};
  const add = (path: string): void => {
    if (existsSync(join(root, path))) tree[path] = readFileSync(join(root, path), 'utf8');
  };
  const walk = (dir: string): void => {
    for (const entry of readdirSync(join(root, dir), { withFileTypes: true })) {
      if (entry.name === 'node_modules' || entry.name === 'dist') continue;
      const path = `${dir}/${entry.name}`;
      if (entry.isDirectory()) walk(path);
      else if (/\.[cm]?tsx?$/.test(entry.name) || entry.name === 'package.json') add(path);
    }
  };
  add('package.json');
  add('docs/dependencies.md');
  for (const dir of ['packages', 'apps', 'test']) walk(dir);
  return tree;
}

function fileOf(dir: string, path: string, text: string): SourceFile {
  return { path, kind: kindOf(dir, path), text, scan: scanSource(text) };
}

function kindOf(dir: string, path: string): FileKind {
  if (dir === 'test' || /\.(?:test|bench)\.ts$/.test(path)) return 'test';
  return path.startsWith('src/') && !path.startsWith('src/testing/') ? 'shipped' : 'testing';
}
