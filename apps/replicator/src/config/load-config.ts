/**
 * From a file to a `Config`, or to a `ConfigError` that lists every problem with its line and remedy.
 *
 * Order: read, parse YAML, put in `${…}`, validate by the schema, make paths absolute (relative ones start at the file's
 * folder). Files named for TLS are not opened here. No message holds a value of a secret key.
 */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { nearestName, suggestName } from '../nearest-name.ts';
import type { Config } from './config.ts';
import { ConfigError, type ConfigProblem } from './config-error.ts';
import { findConfigKey } from './config-keys.ts';
import { configSchema, httpSchema } from './config-schema.ts';
import { substitute } from './substitute.ts';
import { parseYaml, type YamlTree } from './yaml-text.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads, substitutes and validates the file.
 * @throws ConfigError
 */
export function loadConfig(file: string, env: Environment = process.env): Config {
  const path = resolve(file);
  const tree = readTree(path);
  const problems: ConfigProblem[] = [];
  const root = substituteAll(tree.root, [], { env, folder: dirname(path), tree, problems });
  const parsed = configSchema.safeParse(root ?? {}, { error: plainMessage });
  // A value that could not be put in is reported once, not again as missing.
  const reported = new Set(problems.map((problem) => problem.path));
  if (!parsed.success) {
    for (const problem of parsed.error.issues.flatMap((issue) => describeIssue(issue, tree))) {
      if (!reported.has(problem.path)) problems.push(problem);
    }
  }
  if (problems.length > 0 || !parsed.success) throw new ConfigError(file, sortByLine(problems));
  return withAbsolutePaths(path, parsed.data);
}

/**
 * Only where the HTTP server of a replicator listens: `status --config` works without the secrets of the file.
 * @throws ConfigError
 */
export function loadHttpConfig(file: string, env: Environment = process.env): Config['http'] {
  const path = resolve(file);
  const tree = readTree(path);
  const problems: ConfigProblem[] = [];
  const section = (tree.root as { http?: unknown } | undefined)?.http;
  const value = substituteAll(section, ['http'], { env, folder: dirname(path), tree, problems });
  const parsed = httpSchema.safeParse(value, { error: plainMessage });
  if (parsed.success && problems.length === 0) return parsed.data;
  const issues = parsed.success ? [] : parsed.error.issues.flatMap((issue) => describeIssue(issue, tree, ['http']));
  throw new ConfigError(file, problems.length > 0 ? problems : issues);
}

function readTree(path: string): YamlTree {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    const message = code === 'ENOENT' ? 'there is no such file' : `the file cannot be read (${code})`;
    throw new ConfigError(path, [{ path: '', line: null, message, remedy: 'Name a readable file with --config.' }]);
  }
  const parsed = parseYaml(text);
  if (!parsed.ok) throw new ConfigError(path, parsed.problems);
  return parsed.tree;
}

interface Substitution {
  readonly env: Environment;
  readonly folder: string;
  readonly tree: YamlTree;
  readonly problems: ConfigProblem[];
}

/** The same tree with every string substituted; a string that cannot be is reported and left as it is. */
function substituteAll(value: unknown, path: readonly PropertyKey[], context: Substitution): unknown {
  if (typeof value === 'string') {
    const result = substitute(value, context);
    if (result.ok) return result.text;
    const { message, remedy } = result;
    context.problems.push({ path: showPath(path), line: context.tree.lineOf(path), message, remedy });
    return value;
  }
  if (Array.isArray(value)) return value.map((item, index) => substituteAll(item, [...path, index], context));
  if (typeof value !== 'object' || value === null) return value;
  const out: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value)) {
    Object.defineProperty(out, name, { value: substituteAll(item, [...path, name], context), enumerable: true });
  }
  return out;
}

/** Messages for what zod finds by itself. It never looks at the value beyond its type. */
function plainMessage(issue: z.core.$ZodRawIssue): string {
  if (issue.code !== 'invalid_type') return 'is not valid';
  if (issue.input === undefined) return 'is required';
  if (issue.expected === 'string') return 'is a section or a list where a plain value belongs';
  if (issue.expected === 'array') return 'is not a list';
  return 'is not a section';
}

function describeIssue(issue: z.core.$ZodIssue, tree: YamlTree, prefix: readonly PropertyKey[] = []): ConfigProblem[] {
  const path = [...prefix, ...issue.path];
  const place = (at: readonly PropertyKey[]): { path: string; line: number | null } => ({
    path: showPath(at),
    line: tree.lineOf(at),
  });
  if (issue.code === 'unrecognized_keys') {
    const known = issue.message.split(' ');
    return issue.keys.map((name) => {
      const message = `unknown key "${showKey(name)}"`;
      return { path: showPath(path), line: tree.lineOf([...path, name]), message, remedy: suggestName(name, known) };
    });
  }
  if (issue.code === 'invalid_union') return [{ ...place(path), ...describeKind(path, tree) }];
  const remedy = issue.code === 'custom' ? (issue.params?.remedy as string | undefined) : undefined;
  return [{ ...place(path), message: issue.message, remedy: remedy ?? exampleRemedy(showPath(path)) }];
}

/** `link.security` is the only union; its `kind` chooses. */
function describeKind(path: readonly PropertyKey[], tree: YamlTree): { message: string; remedy: string } {
  const kinds = ['plain', 'token-tls', 'tls'];
  const given = path.reduce<unknown>((at, step) => (at as Record<PropertyKey, unknown> | undefined)?.[step], tree.root);
  if (typeof given !== 'string') return { message: 'is required', remedy: `Write one of: ${kinds.join(', ')}.` };
  const nearest = nearestName(given, kinds);
  const hint = nearest === undefined ? '' : `Did you mean "${nearest}"? `;
  return { message: 'is not one of the known kinds', remedy: `${hint}Write one of: ${kinds.join(', ')}.` };
}

function exampleRemedy(path: string): string {
  const entry = findConfigKey(path);
  return entry === undefined ? '' : `${entry.meaning}. For example: ${entry.example}`;
}

function showPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? String(step) : `${text}.${String(step)}`;
  }, '');
}

/** A key may be a misplaced value: only plain words are repeated. */
function showKey(name: string): string {
  return /^[A-Za-z0-9_.-]{1,32}$/.test(name) ? name : '…';
}

function sortByLine(problems: readonly ConfigProblem[]): ConfigProblem[] {
  return [...problems].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

function withAbsolutePaths(file: string, config: Omit<Config, 'file'>): Config {
  const at = (path: string): string => resolve(dirname(file), path);
  const files = <T extends object>(section: T): T => {
    const isFile = (name: string, value: unknown): value is string =>
      ['ca', 'cert', 'key'].includes(name) && typeof value === 'string';
    const entries = Object.entries(section).map(([name, value]) => [name, isFile(name, value) ? at(value) : value]);
    return Object.fromEntries(entries) as T;
  };
  return {
    ...config,
    file,
    log: { ...config.log, path: at(config.log.path) },
    redis: { ...config.redis, tls: config.redis.tls === undefined ? undefined : files(config.redis.tls) },
    link: { ...config.link, security: files(config.link.security) },
  };
}
