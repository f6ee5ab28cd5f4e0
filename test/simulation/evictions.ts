/**
 * What was evicted where, and what may differ because of it: a key that a site has evicted may be absent there, and what is
 * there of it must be whole, unless the site has written to it itself. Only a replicator that has seen the eviction remembers it, as
 * long as it lives (docs/guarantees.md, G7).
 */
import type { SimSite } from './sim-site.ts';
import type { Situations } from './situations.ts';

/** A key's content at one site, as text. */
export type HeldAt = readonly [site: SimSite, text: string];

export const absent = 'absent';

/** After these, deletes are read again, or come with events of another server, and are not told apart. */
const readAgain = ['lost-source', 'failover', 'lost-master', 'server-restart'];

/** A site's last eviction of a key. */
interface Eviction {
  /** The life of the site's replicator then; 0: it did not run. */
  readonly life: number;
  /** Whether the site has written to the key itself since. */
  isAlone: boolean;
}

export class Evictions {
  /** By key, `DB "KEY"`. */
  readonly #evicted = new Map<string, Map<SimSite, Eviction>>();

  /** The server of a site evicts a key. */
  evict(site: SimSite, db: number, key: string): void {
    const id = idOf(db, key);
    const sites = this.#evicted.get(id) ?? new Map<SimSite, Eviction>();
    this.#evicted.set(id, sites);
    sites.set(site, { life: site.isRunning && !site.hasRival ? site.lives : 0, isAlone: false });
    site.redis.evict(db, key);
  }

  /** A site executes a command: what it writes to a key that it has evicted stands alone there. */
  executed(site: SimSite, words: readonly string[]): void {
    for (const [id, sites] of this.#evicted) {
      const eviction = sites.get(site);
      if (eviction === undefined) continue;
      if (words.includes(JSON.parse(id.slice(id.indexOf(' ') + 1)) as string)) eviction.isAlone = true;
    }
  }

  /** Whether a site has evicted a key, and its replicator no longer knows: what others add is all there is of it, without an expiry. */
  isForgotten(site: SimSite, db: number, key: string): boolean {
    const eviction = this.#evicted.get(idOf(db, key))?.get(site);
    return eviction !== undefined && eviction.life !== site.lives;
  }

  /**
   * Whether a site may lack what was added to a key for good, as a line tells: one that has evicted it; others where that could
   * not be told from a delete, and of a counter, to which was added while it was brought back.
   */
  mayLack(site: SimSite, line: string, situations: Situations): boolean {
    const [, key = '', type = ''] = /^(\S+) \(([a-z-]+)\) at /.exec(line) ?? [];
    const sites = this.#evicted.get(idOf(0, key));
    if (sites === undefined) return false;
    if (sites.has(site) || type.endsWith('count')) return true;
    return readAgain.some((name) => situations.has(name)) || [...sites.keys()].some(hasMissedEvents);
  }

  /** Sites whose content is to be the same as the others'. @param id - `DB "KEY"` */
  comparable(id: string, held: readonly HeldAt[]): readonly HeldAt[] {
    const sites = this.#evicted.get(id);
    if (sites === undefined) return held;
    return held.filter(([site, text]) => {
      const eviction = sites.get(site);
      return eviction === undefined || (text !== absent && !eviction.isAlone && eviction.life === site.lives);
    });
  }
}

/** Whether a site's replicator has missed events, or been started again. */
function hasMissedEvents(site: SimSite): boolean {
  return site.lives > 1 || site.status().alarms.some(({ name }) => name.startsWith('keyspace-events'));
}

function idOf(db: number, key: string): string {
  return `${db} ${JSON.stringify(key)}`;
}
