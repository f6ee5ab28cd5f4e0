/** What a model says of every key it remembers, in the form of `Keyspace.readout`; what it does not know is a `?`:
 * in front when cells may be missing, behind for the expiry. */

import { Effects } from '../src/apply/effects.ts';
import { putBackLayers } from '../src/apply/rewrite.ts';
import { numeral } from '../src/merge/cell-value.ts';
import { expiryOf } from '../src/merge/ends.ts';
import { eachCell, type KeyState } from '../src/merge/key-state.ts';
import type { Model } from '../src/merge/model.ts';
import { contentOf, hasLiveLayers } from '../src/merge/read-key.ts';
import { describeKey, type Held, type HeldKind } from './held.ts';
import { Keyspace } from './keyspace.ts';

const kindNames: readonly HeldKind[] = ['string', 'hash', 'set', 'zset'];

/** Only keys of which something lives. @param isForgetful - whether any site has forgotten anything. */
export function modelReadout(model: Model, isForgetful: boolean = model.cut > 0): Record<string, string> {
  const lines: [string, string][] = [];
  for (const state of model.states()) {
    const cells = new Map<string, Held>();
    const lives = new Set<HeldKind>();
    let whole = state.root !== undefined || model.cut === 0;
    eachCell(state, (kind, field) => {
      const content = contentOf(state, kind, field, model.cut);
      if (content === undefined || content.type === 'absent' || content.type === 'unknown') {
        if (content === undefined) whole = false;
        return;
      }
      // Before anything was forgotten, an increment without base stands on nothing.
      if (content.type === 'added' && model.cut > 0) whole = false;
      const value = content.type === 'added' ? numeral(kind, content.sum) : content.value;
      lives.add(kindNames[kind]!);
      cells.set(field, value instanceof Uint8Array ? String.fromCharCode(...value) : (value as Held));
    });
    if (hasLiveLayers(state)) {
      lives.add('string');
      cells.set('', laidOver(state, cells.get('')));
    }
    if (lives.size > 1) throw new Error(`${[...lives]} live in ${state.key}`);
    const [kind] = lives;
    if (kind === undefined) continue;
    // Also where it is only the writer that has forgotten it (see `alignExpiry`).
    const forgotten = isForgetful && state.expiryVersion === undefined;
    const line = describeKey(kind, cells, expiryOf(state) ?? -1) + (forgotten ? ' until ?' : '');
    lines.push([`${state.db} ${state.key}`, whole ? line : `? ${line}`]);
  }
  return Object.fromEntries(lines.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A string with its bits and elements. */
function laidOver(state: KeyState, written: Held | undefined): Held {
  const keyspace = new Keyspace();
  if (written !== undefined) keyspace.run(0, ['SET', state.key, written as string]);
  const effects = new Effects();
  putBackLayers(state, effects);
  keyspace.apply(effects.args);
  return keyspace.held(0, state.key, 'string', '')!;
}
