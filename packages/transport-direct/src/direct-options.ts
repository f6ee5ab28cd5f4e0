/**
 * What a direct transport is told. Types and defaults only; `check-options.ts` says what is refused.
 */
import type { VersionRange } from './wire/version-range.ts';

/** A site whose log is read. */
export interface DirectPeer {
  readonly site: string;
  readonly host: string;
  readonly port: number;
  /** If given, a peer that says otherwise is refused. */
  readonly priority?: number | undefined;
}

/** PEM text or bytes. */
export type Pem = string | Uint8Array;

/** How links are protected and peers told from strangers. */
export type DirectSecurity =
  /**
   * TLS 1.3, certificates on both sides, signed by `ca`. The dialer checks that the listener's certificate is for the
   * host it dialed. Every holder of a certificate is trusted to say which site it is.
   */
  | { readonly kind: 'tls'; readonly cert: Pem; readonly key: Pem; readonly ca: Pem; readonly mutual: true }
  /**
   * TLS 1.3 with the listener's certificate (`cert`, `key`), checked by dialers against `ca`; both sides prove by
   * challenge that they hold the token.
   */
  | {
      readonly kind: 'token-tls';
      readonly token: string;
      readonly cert?: Pem | undefined;
      readonly key?: Pem | undefined;
      readonly ca: Pem;
    }
  /**
   * No TLS: nothing is hidden, and after the handshake nothing is protected from whoever can alter the bytes. Refused
   * unless all hosts are loopback or `allowRemote` is set. The token, if any, is proven by challenge, never sent.
   */
  | { readonly kind: 'plain'; readonly token?: string | undefined; readonly allowRemote?: boolean | undefined };

/** Sizes in bytes, times in milliseconds. */
export interface DirectLimits {
  /**
   * What a peer may send ahead of the host's taking it in. Bounds what a paused link holds.
   * @defaultValue 8 MiB
   */
  readonly windowBytes: number;
  /**
   * The longest frame accepted; larger batches travel in several.
   * @defaultValue 1 MiB
   */
  readonly maxFrameBytes: number;
  /**
   * The longest batch accepted, all its frames together.
   * @defaultValue 600 MiB
   */
  readonly maxBatchBytes: number;
  /**
   * How much is asked of the host's log at a time.
   * @defaultValue 256 KiB
   */
  readonly maxSendBytes: number;
  /**
   * What may wait in a socket before no more is read from the log for it.
   * @defaultValue 512 KiB
   */
  readonly sendBufferBytes: number;
  /**
   * After this long without a byte from the peer a link is given up; a quarter of it without one sends a ping. Also the
   * time for connecting and the handshake.
   * @defaultValue 5000
   */
  readonly idleTimeoutMs: number;
  /**
   * The first wait before dialing again.
   * @defaultValue 50
   */
  readonly backoffBaseMs: number;
  /**
   * The longest wait before dialing again.
   * @defaultValue 5000
   */
  readonly backoffCapMs: number;
  /**
   * Connections that the listener holds at a time, strangers included. More are hung up on.
   * @defaultValue 64
   */
  readonly maxConnections: number;
}

/** Options of `createDirectTransport`. */
export interface DirectOptions {
  /** Our site id, `[a-z0-9-]{1,32}`. */
  readonly site: string;
  /** The shard whose log we keep, and want of the peers. */
  readonly shard: string;
  /** Our site's priority; no peer may have the same. */
  readonly priority: number;
  /** The deployment all sites belong to. A peer of another one is refused. */
  readonly deployment: string;
  /** A digest of our policies, told to peers: `[0-9a-f]{0,64}`. It refuses nobody. @defaultValue '' */
  readonly policies?: string | undefined;
  /** The entry schema our log is written in, and the oldest we read. */
  readonly entrySchema: VersionRange;
  /** Where peers dial us. Without it nobody can read our log from here. */
  readonly listen?: { readonly host: string; readonly port: number } | undefined;
  readonly peers: readonly DirectPeer[];
  readonly security: DirectSecurity;
  readonly limits?: Partial<DirectLimits> | undefined;
  /** Spreads reconnects; in [0, 1). @defaultValue Math.random */
  readonly random?: (() => number) | undefined;
}

/** The limits that hold where none are given. */
export const defaultLimits: DirectLimits = {
  windowBytes: 8 * 1024 * 1024,
  maxFrameBytes: 1024 * 1024,
  maxBatchBytes: 600 * 1024 * 1024,
  maxSendBytes: 256 * 1024,
  sendBufferBytes: 512 * 1024,
  idleTimeoutMs: 5_000,
  backoffBaseMs: 50,
  backoffCapMs: 5_000,
  maxConnections: 64,
};
