/**
 * The configuration of one replicator after validation: plain data, defaults filled in, paths absolute, addresses parsed.
 */
import type { Direction, Filters, PolicyRule } from '@entwine/core';
import type { AuditOptions, EngineLimits } from '@entwine/engine';
import type { Address } from './address.ts';

/** How much is logged. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** Which server of the shard is read: a replica, the master, or a replica where there is one. */
export type Capture = 'auto' | 'replica' | 'master';

/** Whether expiries and evictions are told from deletes, and whether the master's setting is seen to for it. */
export type KeyspaceEventsMode = 'set' | 'require' | 'off';

/** Whether an eviction is a site's own business, or deletes everywhere what the site had seen. */
export type Eviction = 'local' | 'replicate';

/** TLS towards Redis. Paths of PEM files; all absent: the system's authorities, no client certificate. */
export interface RedisTls {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly servername?: string | undefined;
}

/** How the link between replicators is protected. Certificates and keys are paths of PEM files. */
export type LinkSecurity =
  | { readonly kind: 'plain'; readonly token?: string | undefined; readonly allowRemote: boolean }
  | {
      readonly kind: 'token-tls';
      readonly token: string;
      readonly cert: string;
      readonly key: string;
      readonly ca: string;
    }
  | { readonly kind: 'tls'; readonly cert: string; readonly key: string; readonly ca: string };

/** Another site. */
export interface PeerConfig {
  readonly site: string;
  readonly priority: number;
  readonly address: Address;
}

/** Everything that `entwine run` needs to know. */
export interface Config {
  /** Absolute path of the file this came from. */
  readonly file: string;
  readonly site: string;
  readonly shard: string;
  readonly priority: number;
  readonly deployment: string;
  readonly secret: string;
  readonly redis: {
    readonly endpoints: readonly Address[];
    readonly username?: string | undefined;
    readonly password?: string | undefined;
    readonly tls?: RedisTls | undefined;
    readonly capture: Capture;
    readonly keyspaceEvents: KeyspaceEventsMode;
    /** Where apply scripts are sent instead of the discovered master. */
    readonly apply?: Address | undefined;
  };
  readonly log: { readonly path: string; readonly maxBytes?: number | undefined };
  readonly link: { readonly listen: Address; readonly security: LinkSecurity };
  readonly peers: readonly PeerConfig[];
  readonly eviction: Eviction;
  /** Whether messages (PUBLISH, SPUBLISH) of this site reach the others. */
  readonly publish: boolean;
  /** What of conflicts is kept. */
  readonly audit: AuditOptions;
  /** What becomes of writes by key; globs as byte strings. */
  readonly policies: readonly PolicyRule[];
  /** What leaves this site, and what enters it. */
  readonly filters: Filters;
  /** Whether this site sends its writes, receives those of others, or both. */
  readonly direction: Direction;
  readonly http: { readonly listen: Address; readonly allowRemote: boolean };
  readonly limits: Partial<EngineLimits>;
  readonly logLevel: LogLevel;
}
