/**
 * The rules of one site: what becomes of its own writes, which of other sites' ops it takes, what a flush spares.
 *
 * A site without rules has none of this (`siteRules` gives undefined): one check for each op is all that it costs.
 *
 * | key | own write | other site's op | flush by another site |
 * |---|---|---|---|
 * | `local` | nothing | dropped | spares it |
 * | `home` here | told | dropped | spares it |
 * | `home` elsewhere | undone | dropped, unless it is home's | spares it, unless it is home's |
 * | `counter: lww` | told by its result | taken | takes it away |
 * | denied going out | withheld | taken | takes it away |
 * | denied coming in | told | dropped | spares it |
 *
 * No answer is remembered: most patterns are a prefix, which is cheaper to compare than to look a key up.
 */
import type { ByteString } from '../bytes/byte-string.ts';
import type { Op } from '../entry/entry.ts';
import { reservedPrefix } from '../marker/marker.ts';
import { KeyRules } from './key-rules.ts';
import type { Direction, FilterRule, Filters, Policy, PolicyRule } from './rule.ts';

/**
 * What becomes of a write of this site's: `told` as ever; `result`: an increment by what it comes to; `withheld`: nobody is
 * told; `undone`: nobody is told, and home's value is brought back; `local`: it is none of anybody's business.
 */
export type Fate = 'told' | 'result' | 'withheld' | 'undone' | 'local';

/** A rule about what a flush spares, for the apply script. Of each list the first that matches counts. */
export interface FlushRule {
  readonly list: 1 | 2;
  readonly pattern: ByteString;
  readonly databases: readonly number[] | undefined;
  readonly spares: boolean;
}

/** Who has the rules, and what they are. */
export interface SiteRulesOptions {
  readonly site: string;
  readonly priority: number;
  readonly peers: readonly { readonly site: string; readonly priority: number }[];
  readonly policies?: readonly PolicyRule[] | undefined;
  readonly filters?: Filters | undefined;
  readonly direction?: Direction | undefined;
}

/** What a key holds at home is asked for under this name, when all of a database was flushed elsewhere. @param all - of every database. */
export function homeKeysOf(site: string, all: boolean): ByteString {
  return `${reservedPrefix}home ${site}${all ? ' *' : ''}}`;
}

/** The rules of a site; undefined when it has none. */
export function siteRules(options: SiteRulesOptions): SiteRules | undefined {
  const { policies = [], filters = {}, direction = 'both' } = options;
  const none = policies.length + (filters.in?.length ?? 0) + (filters.out?.length ?? 0) === 0;
  return none && direction === 'both' ? undefined : new SiteRules(options);
}

/** The rules of one site. */
export class SiteRules {
  readonly site: string;
  readonly direction: Direction;
  readonly #policies: KeyRules<PolicyRule>;
  readonly #in: KeyRules<FilterRule>;
  readonly #out: KeyRules<FilterRule>;
  readonly #options: SiteRulesOptions;
  readonly #priorities: ReadonlyMap<string, number>;

