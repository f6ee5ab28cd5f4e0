/**
 * Guarded commands: those whose effect depends on all that the key holds. A receiver runs one only where its key stands
 * exactly where the writer's stood; such commands form a chain.
 *
 * | the command … | outcome |
 * |---|---|
 * | is not newer than a root, another kind's add or an end that covers it | lost |
 * | stands on something older than a root of ours | lost: its site learns of that root and adds again what it had added |
 * | meets a key of ours that is to be read | lost: what is read will be told |
 * | stands where the key stands | run |
 * | stands elsewhere, and the key holds something newer | lost: its site will find ours not to fit, and ask |
 * | stands elsewhere, and is the newest | asked for: its site answers with what the key holds |
 *
 * What a key holds beside a chain makes a version ambiguous (two sites may hold different sets of increments and yet the
 * same newest version), so a chain is only built on a key that is `linear`.
 */
import { equalBytes } from '../bytes/byte-string.ts';
import type { Base, GuardedKind, Op } from '../entry/entry.ts';
import { compareVersions, isNewer, newest, type Time, type Version } from '../version/version.ts';
import { type KindIndex, kinds } from './cell-value.ts';
import { floorOf, matchBase, nameBase } from './counting.ts';
import { isEnded, isOverrun, newestEnd } from './ends.ts';
import { addedBeside, addedOf, type KeyState, type OwnAdd } from './key-state.ts';

/** What to do with a guarded command of another site. */
export type Fit = 'run' | 'lost' | 'ask';

/** The version at which the key's content of a kind stands; undefined when it is at or below the cut. */
export function standsAt(state: KeyState, kind: KindIndex): Version | undefined {
  if (kind === kinds.zset) return state.content;
  // An end that did not touch what the key holds is none of its versions.
  const held = heldAt(state, kind);
  return isHeld(state, kind) ? held : newest(held, newestEnd(state));
}

/** The same, whatever ended there. */
function heldAt(state: KeyState, kind: KindIndex): Version | undefined {
  let at = floorOf(state, kind);
  if (isChainLive(state, kind)) at = newest(at, state.chain!.version);
  return kind === kinds.string ? newest(at, state.string?.version) : at;
}

/** Whether what is remembered of the content lives: what was run, or the string that was written. */
function isHeld(state: KeyState, kind: KindIndex): boolean {
  if (isChainLive(state, kind)) return true;
  const version = kind === kinds.string ? state.string?.version : undefined;
  return version !== undefined && isNewer(version, floorOf(state, kind)) && !isEnded(state, version);
}

/** How a guarded command of ours names where the key stands. */
export function nameStand(state: KeyState | undefined, kind: KindIndex, cut: Time): Base {
  const at = state && standsAt(state, kind);
  return nameBase(at !== undefined && at.time > cut ? at : undefined, cut);
}

/** Whether nothing remembered of the key makes its version ambiguous. @param priority - the writer's. */
export function isLinear(state: KeyState, kind: GuardedKind, priority: number): boolean {
  if (kind === 'string') return state.string?.counts === undefined && state.layers === undefined;
  if (kind === 'zset') return state.writer === 0 || state.writer === priority;
  return true;
}

/** Whether the last of a chain is part of what the key holds. */
export function isChainLive(state: KeyState, kind: KindIndex): boolean {
  const { chain } = state;
  if (chain === undefined || kinds[chain.kind] !== kind) return false;
  if (!isNewer(chain.version, state.root) || isEnded(state, chain.version)) return false;
  // What takes elements away does not make a kind.
  const beside = addedBeside(state, kind);
  const added = addedOf(state, kind);
  if (beside !== undefined && (added === undefined || !isNewer(added, beside))) return false;
  return kind === kinds.zset || !isOverrun(state, chain.version);
}

/** Whether a chain makes what a cell holds unknown: all of a string, of a sorted set what was there before its last command. */
export function isVeiled(state: KeyState, kind: KindIndex, version: Version | undefined): boolean {
  if (state.chain === undefined || !isChainLive(state, kind)) return false;
  return kind !== kinds.zset || !isNewer(version ?? state.chain.version, state.chain.version);
}

/** Judges a command of another site, before it is merged. */
export function fitOf(state: KeyState, op: Extract<Op, { type: 'guarded' }>, version: Version, cut: Time): Fit {
  const kind = kinds[op.kind];
  if (op.base === null || !isNewer(version, floorOf(state, kind)) || isEnded(state, version)) return 'lost';
  if (state.root !== undefined && state.root.time > cut && matchBase(op.base, state.root, cut) === 'older')
    return 'lost';
  // What it holds is about to be read and told: newer than this, and without it.
  if (state.asked > 0) return 'lost';
  const at = standsAt(state, kind);
  const current = at !== undefined && at.time > cut ? at : undefined;
  // A score of ours that is yet to be read is not told, and must not be taken by who does not know it.
  const isTold = kind !== kinds.zset || state.partAsks === 0;
  if (isTold && matchBase(op.base, current, cut) === 'current' && isLinear(state, op.kind, version.priority))
    return 'run';
  // Who wrote a newer score has no command that would not fit.
  if (kind === kinds.zset) return 'ask';
  const held = heldAt(state, kind);
  return held !== undefined && compareVersions(version, held) < 0 ? 'lost' : 'ask';
}

