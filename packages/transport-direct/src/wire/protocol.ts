/** The wire protocol's own version and fixed sizes. */
import type { VersionRange } from './version-range.ts';

/** What this package speaks. A new version reads the one before it. */
export const protocol: VersionRange = { current: 1, oldest: 1 };

/** The longest frame accepted from someone who has not proven who it is, in bytes. */
export const maxHandshakeBytes = 4096;

/** Bytes of a nonce, and of a proof. */
export const nonceBytes = 32;
