/** Deciding all that a key holds: a `state`, which takes the place of what there was, or a `refill` for who has asked for it. */
import type { KeyContent, Op } from '../entry/entry.ts';
import { kinds } from '../merge/cell-value.ts';
import { expiryOf } from '../merge/ends.ts';
import { isChainLive } from '../merge/guarded.ts';
import { refillVersion } from '../merge/merge-state.ts';
import { writtenVersion } from '../merge/registers.ts';
import { compareVersions, type Version } from '../version/version.ts';
import { decideEnd, type EndContext, isWholeLive } from './decide-end.ts';
import type { Outcome } from './outcome.ts';
import { keepExpiry, rewrite } from './rewrite.ts';

/** What the decision on a state takes from around it. */
export interface StateContext extends EndContext {
  /** Whether the op became the root of its key. */
  readonly rooted: boolean;
  /** Whether the key expires at another time since. */
  readonly expiring: boolean;
}

/** Decides a state that is merged. */
export function decideState(context: StateContext, op: Extract<Op, { type: 'state' }>): Outcome {
  const { effects, state, version, rooted, ended, expiring } = context;
  const written = writtenVersion(version);
  if (!rooted && !ended) {
    if (expiring) effects.expire(op.key, expiryOf(state));
    return `${op.content?.kind ?? 'delete'}/remote-lost`;
  }
  const { content, covers } = op;
  if (content === null && covers !== null) return decideEnd(context, op.expiry !== null, op.expiry, true);
  writeContent(context, content, written);
  return 'won';
}

/** Decides a refill that is merged: only who has asked lacks what everybody has. */
export function decideRefill(context: StateContext, op: Extract<Op, { type: 'refill' }>): Outcome {
  const { state, version } = context;
  if (!context.answers && state.wanted === undefined) {
    // Who has made the key again meanwhile, without saying when it expires, has asked in vain.
    keepExpiry(context);
    return 'won';
  }
  writeContent(context, op.content, refillVersion(op, version));
  return 'won';
}

/** Writes all that a key holds. @param written - the version of that. */
function writeContent(context: StateContext, content: KeyContent | null, written: Version): void {
  const { model, effects, state, rooted } = context;
  const { key, chain } = state;
  // Whether it is the last of a chain.
  const stands = chain !== undefined && compareVersions(chain.version, written) === 0;
  if (stands && content?.kind === 'list' && isChainLive(state, kinds.list)) {
    effects.readEnds(state);
    effects.replaceList(key, content.elements);
    keepExpiry(context);
  } else if (stands && content?.kind === 'module' && isChainLive(state, kinds.module)) {
    effects.restore(key, content.payload);
    keepExpiry(context);
  } else if (rooted || !isWholeLive(state)) rewrite(model, state, effects, written);
  if (content?.kind === 'hash') {
    for (const [field, , at] of content.fields) if (at !== null) effects.expireField(key, field, at);
  }
}
