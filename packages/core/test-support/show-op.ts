/** Ops as short lines, to compare and to read. */
import type { Base, Op } from '../src/entry/entry.ts';

const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
const showBase = (base: Base): string =>
  'stable' in base ? `stable ${base.stable}` : `${base.exact.time}.${base.exact.priority}.${base.exact.index}`;

/** `index type key …`, the database in front when it is not 0. */
export function showOp(op: Op): string {
  return `${op.db === 0 ? '' : `db ${op.db}: `}${op.index} ${op.type} ${op.key}${rest(op)}`;
}

function rest(op: Op): string {
  switch (op.type) {
    case 'assign':
      return ` = ${text(op.value)}${op.expiry === null ? '' : ` until ${op.expiry}`}`;
    case 'delete':
      return '';
    case 'expire':
      return ` at ${op.at}`;
    case 'field':
      return ` ${op.field} ${op.value === null ? 'gone' : `= ${text(op.value)}`}`;
    case 'member':
      return ` ${op.member} ${op.present ? 'in' : 'out'}`;
    case 'score':
      return ` ${op.member} ${op.score === null ? 'gone' : `= ${Object.is(op.score, -0) ? '-0' : op.score}`}`;
    case 'count':
      return ` ${op.cell}(${op.field}) by ${op.by} sum ${op.sum} on ${showBase(op.base)} after ${op.previous}`;
  }
}
