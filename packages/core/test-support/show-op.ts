/** Ops as short lines, to compare and to read. */
import type { Base, Covers, KeyContent, Op, StreamGroup } from '../src/entry/entry.ts';
import type { Version } from '../src/version/version.ts';

const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
const showBase = (base: Base): string => ('stable' in base ? `stable ${base.stable}` : showVersion(base.exact));
const showVersion = ({ time, priority, index }: Version): string => `${time}.${priority}.${index}`;
const showCovers = (covers: Covers): string => `covering ${covers.map((one) => one.join(':')).join(',') || 'nobody'}`;
const showList = (list: readonly Uint8Array[]): string => list.map(text).join(',');

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
    case 'end':
      return ` ${showCovers(op.covers)}${op.expires ? ' expired' : ''}`;
    case 'range':
      return ` by ${op.by} ${op.min} to ${op.max}`;
    case 'bit':
      return ` ${op.offset} ${op.on ? 'on' : 'off'}`;
    case 'sketch':
      return op.element === null ? ' made' : ` ${op.element}`;
    case 'stream':
      return ` ${op.cell} ${op.value === null ? 'gone' : `= ${showList(op.value)}`}`;
    case 'trim':
      return ` before ${showId(op.before)}`;
    case 'guarded':
      return ` ${op.kind} on ${op.base === null ? 'nothing' : showBase(op.base)}${op.adds ? ' adds' : ''}: ${op.args.map(text).join(' ')}`;
    case 'state':
      return `${op.again ? ' again' : ''} = ${showContent(op.content)}${op.expiry === null ? '' : ` until ${op.expiry}`} ${op.covers === null ? 'over all' : showCovers(op.covers)}`;
    case 'refill':
      return ` = ${showContent(op.content)}${op.expiry === null ? '' : ` until ${op.expiry}`} at ${op.cut}`;
    case 'check':
      return ` ${op.digest} ${showCovers(op.covers)}`;
    case 'want':
      return `${op.untold ? ' untold' : ''} of ${showVersion(op.version)}`;
    case 'flush':
      return '';
    case 'library':
      return op.code === null ? ' gone' : ` = ${text(op.code)}`;
    case 'publish':
      return `${op.sharded ? ' sharded' : ''}: ${text(op.message)}`;
  }
}

function showContent(content: KeyContent | null): string {
  switch (content?.kind) {
    case undefined:
      return 'no key';
    case 'string':
      return `string ${text(content.value)}`;
    case 'list':
      return `list [${showList(content.elements)}]`;
    case 'set':
      return `set [${content.members.join()}]`;
    case 'zset':
      return `zset [${content.members.map(([member, score]) => `${member}:${score}`).join()}]`;
    case 'hash':
      return `hash [${content.fields.map(([field, value, at]) => `${field}:${text(value)}${at === null ? '' : ` until ${at}`}`).join()}]`;
    case 'stream':
      return `stream [${content.entries.map(([id, fields]) => `${showId(id)}:${showList(fields)}`).join(' ')}] to ${showId(content.lastId)}${content.groups.map(showGroup).join('')}`;
    case 'module':
      return `module ${text(content.payload)}`;
  }
}

function showGroup({ name, lastId, entriesRead, consumers, pending }: StreamGroup): string {
  const waiting = pending.map(({ id, consumer, timeMs, count }) => `${showId(id)}@${consumer}:${timeMs}x${count}`);
  return ` group ${name} at ${showId(lastId)} read ${entriesRead} of [${consumers.join()}] pending [${waiting.join()}]`;
}

/** A stream ID as Redis writes it; other bytes as they are. */
function showId(id: string): string {
  if (id.length !== 16) return id;
  const half = (from: number): bigint => {
    let value = 0n;
    for (let i = from; i < from + 8; i++) value = value * 256n + BigInt(id.charCodeAt(i));
    return value;
  };
  return `${half(0)}-${half(8)}`;
}
