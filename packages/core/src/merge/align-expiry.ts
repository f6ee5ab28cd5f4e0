/**
 * What a writer adds to has the expiry that it had there: one that is forgotten here and was not there, or none (but what Redis
 * has kept) where the writer has forgotten it: it may have made the key anew.
 *
 * Rules: where the key has ended, or was deleted, who reads an op back from the log does the same, or a key that was made anew
 * would have its old expiry after a restart. Where it has not, Redis has that expiry, unless it has evicted the key: what the log
 * says of it is of use then.
 */
import type { Op } from '../entry/entry.ts';
import { isNewer } from '../version/version.ts';
import { type KindIndex, kinds } from './cell-value.ts';
import type { KeyState } from './key-state.ts';
import { makes, type Stamp } from './merge-op.ts';
import type { Model } from './model.ts';
import { countLiving, isKnownDead } from './read-key.ts';

/** Before another site's op is merged. @param isReplay - whether it is read back from the log. */
export function alignExpiry(model: Model, state: KeyState, op: Op, { cut }: Stamp, isReplay: boolean): void {
  if (cut === undefined || (kindAdded(op) === undefined && !(op.type === 'assign' && op.expiry === 'keep'))) return;
  const { expiryVersion, ends } = state;
  if (isReplay && ends === undefined && !isKnownDead(state, model.cut)) return;
  if (expiryVersion === undefined && cut < model.cut) model.recallExpiry(state, cut);
  const isForgotten = expiryVersion === undefined || expiryVersion.time <= model.cut;
  if (isForgotten ? ends === undefined : expiryVersion.time > cut) return;
  // An expiry that was set since the key ended last has nothing to do with that.
  const isLater = ends?.every(({ version }) => expiryVersion !== undefined && isNewer(expiryVersion, version));
  const isOver = (): boolean => countLiving(state, model.cut).living === 0;
  if (ends === undefined || isLater || (ends.every(({ version }) => version.time <= cut) && isOver()))
    model.dropExpiry(state, cut);
}

/** The kind that an op adds to; undefined: none, or it makes the key anew. */
export function kindAdded(op: Op): KindIndex | undefined {
  switch (op.type) {
    case 'count':
      return kinds[op.cell];
    case 'field':
      return kinds.hash;
    case 'member':
      return kinds.set;
    case 'score':
      return kinds.zset;
    case 'stream':
      return kinds.stream;
    case 'bit':
    case 'sketch':
      return kinds.string;
    case 'guarded':
      return op.base !== null && makes(op) ? kinds[op.kind] : undefined;
    default:
      return undefined;
  }
}
