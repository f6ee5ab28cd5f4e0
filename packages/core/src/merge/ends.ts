/**
 * Ends: deletions that kill only what their writer had seen of the key.
 *
 * An expiry is one (every site's key ends by itself, and every site says so), an eviction that is replicated, a key read
 * whole where others may have added to it. What an end covers is dead whatever its version; what it does not cover lives
 * on. An expiry is void where the newest expiry register was set by a command about the expiry (EXPIRE, PERSIST …) that the
 * expiring site had not seen: a renewal beats an expiry that did not know it.
 */
import { unixOfTime } from '../clock/hybrid-clock.ts';
import type { Covers, Expiry } from '../entry/entry.ts';
import { compareVersions, isNewer, type Time, type Version } from '../version/version.ts';
import type { End, ExpiryRegister, KeyState } from './key-state.ts';

/** Whether what an end covers includes a write. */
export function covers(end: End, version: Version): boolean {
  return includes(end.version, end.covers, version);
}

/** Whether a writer at `by`, having seen `seen` of others, had seen a write. */
export function includes(by: Version, seen: Covers, version: Version): boolean {
  if (version.priority === by.priority) return isNewer(by, version);
  for (const [priority, time] of seen) if (priority === version.priority) return version.time <= time;
  return false;
}

/** Whether an end has effect. */
export function isInForce(state: KeyState, end: End): boolean {
  const { expiryVersion } = state;
  return !end.expires || state.expiryByRoot || expiryVersion === undefined || covers(end, expiryVersion);
}

/** Whether any end in force covers a write. */
export function isEnded(state: KeyState, version: Version): boolean {
  if (state.ends === undefined) return false;
  for (const end of state.ends) if (covers(end, version) && isInForce(state, end)) return true;
  return false;
}

/**
 * Whether a deletion is newer than a write, whether its writer had seen that or not. What is one thing cannot stay in part:
 * who added what the deletion does not cover adds it again. An expiry leaves it to each site's own.
 */
export function isOverrun(state: KeyState, version: Version): boolean {
  if (state.ends === undefined) return false;
  for (const end of state.ends) if (!end.expires && isNewer(end.version, version)) return true;
  return false;
}

/** Whether an end in force covers all from below the cut: then nothing of that is left. */
export function hasEnded(state: KeyState, cut: Time): boolean {
  if (state.ends === undefined) return false;
  for (const end of state.ends) {
    if (end.covers.every(([, time]) => time >= cut) && isInForce(state, end)) return true;
  }
  return false;
}

/** The newest end in force; undefined when there is none. */
export function newestEnd(state: KeyState): Version | undefined {
  if (state.ends === undefined) return undefined;
  let found: Version | undefined;
  for (const end of state.ends) if (isNewer(end.version, found) && isInForce(state, end)) found = end.version;
  return found;
}

/** Whether a version is that of an end in force. */
export function isEnd(state: KeyState, version: Version): boolean {
  if (state.ends === undefined) return false;
  for (const end of state.ends) if (compareVersions(end.version, version) === 0) return isInForce(state, end);
  return false;
}

/**
 * When a key expired, if that is the last that happened to it; `null`: it is not.
 * @param priority - of the site whose word alone counts; left out: of whichever site's end is in force.
 */
export function expiredAt(state: KeyState, priority?: number): Expiry {
  let found: End | undefined;
  for (const end of state.ends ?? []) {
    const counts = priority === undefined ? isInForce(state, end) : end.version.priority === priority;
    if (counts && isNewer(end.version, found?.version)) found = end;
  }
  if (found?.expires !== true) return null;
  const { root, expiryVersion, newestAdd, chain } = state;
  for (const version of [root, expiryVersion, newestAdd, chain?.version])
    if (!isNewer(found.version, version)) return null;
  return expiryOf(state) ?? (priority === undefined ? found.at : undefined) ?? unixOfTime(found.version.time);
}

/** Adds an end. Returns whether it was new. */
export function noteEnd(state: KeyState, end: End): boolean {
  if (state.ends?.some((known) => compareVersions(known.version, end.version) === 0)) return false;
  state.ends = [...(state.ends ?? []), end];
  return true;
}

/**
 * When the key expires, as far as is remembered. A deletion settles what it covers. An expiry does not: what was written
 * just before, unseen, expires as well.
 */
export function expiryOf(state: KeyState): Expiry {
  const { expiry, expiryVersion, olderExpiries, root } = state;
  if (state.ends !== undefined && isExpiryForgotten(state))
    return expiredWith(state.ends, state.newestAdd, expiryVersion);
  if (expiryVersion === undefined) return null;
  if (!isSettled(state, expiryVersion)) return expiry;
  let found: ExpiryRegister | undefined;
  for (const register of olderExpiries ?? []) {
    const { version } = register;
    if (isNewer(version, found?.version) && isNewer(version, root) && !isSettled(state, version)) found = register;
  }
  return found === undefined ? null : found.at;
}

/** Whether nothing is remembered of when the key expires, but that it has ended (see `Model.dropExpiry`). */
export function isExpiryForgotten({ expiryVersion, ends }: KeyState): boolean {
  if (expiryVersion === undefined) return true;
  return ends?.some(({ version }) => compareVersions(version, expiryVersion) === 0) === true;
}

/**
 * When a key expires whose register is forgotten, and that has expired somewhere: what is left of it was added by who had not
 * heard of that, to the key that was about to. Not where its site says that it has made the key anew.
 * @param added - the newest add. @param over - the newest end that is over (see `Model.dropExpiry`).
 */
function expiredWith(ends: readonly End[], added: Version | undefined, over: Version | undefined): Expiry {
  let found: End | undefined;
  for (const end of ends) {
    if (!end.expires || !isNewer(end.version, found?.version) || !isNewer(end.version, over)) continue;
    const isMadeAnew = ({ version, covers: seen, expires }: End): boolean =>
      !expires &&
      (includes(version, seen, end.version) ||
        (version.priority === added?.priority && isNewer(added, version) && !covers(end, version)));
    if (!ends.some(isMadeAnew)) found = end;
  }
  return found === undefined ? null : (found.at ?? unixOfTime(found.version.time));
}

/**
 * When the key was to expire, by what its site had seen when it ended: a renewal that came meanwhile is not what expired.
 * @param priority - the site's.
 */
export function expirySeen(state: KeyState, priority: number, seen: Covers): Expiry {
  const { expiry, expiryVersion, olderExpiries = [] } = state;
  const newest = expiryVersion === undefined ? [] : [{ version: expiryVersion, at: expiry }];
  const by: Version = { time: Number.POSITIVE_INFINITY, priority, index: 0 };
  let found: ExpiryRegister | undefined;
  for (const register of [...newest, ...olderExpiries])
    if (includes(by, seen, register.version) && isNewer(register.version, found?.version)) found = register;
  return found === undefined || isSettled(state, found.version) ? null : found.at;
}

function isSettled({ ends }: KeyState, version: Version): boolean {
  if (ends === undefined) return false;
  for (const end of ends) if (!end.expires && covers(end, version)) return true;
  return false;
}

/** The expiry register that makes an end of ours void from the start: set by a site whose command we had not seen. */
export function unseenRenewal(state: KeyState, end: End): Version | undefined {
  return isInForce(state, end) ? undefined : state.expiryVersion;
}
