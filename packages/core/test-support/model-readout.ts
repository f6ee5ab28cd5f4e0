/** What a model says of every key it remembers, in the form of `Keyspace.readout`; what it does not know is a `?`:
 * in front when cells may be missing, behind for the expiry. */

import { numeral } from '../src/merge/cell-value.ts';
import { eachCell } from '../src/merge/key-state.ts';
import type { Model } from '../src/merge/model.ts';
import { contentOf } from '../src/merge/read-key.ts';
import { describeKey, type Held, type HeldKind } from './keyspace.ts';

const kindNames: readonly HeldKind[] = ['string', 'hash', 'set', 'zset'];

/** Only keys of which something lives. */
export function modelReadout(model: Model): Record<string, string> {
  const lines: [string, string][] = [];
  for (const state of model.states()) {
    const cells = new Map<string, Held>();
    const lives = new Set<HeldKind>();
    let whole = state.root !== undefined || model.cut === 0;
    eachCell(state, (kind, field) => {
      const content = contentOf(state, kind, field, model.cut);
      if (content === undefined || content.type === 'absent') {
        if (content === undefined) whole = false;
        return;
      }
      // Before anything was forgotten, an increment without base stands on nothing.
      if (content.type === 'added' && model.cut > 0) whole = false;
      const value = content.type === 'added' ? numeral(kind, content.sum) : content.value;
      lives.add(kindNames[kind]!);
      cells.set(field, value instanceof Uint8Array ? String.fromCharCode(...value) : value);
    });
    if (lives.size > 1) throw new Error(`${[...lives]} live in ${state.key}`);
    const [kind] = lives;
    if (kind === undefined) continue;
    const forgotten = model.cut > 0 && state.expiryVersion === undefined;
    const line = describeKey(kind, cells, state.expiry ?? -1) + (forgotten ? ' until ?' : '');
    lines.push([`${state.db} ${state.key}`, whole ? line : `? ${line}`]);
  }
  return Object.fromEntries(lines.sort(([a], [b]) => (a < b ? -1 : 1)));
}
