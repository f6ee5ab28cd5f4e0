/**
 * Strings, integers, bits and HyperLogLogs. Conditions (NX, XX, IFEQ …) were decided before a command was propagated, so
 * they are passed over. Increments are counted, not overwritten; increments by floats arrive as SET KEEPTTL.
 */
import type { Expiry } from '../entry/entry.ts';
import { argument, argumentCount, argumentText, type Command } from '../resp/command.ts';
import { allArguments, integerArgument, naturalArgument, timeArgument } from './arguments.ts';
import { type CommandRow, type CommandRows, nothing, type Translate, unread } from './command-row.ts';
import { countedAt, everyOtherArgument, firstKey, noKeys, secondKey } from './key-spec.ts';

const setOne: Translate = (command, unit) => {
  unit.assign(argumentText(command, 1), argument(command, 2), null);
  return true;
};

const setMany: Translate = (command, unit) => {
  const count = argumentCount(command);
  if (count % 2 === 0) return false;
  for (let i = 1; i < count; i += 2) unit.assign(argumentText(command, i), argument(command, i + 1), null);
  return true;
};

const setOne3: CommandRow = { family: 'string', keys: firstKey, least: 3, translate: setOne };

/** Options of SET and MSETEX that were decided before, by how many arguments follow them. */
const decided: ReadonlyMap<string, number> = new Map([
  ...(['NX', 'XX', 'GET'] as const).map((name) => [name, 0] as const),
  ...(['IFEQ', 'IFNE', 'IFDEQ', 'IFDNE'] as const).map((name) => [name, 1] as const),
]);

/** The expiry that options from argument `i` on leave; undefined when one is not known, or relative to an unknown time. */
function expiryFrom(command: Command, i: number): Expiry | 'keep' | undefined {
  const count = argumentCount(command);
  let expiry: Expiry | 'keep' = null;
  for (let at = i; at < count; at++) {
    const option = argumentText(command, at).toUpperCase();
    if (option === 'KEEPTTL') expiry = 'keep';
    else if (option === 'PXAT' || option === 'EXAT') {
      const time = ++at < count ? timeArgument(command, at, option === 'PXAT' ? 1 : 1000) : undefined;
      if (time === undefined) return undefined;
      expiry = time;
    } else {
      const following = decided.get(option);
      if (following === undefined) return undefined;
      at += following;
    }
  }
  return expiry;
}

const set: Translate = (command, unit) => {
  if (command.spans.length === 6) return setOne(command, unit);
  const expiry = expiryFrom(command, 3);
  if (expiry === undefined) return false;
  unit.assign(argumentText(command, 1), argument(command, 2), expiry);
  return true;
};

/** MSETEX count key value … [options] */
const setManyExpiring: Translate = (command, unit) => {
  const pairs = naturalArgument(command, 1, argumentCount(command));
  if (pairs === undefined || 2 + 2 * pairs > argumentCount(command)) return false;
  const expiry = expiryFrom(command, 2 + 2 * pairs);
  if (expiry === undefined) return false;
  for (let i = 2; i < 2 + 2 * pairs; i += 2) unit.assign(argumentText(command, i), argument(command, i + 1), expiry);
  return true;
};

const step =
  (by: bigint): Translate =>
  (command, unit) => {
    unit.count('string', argumentText(command, 1), '', by);
    return true;
  };

const stepBy =
  (sign: bigint): Translate =>
  (command, unit) => {
    const by = integerArgument(command, 2);
    if (by === undefined) return false;
    unit.count('string', argumentText(command, 1), '', sign * by);
    return true;
  };

const edit: Translate = (command, unit) => {
  unit.guarded('string', argumentText(command, 1), allArguments(command), true);
  return true;
};

const setBit: Translate = (command, unit) => {
  const offset = naturalArgument(command, 2, Number.MAX_SAFE_INTEGER);
  const bit = naturalArgument(command, 3, 1);
  if (offset === undefined || bit === undefined) return false;
  unit.bit(argumentText(command, 1), offset, bit === 1);
  return true;
};

const sketchElements: Translate = (command, unit) => {
  const key = argumentText(command, 1);
  const count = argumentCount(command);
  if (count === 2) unit.sketch(key, null);
  for (let i = 2; i < count; i++) unit.sketch(key, argumentText(command, i));
  return true;
};

const estimate: Translate = (command, unit) => {
  if (argumentCount(command) === 2) unit.estimate(argumentText(command, 1));
  return true;
};

/** The key at `i` was computed from others. */
const computed =
  (i: number, overwrites: boolean): Translate =>
  (command, unit) => {
    unit.state(argumentText(command, i), overwrites);
    return true;
  };

const setRewritten: CommandRow = {
  ...{ family: 'string', keys: firstKey, least: 4, translate: unread },
  arrives: '`SET … PXAT`',
};

export const stringRows: CommandRows = {
  SET: { family: 'string', keys: firstKey, least: 3, translate: set },
  SETNX: setOne3,
  GETSET: { ...setOne3, arrives: '`SET`' },
  SETEX: setRewritten,
  PSETEX: setRewritten,
  MSET: { family: 'string', keys: everyOtherArgument, least: 3, translate: setMany },
  MSETNX: { family: 'string', keys: everyOtherArgument, least: 3, translate: setMany },
  MSETEX: { family: 'string', keys: countedAt(1, 2), least: 4, translate: setManyExpiring },
  INCRBYFLOAT: {
    ...{ family: 'string', keys: firstKey, least: 3, translate: unread, arrives: '`SET … KEEPTTL`' },
    note: 'Of concurrent increments by floats the newest result wins: they do not add up.',
  },
  INCR: { family: 'counter', keys: firstKey, least: 2, translate: step(1n) },
  DECR: { family: 'counter', keys: firstKey, least: 2, translate: step(-1n) },
  INCRBY: { family: 'counter', keys: firstKey, least: 3, translate: stepBy(1n) },
  DECRBY: { family: 'counter', keys: firstKey, least: 3, translate: stepBy(-1n) },
  APPEND: { family: 'edit', keys: firstKey, least: 3, translate: edit },
  SETRANGE: { family: 'edit', keys: firstKey, least: 4, translate: edit },
  BITFIELD: { family: 'edit', keys: firstKey, least: 5, translate: edit },
  SETBIT: { family: 'bit', keys: firstKey, least: 4, translate: setBit },
  BITOP: { family: 'state', keys: secondKey, least: 4, translate: computed(2, true) },
  PFADD: { family: 'sketch', keys: firstKey, least: 2, translate: sketchElements },
  PFMERGE: { family: 'union', keys: firstKey, least: 2, translate: computed(1, false) },
  /** Propagated when it refreshed the cached cardinality, which is nobody else's unless it comes to be read as a plain string. */
  PFCOUNT: { family: 'local', keys: noKeys, least: 2, translate: estimate },
  /** Changes the representation at most. */
  PFDEBUG: { family: 'local', keys: noKeys, least: 3, translate: nothing },
};
