/**
 * The shape of the configuration file, as zod schemas over a tree of strings.
 *
 * Rules: every scalar arrives as text (YAML's failsafe schema), so a number may be written with or without quotes or come
 * from a variable. Nothing is looked up or read. Issues carry their remedy in `params.remedy`; an unknown key's issue
 * carries the names known there, separated by blanks, as its message (`load-config.ts` makes the sentence).
 */
import { type AuditOptions, defaultAudit, defaultLimits, type EngineLimits } from '@entwine/engine';
import { z } from 'zod';
import { type Address, formatAddress, isLoopback, parseAddress } from './address.ts';
import type { Capture, Config, Eviction, KeyspaceEventsMode, LinkSecurity, LogLevel } from './config.ts';
import { checkRules, directionSchema, filtersSchema, policiesSchema } from './rules-schema.ts';
import { flag, integer, matching, nonEmpty, oneOf, Refusal, scalar, section } from './schema-parts.ts';

const siteName = matching(
  /^[a-z0-9-]{1,32}$/,
  'is not 1 to 32 of a-z, 0-9 and -',
  'Use lower-case letters, digits and -.',
);
const file = nonEmpty('Name a file.');
const priority = integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);

const redisTls = section({
  ca: file.optional(),
  cert: file.optional(),
  key: file.optional(),
  servername: nonEmpty('Name a host.').optional(),
});

const redis = section({
  endpoints: z.array(address()).min(1, 'has no entry'),
  username: nonEmpty('Name an ACL user, or leave the key out.').optional(),
  password: nonEmpty('Give the password, or leave the key out.').optional(),
  tls: redisTls.optional(),
  capture: oneOf<Capture>(['auto', 'replica', 'master']).default('auto'),
  keyspaceEvents: oneOf<KeyspaceEventsMode>(['set', 'require', 'off']).default('set'),
  apply: address().optional(),
});

const token = z.string().min(16, 'is shorter than 16 characters');
const security: z.ZodType<LinkSecurity> = z.discriminatedUnion('kind', [
  section({ kind: z.literal('plain'), token: token.optional(), allowRemote: flag().default(false) }),
  section({ kind: z.literal('token-tls'), token, cert: file, key: file, ca: file }),
  section({ kind: z.literal('tls'), cert: file, key: file, ca: file }),
]) as unknown as z.ZodType<LinkSecurity>;

const peer = section({ site: siteName, priority, address: address() });

const httpDefault: Address = { host: '127.0.0.1', port: 7380 };

/** The `http` section alone; `status --config` needs nothing else of the file. */
export const httpSchema: z.ZodType<Config['http']> = section({
  listen: address(true).default(httpDefault),
  allowRemote: flag().default(false),
}).prefault({});

const limitNames = Object.keys(defaultLimits) as (keyof EngineLimits)[];
const limits = section(
  Object.fromEntries(limitNames.map((name) => [name, integer(1, Number.MAX_SAFE_INTEGER).optional()])),
);

/** The whole file. The output is a `Config` without `file`, its paths as written. */
export const configSchema: z.ZodType<Omit<Config, 'file'>> = section({
  site: siteName,
  shard: siteName.default('main'),
  priority,
  deployment: matching(
    /^[A-Za-z0-9._-]{1,64}$/,
    'is not 1 to 64 letters, digits, ., _ and -',
    'Use the same short name at every site.',
  ).default('entwine'),
  secret: z.string().min(16, 'is shorter than 16 characters'),
  redis,
  log: section({
    path: nonEmpty('Name a folder.'),
    maxBytes: integer(1024 * 1024, Number.MAX_SAFE_INTEGER).optional(),
  }),
  link: section({ listen: address(), security }),
  peers: z.array(peer).default([]),
  eviction: oneOf<Eviction>(['local', 'replicate']).default('local'),
  publish: flag().default(false),
  audit: section({
    values: oneOf<AuditOptions['values']>(['none', 'digest', 'full']).default(defaultAudit.values),
    maxValueBytes: integer(1, 1024 * 1024).default(defaultAudit.maxValueBytes),
  }).prefault({}),
  policies: policiesSchema,
  filters: filtersSchema,
  direction: directionSchema,
  http: httpSchema,
  limits: limits.prefault({}),
  logLevel: oneOf<LogLevel>(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
}).check(checkWhole) as unknown as z.ZodType<Omit<Config, 'file'>>;

type Whole = Omit<Config, 'file'>;
type Report = (path: readonly PropertyKey[], message: string, remedy: string) => void;

/** What no single key can tell: run only when every key by itself is right. */
function checkWhole(context: z.core.ParsePayload): void {
  const whole = context.value as Whole;
  const report: Report = (path, message, remedy) => {
    context.issues.push({ code: 'custom', input: undefined, path: [...path], message, params: { remedy } });
  };
  checkSites(whole, report);
  checkReach(whole, report);
  checkRules(whole, report);
  const tls = whole.redis.tls;
  if (tls !== undefined && (tls.cert === undefined) !== (tls.key === undefined)) {
    report(
      ['redis', 'tls', tls.cert === undefined ? 'cert' : 'key'],
      'is missing',
      'Give cert and key together, or neither.',
    );
  }
}

function checkSites(whole: Whole, report: Report): void {
  const sites = new Map([[whole.site, 'this site']]);
  const priorities = new Map([[whole.priority, 'this site']]);
  whole.peers.forEach((one, index) => {
    const sameSite = sites.get(one.site);
    if (sameSite !== undefined) {
      const who = sameSite === 'this site' ? 'is this site itself' : `already stands at ${sameSite}`;
      report(['peers', index, 'site'], `site "${one.site}" ${who}`, 'List every other site once.');
    }
    const samePriority = priorities.get(one.priority);
    if (samePriority !== undefined) {
      report(
        ['peers', index, 'priority'],
        `priority ${one.priority} is already taken by ${samePriority}`,
        'Give every site its own priority; it decides ties, so it must be the same in all files.',
      );
    }
    sites.set(one.site, `peers[${index}]`);
    priorities.set(one.priority, `peers[${index}]`);
  });
}

function checkReach(whole: Whole, report: Report): void {
  if (!isLoopback(whole.http.listen) && !whole.http.allowRemote) {
    report(
      ['http', 'listen'],
      `${formatAddress(whole.http.listen)} can be reached from other machines, and there is no password`,
      'Listen on 127.0.0.1, or add http.allowRemote: true.',
    );
  }
  if (whole.link.security.kind !== 'plain' || whole.link.security.allowRemote) return;
  const remote = 'Use kind: tls or token-tls, or add link.security.allowRemote: true on a network you trust.';
  if (!isLoopback(whole.link.listen)) {
    report(
      ['link', 'listen'],
      `a plain link on ${formatAddress(whole.link.listen)} can be read on the network`,
      remote,
    );
  }
  whole.peers.forEach((one, index) => {
    if (isLoopback(one.address)) return;
    report(
      ['peers', index, 'address'],
      `a plain link to ${formatAddress(one.address)} can be read on the network`,
      remote,
    );
  });
}

function address(allowAnyPort = false): ReturnType<typeof scalar<Address>> {
  return scalar<Address>((text) => {
    const parsed = parseAddress(text, allowAnyPort);
    return parsed.ok ? parsed.address : new Refusal(parsed.message, parsed.remedy);
  });
}
