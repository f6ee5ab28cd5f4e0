/**
 * Deciding an end of another site: what it had seen of the key is gone.
 *
 * Rules: what is not touched is not written. What had expired is deleted only as long as Redis shows that expiry: an application
 * may be taking the key again, and the stream has not told yet. What is known to have lived goes without a condition.
 */
import { unixOfTime } from '../clock/hybrid-clock.ts';
import type { Expiry, ExpiryTime } from '../entry/entry.ts';
import { kinds } from '../merge/cell-value.ts';
import { expiryOf, hasEnded, isEnd } from '../merge/ends.ts';
import { isChainLive } from '../merge/guarded.ts';
import type { KeyState } from '../merge/key-state.ts';
import type { Model } from '../merge/model.ts';
import { countLiving, type Living } from '../merge/read-key.ts';
import { isNewer, type Version } from '../version/version.ts';
import type { Effects } from './effects.ts';
import { rewrite } from './rewrite.ts';

/** What the decision on an end takes from around it. */
export interface EndContext {
  readonly model: Model;
  readonly effects: Effects;
  readonly state: KeyState;
  readonly version: Version;
  /** Whether the end was new. */
  readonly ended: boolean;
  /** What of what is remembered lived before the end, and whether that was all of the key. */
  readonly lived: Living;
  readonly whole: boolean;
  /** Whether the key had been asked for, and this is the answer. */
  readonly answers: boolean;
  /** When the key was to expire before, for an end and a command about the expiry. */
  readonly expiry: Expiry;
  /** Whether it may take away what it does not name. */
  taken: boolean;
}

/** What the key holds has to come from the site of this version. */
export function want(state: KeyState, version: Version): void {
  if (isNewer(version, state.wanted)) state.wanted = version;
}

/**
 * Decides an end that is merged.
 * @param expires - whether the key expired there.
 * @param at - when it was to, as far as its site remembers.
 * @param isState - whether its site read the key and found nothing: that counts whatever is forgotten here.
 */
export function decideEnd(
  context: EndContext,
  expires: boolean,
  at: Expiry,
  isState: boolean,
): 'won' | 'delete/remote-lost' {
  const { model, effects, state, version, ended, lived, whole, expiry: before } = context;
  if (!ended) return 'delete/remote-lost';
  const { living, waiting } = countLiving(state, model.cut);
  if (!isState && !whole && !hasEnded(state, model.cut)) {
    // What it had not seen may be forgotten here, and live: its site has to say what is left.
    if (living < lived.living) want(state, version);
    const due = at ?? model.lateExpiry(state.db, state.key);
    if (!expires || due === null || living + lived.living > 0 || !isEnd(state, version)) return 'delete/remote-lost';
    // All of it is forgotten here, so the site that tells had seen it: what shows that expiry is what expired there.
    deleteExpired(context, 'x', due);
    return 'won';
  }
  // It is void by a renewal that its site had not seen: what is here stands, though nobody remembers what that is.
  if (!whole && !isEnd(state, version)) return 'delete/remote-lost';
  if (isWholeLive(state)) return 'won';
  // What is not touched is not written: its own expiry may be near, or a writer may be at it.
  const expiry = expiryOf(state);
  if (whole && living === lived.living && waiting === lived.waiting && !context.answers) {
    if (living > 0 && expiry !== before) effects.expire(state.key, expiry);
    return 'won';
  }
  // What came late to a key that had expired here may have none, where its expiry is forgotten.
  const isForgotten = state.expiryVersion === undefined || expiry === null;
  if (living > 0 || !expires || (lived.living > 0 && isForgotten)) {
    rewrite(model, state, effects);
    return 'won';
  }
  // What was made again or renewed meanwhile, and is not known here yet, is not what expired.
  const due = (state.expiryVersion === undefined ? null : expiry) ?? at ?? model.lateExpiry(state.db, state.key);
  const [test, time] = due === null ? (['w', unixOfTime(version.time)] as const) : (['x', due] as const);
  deleteExpired(context, test, time);
  return 'won';
}

/** Deletes the key as long as Redis shows that expiry (see the tests of the apply script). */
function deleteExpired(context: EndContext, test: 'w' | 'x', at: ExpiryTime): void {
  const { effects, state } = context;
  effects.when(test, state.key, '', String(at), () => effects.delete(state.key));
  noteTaken(context);
}

/** Notes that what is decided takes away what is there by then: something newer of ours may be among it. */
export function noteTaken(context: Pick<EndContext, 'model' | 'state' | 'version' | 'taken'>): void {
  const { model, state, version } = context;
  context.taken = true;
  state.takenBy ??= version;
  state.takenIn = model.call;
}

/** Whether the key holds one thing that no end touches: it is not remembered by parts, and cannot be written again. */
export function isWholeLive(state: KeyState): boolean {
  return state.chain !== undefined && state.chain.kind !== 'zset' && isChainLive(state, kinds[state.chain.kind]);
}
