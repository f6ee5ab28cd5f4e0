/**
 * How long a key lives on at most when an expiry that has already passed arrives, in milliseconds. The origin ships the key's
 * end (or its renewal) behind it; expiring the key at once would lose what a renewal needs. The time moves on by whole steps
 * of this, so that all sites come to the same. It is no round number: an application that renews a key by whole seconds or
 * minutes does not come to such a time.
 */
export const expiryGraceMs = 61_987;
