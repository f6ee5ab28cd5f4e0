/** Who we are in a handshake, and the shape of names. */
import type { DirectPeer } from '../direct-options.ts';
import type { VersionRange } from './version-range.ts';

/** What both handshakes need to know of this side. */
export interface Identity {
  readonly site: string;
  readonly shard: string;
  readonly deployment: string;
  readonly priority: number;
  /** A digest of the policies, told to who reads our log; '': none. */
  readonly policies: string;
  readonly entrySchema: VersionRange;
  readonly token: string | undefined;
  readonly peers: ReadonlyMap<string, DirectPeer>;
  /** Priorities by site: our own, those declared, and those that peers have proven to have. */
  readonly priorities: Map<string, number>;
}

/** Whether a text is a site id. */
export function isSiteId(text: unknown): text is string {
  return typeof text === 'string' && /^[a-z0-9-]{1,32}$/.test(text);
}

/** Whether a text may name a shard, a deployment or an incarnation. */
export function isName(text: unknown): text is string {
  return typeof text === 'string' && /^[A-Za-z0-9_.-]{1,64}$/.test(text);
}
