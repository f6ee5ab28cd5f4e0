/**
 * What was evicted where, and what may differ because of it: a key that a site has evicted may be absent there, and what is
 * there of it must be whole, unless the site has written to it itself. An eviction that its replicator has not seen, or has not
 * committed before it died, counts as a delete (docs/guarantees.md, G7): it takes away everywhere what its site had seen.
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
  /** Where it stands in the server's stream: the end of it. */
  readonly end: number;
  /** Whether it was not heard of; or it, or an earlier one, was a delete. */
  readonly wasMissed: boolean;
  /** Whether the site has written to the key itself since, as its server may have it. */
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
    const before = sites.get(site);
    const wasMissed = !site.hearsEvents || (before !== undefined && wasDelete(site, before));
    site.redis.evict(db, key);
    const life = site.isRunning && !site.hasRival ? site.lives : 0;
    // A replica that is behind may become the master with what stood there before.
    const isAlone = before?.isAlone === true && site.servers.hasReplica;
    sites.set(site, { life, end: site.redis.log.end, wasMissed, isAlone });
  }

  /** A site executes a command: what it writes to a key that it has evicted stands alone there. */
  executed(site: SimSite, words: readonly string[]): void {
    for (const [id, sites] of this.#evicted) {
      const eviction = sites.get(site);
      if (eviction === undefined) continue;
      if (words.includes(JSON.parse(id.slice(id.indexOf(' ') + 1)) as string)) eviction.isAlone = true;
    }
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
    return readAgain.some((name) => situations.has(name)) || [...sites].some((one) => wasDelete(...one));
  }

  /** Sites whose content is to be the same as the others'. @param id - `DB "KEY"` */
  comparable(id: string, held: readonly HeldAt[]): readonly HeldAt[] {
    const sites = this.#evicted.get(id);
    if (sites === undefined) return held;
    return held.filter(([site, text]) => {
      const eviction = sites.get(site);
      return eviction === undefined || (text !== absent && !eviction.isAlone);
    });
  }
}

/** Whether an eviction may have passed for a delete: it was read by nobody yet, or read again, or events were missed. */
function wasDelete(site: SimSite, { life, end, wasMissed }: Eviction): boolean {
  if (wasMissed || life === 0 || site.hasMissedEvents) return true;
  return site.begins.slice(life).some((begin) => begin === undefined || begin < end);
}

function idOf(db: number, key: string): string {
  return `${db} ${JSON.stringify(key)}`;
}