/**
 * Whether a command that was run, and is read back from the log, is still part of what the key holds: not where what it stood
 * on has been overwritten by what came later and is older.
 */
export function stillStands(state: KeyState, { base }: Extract<Op, { type: 'guarded' }>, cut: Time): boolean {
  if (base === null) return false;
  const { root, missed } = state;
  if (root !== undefined && root.time > cut && matchBase(base, root, cut) === 'older') return false;
  const before = 'exact' in base ? missed?.get(base.exact.priority) : undefined;
  return before === undefined || !('exact' in base) || base.exact.time <= before;
}

/** Merges a command that is run. */
export function mergeGuarded(
  state: KeyState,
  op: Extract<Op, { type: 'guarded' }>,
  version: Version,
  own: boolean,
): void {
  if (op.base !== null) {
    state.chain = { kind: op.kind, version, written: version, returns: op.adds };
    state.missed?.delete(version.priority);
  }
  if (own && op.adds) noteOwnAdd(state, op, version);
}

/** Whether something of ours is being added again: until it is there, the key is not what a chain could stand on. */
export function isReturning(state: KeyState): boolean {
  if (!state.mayReturn) return false;
  if (state.adds?.[state.nextReturn]?.returning === true) return true;
  const next = state.adds?.findIndex((add) => add.returning) ?? -1;
  state.mayReturn = next >= 0;
  state.nextReturn = Math.max(next, 0);
  return state.mayReturn;
}

/** What is added again keeps its identity. */
function noteOwnAdd(state: KeyState, op: Extract<Op, { type: 'guarded' }>, version: Version): void {
  const { kind, args } = op;
  const element = args.at(-1)!;
  let again = isReturning(state) ? returningAs(state, element) : undefined;
  // An earlier process has sent it, or it is read back from the log.
  if (again === undefined && op.again === true) again = oldestOf(state, element);
  if (again === undefined) {
    const add = { kind, versions: [version], args, returning: false, endangered: false };
    // A queue may be pushed to many times before anything is forgotten.
    if (state.adds === undefined) state.adds = [add];
    else state.adds.push(add);
  } else {
    again.versions = [...again.versions, version];
    again.returning = false;
    state.nextReturn++;
  }
}

/** What is returning with this element: most often the next. */
function returningAs({ adds = [], nextReturn }: KeyState, element: Uint8Array): OwnAdd | undefined {
  const is = (add: OwnAdd): boolean => add.returning && equalBytes(add.args.at(-1)!, element);
  const next = adds[nextReturn];
  return next !== undefined && is(next) ? next : adds.find(is);
}

/** Of equal elements, the one that was added longest ago. */
function oldestOf({ adds = [] }: KeyState, element: Uint8Array): OwnAdd | undefined {
  let found: OwnAdd | undefined;
  for (const add of adds) {
    if (!equalBytes(add.args.at(-1)!, element)) continue;
    if (found === undefined || isNewer(found.versions.at(-1)!, add.versions.at(-1))) found = add;
  }
  return found;
}

/** What was added and then deleted is not added again. */
export function dropAdds(state: KeyState, isDeleted: (version: Version) => boolean): void {
  const left = state.adds!.filter((add) => !add.versions.every(isDeleted));
  state.adds = left.length > 0 ? left : undefined;
}

/**
 * A command read back from the log that does not stand on what seems to be there: one of both came too late and was not run here,
 * and nobody remembers which. So neither counts as part of what the key holds, and its site will add it again where it has to.
 */
export function noteUnmet(state: KeyState, { base, kind }: Extract<Op, { type: 'guarded' }>, cut: Time): void {
  const current = standsAt(state, kinds[kind]);
  if (base === null || current === undefined || current.time <= cut || matchBase(base, current, cut) !== 'older')
    return;
  noteMissed(state, current.priority, 'exact' in base ? base.exact.time : base.stable);
}

/** Notes that a site's commands from a time on are not part of what the key holds. */
export function noteMissed(state: KeyState, priority: number, before: Time): void {
  state.missed ??= new Map();
  const known = state.missed.get(priority);
  if (known === undefined || before < known) state.missed.set(priority, before);
}