  constructor(options: SiteRulesOptions) {
    const { site, priority, peers, policies = [], filters = {}, direction = 'both' } = options;
    this.#options = options;
    this.site = site;
    this.direction = direction;
    this.#policies = new KeyRules(policies);
    this.#in = new KeyRules(filters.in ?? []);
    this.#out = new KeyRules(filters.out ?? []);
    this.#priorities = new Map([{ site, priority }, ...peers].map((one) => [one.site, one.priority]));
    for (const { policy } of policies) {
      const home = homeOf(policy);
      if (home !== undefined && !this.#priorities.has(home))
        throw new Error(`no site is called ${home}, which a policy names as home`);
    }
  }

  /** The policy of a key; undefined where no rule matches. */
  policyOf(db: number, key: ByteString): Policy | undefined {
    return this.#policies.isEmpty ? undefined : this.#policies.find(db, key)?.policy;
  }

  /** Priority of the site whose writes to a key count alone; undefined when all sites' do. */
  homeOf(db: number, key: ByteString): number | undefined {
    const home = homeOf(this.policyOf(db, key));
    return home === undefined ? undefined : this.#priorities.get(home);
  }

  /** Whether this site is the home of a key. */
  isHome(db: number, key: ByteString): boolean {
    return homeOf(this.policyOf(db, key)) === this.site;
  }

  /** What becomes of a write of ours. @param names - see `KeyRules.find`. */
  fateOf(db: number, key: ByteString, names?: readonly string[]): Fate {
    const policy = this.policyOf(db, key);
    if (policy === 'local') return 'local';
    const home = homeOf(policy);
    // A site that takes nothing could not be put right.
    if (home !== undefined && home !== this.site) return this.direction === 'send' ? 'withheld' : 'undone';
    if (this.direction === 'receive' || this.#out.find(db, key, names)?.action === 'deny') return 'withheld';
    return typeof policy === 'object' && 'counter' in policy && policy.counter === 'lww' ? 'result' : 'told';
  }

  /** Whether what is about no key goes out: a flush, a library, a message. @param db - undefined: of no database, or of all. */
  goesOut(db: number | undefined, names: readonly string[]): boolean {
    return this.direction !== 'receive' && this.#out.find(db, undefined, names)?.action !== 'deny';
  }

  /** Whether others may be told what a key holds here. */
  tells(db: number, key: ByteString): boolean {
    if (key.startsWith(reservedPrefix)) return true;
    const fate = this.fateOf(db, key);
    return fate === 'told' || fate === 'result';
  }

  /** Whether other sites' writes to a key are taken here, those that count. What is not taken has not been seen either. */
  takes(db: number, key: ByteString): boolean {
    return this.direction !== 'send' && this.#in.find(db, key)?.action !== 'deny';
  }

  /** Whether an op is not taken. @param priority - of the site it is from. */
  drops(op: Op, priority: number): boolean {
    const isOwn = priority === this.#options.priority;
    // A site that takes nothing compares nothing either: it could not be given what differs.
    if (!isOwn && this.direction === 'send') return op.type !== 'want';
    switch (op.type) {
      case 'flush':
        return !isOwn && this.#in.find(op.key === '*' ? undefined : op.db, undefined)?.action === 'deny';
      case 'library':
      case 'publish':
        return !isOwn && this.#in.find(undefined, undefined)?.action === 'deny';
      case 'want':
        return false;
      default:
        return !op.key.startsWith(reservedPrefix) && this.spares(op.db, op.key, priority);
    }
  }

  /** Whether a site's writes to a key do not count here; its flush spares the key. @param priority - the site's. */
  spares(db: number, key: ByteString, priority: number): boolean {
    if (key.startsWith(reservedPrefix)) return true;
    const policy = this.policyOf(db, key);
    if (policy === 'local') return true;
    const home = homeOf(policy);
    if (home !== undefined && this.#priorities.get(home) !== priority) return true;
    return priority !== this.#options.priority && !this.takes(db, key);
  }

  /** What a flush by another site spares, in order; undefined when that is nothing. @param priority - the site's. */
  sparedBy(priority: number): readonly FlushRule[] | undefined {
    const { policies = [], filters = {} } = this.#options;
    const rules: FlushRule[] = [];
    for (const { keys, databases, policy } of policies) {
      const home = homeOf(policy);
      const spares = policy === 'local' || (home !== undefined && this.#priorities.get(home) !== priority);
      for (const pattern of keys) rules.push({ list: 1, pattern, databases, spares });
    }
    for (const { keys = ['*'], databases, action } of filters.in ?? []) {
      for (const pattern of keys) rules.push({ list: 2, pattern, databases, spares: action === 'deny' });
    }
    return rules.some(({ spares }) => spares) ? rules : undefined;
  }

  /** The other sites that some keys have their home at. @param db - undefined: in any database. */
  homesElsewhere(db: number | undefined): readonly { readonly site: string; readonly priority: number }[] {
    const { policies = [] } = this.#options;
    const about = policies.filter(({ databases }) => db === undefined || (databases?.includes(db) ?? true));
    const sites = new Set(
      about.map(({ policy }) => homeOf(policy)).filter((home) => home !== undefined && home !== this.site),
    );
    return this.direction === 'send'
      ? []
      : [...sites].map((site) => ({ site: site!, priority: this.#priorities.get(site!)! }));
  }

  /** Globs of the keys whose home this site is, in a database; more keys may match than are at home here. */
  homePatterns(db: number): readonly ByteString[] {
    const { policies = [] } = this.#options;
    return policies
      .filter(({ policy, databases }) => homeOf(policy) === this.site && (databases?.includes(db) ?? true))
      .flatMap(({ keys }) => keys);
  }
}

function homeOf(policy: Policy | undefined): string | undefined {
  return typeof policy === 'object' && 'home' in policy ? policy.home : undefined;
}
