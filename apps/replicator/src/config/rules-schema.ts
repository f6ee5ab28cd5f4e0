/**
 * The shape of `policies`, `filters` and `direction`. Keys of Redis are bytes: globs are taken as UTF-8.
 */
import {
  commandTable,
  type Direction,
  type FilterRule,
  type Filters,
  globProblem,
  type Policy,
  type PolicyRule,
  toByteString,
} from '@entwine/core';
import { z } from 'zod';
import type { Config } from './config.ts';
import { integer, oneOf, Refusal, scalar, section } from './schema-parts.ts';

/** Databases are numbered up to here. */
const lastDatabase = 2 ** 31 - 1;

const glob = scalar<string>((text) => {
  const pattern = toByteString(new TextEncoder().encode(text));
  const problem = globProblem(pattern);
  return problem === undefined
    ? pattern
    : new Refusal(
        problem,
        'Write a glob as KEYS takes it: * ? [a-z] [^a], and \\ before a byte that stands for itself.',
      );
});

/** One value, or a list of them. */
function oneOrMore<T>(of: z.ZodType<T>): z.ZodType<readonly T[]> {
  return z.preprocess(
    (value) => (typeof value === 'string' ? [value] : value),
    z.array(of).min(1, 'has no entry'),
  ) as unknown as z.ZodType<readonly T[]>;
}

const databases = oneOrMore(integer(0, lastDatabase));

const policyWords = 'Write local, lww, { home: SITE }, { counter: merge } or { counter: lww }.';

/** A word, or a section of one key. */
const policy: z.ZodType<Policy> = z.unknown().transform((value, context): Policy => {
  const found = policyOf(value);
  if (found !== undefined) return found;
  context.addIssue({
    code: 'custom',
    message: value === undefined ? 'is required' : 'is no policy',
    params: { remedy: policyWords },
  });
  return z.NEVER;
}) as unknown as z.ZodType<Policy>;

function policyOf(value: unknown): Policy | undefined {
  if (value === 'local' || value === 'lww') return value;
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 1) return undefined;
  const { home, counter } = value as Record<string, unknown>;
  if (typeof home === 'string' && home !== '') return { home };
  return counter === 'merge' || counter === 'lww' ? { counter } : undefined;
}

/** A command as it stands in the stream. One that servers propagate as another would never be met. */
const command = scalar<string>((text) => {
  const name = text.toUpperCase().replace(' ', '|');
  const row = commandTable.get(name);
  const isGroup = [...commandTable.keys()].some((known) => known.startsWith(`${name}|`));
  if (row === undefined && !isGroup)
    return new Refusal(
      `${/^[A-Z0-9.|_-]{1,64}$/.test(name) ? name : 'it'} is no write command that is known`,
      'Name a command as docs/compatibility.md lists it.',
    );
  return row?.arrives === undefined
    ? name
    : new Refusal(
        `${name} never stands in the stream: servers propagate it as ${row.arrives.replaceAll('`', '')}`,
        'Name what is propagated.',
      );
});

const action = oneOf<FilterRule['action']>(['allow', 'deny']);
const about = { keys: oneOrMore(glob).optional(), databases: databases.optional(), action };

/** Ops that arrive have no command's name: `commands` is refused with that reason, rather than as unknown. */
const noCommands = z.unknown().transform((value, context): undefined => {
  if (value === undefined) return undefined;
  context.addIssue({
    code: 'custom',
    message: 'is only for filters.out: what arrives from other sites is no command any more',
    params: { remedy: 'Name keys or databases, or filter by command going out, at the other sites.' },
  });
  return z.NEVER;
});

export const policiesSchema: z.ZodType<readonly PolicyRule[]> = z
  .array(section({ keys: oneOrMore(glob), databases: databases.optional(), policy }))
  .default([]) as unknown as z.ZodType<readonly PolicyRule[]>;

export const filtersSchema: z.ZodType<Filters> = section({
  out: z.array(section({ ...about, commands: oneOrMore(command).optional() })).default([]),
  in: z.array(section({ ...about, commands: noCommands.optional() })).default([]),
}).prefault({}) as unknown as z.ZodType<Filters>;

export const directionSchema: z.ZodType<Direction> = oneOf<Direction>(['both', 'send', 'receive']).default(
  'both',
) as unknown as z.ZodType<Direction>;

type Report = (path: readonly PropertyKey[], message: string, remedy: string) => void;

/** What of the rules depends on the sites. */
export function checkRules(whole: Omit<Config, 'file'>, report: Report): void {
  const sites = [whole.site, ...whole.peers.map(({ site }) => site)];
  whole.policies.forEach(({ policy: one }, index) => {
    if (typeof one !== 'object' || !('home' in one)) return;
    const path = ['policies', index, 'policy', 'home'];
    if (!sites.includes(one.home))
      report(path, `no site is called "${one.home}"`, `Name this site or one of peers: ${sites.join(', ')}.`);
    else if (one.home === whole.site && whole.direction === 'receive')
      report(
        path,
        'this site, which only receives, cannot be the home of keys',
        'Name a site that sends, or change direction.',
      );
  });
}
