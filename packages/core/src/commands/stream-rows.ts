/**
 * Streams: entries by their ID, which arrives explicit; consumer groups as XGROUP and XCLAIM tell them.
 *
 * XREADGROUP, XCLAIM and XAUTOCLAIM arrive as one `XCLAIM key group consumer 0 id TIME ms RETRYCOUNT n FORCE JUSTID LASTID
 * id` for each entry. That of an entry which is gone only takes its delivery away; nobody can tell it by its arguments, so
 * a delivery whose entry is gone counts as none everywhere. LASTID only moves a group forward; XGROUP SETID, which is also how
 * reading with NOACK arrives (and, from Redis 7.4, any reading), sets its position.
 *
 * Trimming by length arrives exact (`MAXLEN = n`); what it left is read: a note, not a condition of anything in its unit.
 */
import { argument, argumentCount, argumentText, type Command } from '../resp/command.ts';
import { type CommandRow, type CommandRows, nothing, type Translate, unread } from './command-row.ts';
import { firstKey, type KeySpec, secondKey } from './key-spec.ts';
import * as cells from './stream-cells.ts';

/** What XADD and XTRIM say of trimming, and where it ends. */
interface Trimming {
  readonly next: number;
  /** Everything before this ID goes; `'length'`: as much as a length says; undefined: nothing. */
  readonly before: string | 'length' | undefined;
}

const upper = (command: Command, i: number): string =>
  i < argumentCount(command) ? argumentText(command, i).toUpperCase() : '';

/** Options from `at` on; undefined when they do not tell what is trimmed. */
function readTrimming(command: Command, at: number): Trimming | undefined {
  const how = upper(command, at);
  if (how !== 'MAXLEN' && how !== 'MINID') return { next: at, before: undefined };
  let i = at + 1;
  const mark = upper(command, i);
  if (mark === '=' || mark === '~') i++;
  const before = how === 'MAXLEN' || mark === '~' ? 'length' : cells.idArgument(command, i);
  i++;
  if (upper(command, i) === 'LIMIT') i += 2;
  return before === undefined ? undefined : { next: i, before };
}

/** Arguments an option of XADD takes before its ID, itself included. ACKED trims what only the groups tell. */
const addOptions: Readonly<Record<string, number>> = { NOMKSTREAM: 1, KEEPREF: 1, DELREF: 1, IDMPAUTO: 2, IDMP: 3 };

function trimBy(command: Command, { before }: Trimming, unit: Parameters<Translate>[1]): void {
  if (before === 'length') unit.trimmed(argumentText(command, 1));
  else if (before !== undefined) unit.trim(argumentText(command, 1), before);
}

const noTrimming: Trimming = { next: 2, before: undefined };

/** XADD key [NOMKSTREAM] [KEEPREF | DELREF | ACKED] [IDMPAUTO p | IDMP p i] [MAXLEN | MINID …] id field value … */
const addEntry: Translate = (command, unit) => {
  let first = 2;
  let trimming = noTrimming;
  let id = cells.idArgument(command, first);
  while (id === undefined) {
    const taken = addOptions[upper(command, first)];
    if (taken !== undefined) first += taken;
    else {
      const found = readTrimming(command, first);
      if (found === undefined || found.next === first) return false;
      trimming = found;
      first = found.next;
    }
    id = cells.idArgument(command, first);
  }
  const count = argumentCount(command);
  if (count < first + 3 || (count - first) % 2 === 0) return false;
  const value: Uint8Array[] = [];
  for (let i = first + 1; i < count; i++) value.push(argument(command, i));
  unit.stream(argumentText(command, 1), cells.entryCell(id), value);
  trimBy(command, trimming, unit);
  return true;
};

/** All arguments from `at` on as IDs. */
function idsFrom(command: Command, at: number, end = argumentCount(command)): string[] | undefined {
  const ids: string[] = [];
  for (let i = at; i < end; i++) {
    const id = cells.idArgument(command, i);
    if (id === undefined) return undefined;
    ids.push(id);
  }
  return ids;
}

const removeEntries: Translate = (command, unit) => {
  const ids = idsFrom(command, 2);
  if (ids === undefined) return false;
  for (const id of ids) unit.stream(argumentText(command, 1), cells.entryCell(id), null);
  return true;
};

/** XDELEX key [KEEPREF | DELREF | ACKED] IDS n id … */
const removeListed: Translate = (command, unit) => {
  const option = upper(command, 2);
  const at = option === 'KEEPREF' || option === 'DELREF' ? 3 : 2;
  if (upper(command, at) !== 'IDS') return false;
  const ids = idsFrom(command, at + 2);
  if (ids === undefined || String(ids.length) !== argumentText(command, at + 1)) return false;
  for (const id of ids) unit.stream(argumentText(command, 1), cells.entryCell(id), null);
  return true;
};

const trimStream: Translate = (command, unit) => {
  const trimming = readTrimming(command, 2);
  if (trimming?.before === undefined || upper(command, trimming.next) === 'ACKED') return false;
  trimBy(command, trimming, unit);
  return true;
};

/** The number behind ENTRIESREAD; undefined when it is not said. */
function entriesRead(command: Command): string | undefined {
  for (let i = 5; i + 1 < argumentCount(command); i++)
    if (upper(command, i) === 'ENTRIESREAD') return argumentText(command, i + 1);
  return undefined;
}

const createGroup: Translate = (command, unit) => {
  const id = cells.idArgument(command, 4);
  if (id === undefined) return false;
  const value = cells.positionValue(id, entriesRead(command) ?? '-1');
  unit.stream(argumentText(command, 2), cells.positionCell(argumentText(command, 3)), value);
  return true;
};

const destroyGroup: Translate = (command, unit) => {
  unit.stream(argumentText(command, 2), cells.groupEndCell(argumentText(command, 3)), null);
  return true;
};

const createConsumer: Translate = (command, unit) => {
  const cell = cells.consumerCell(argumentText(command, 3), argumentText(command, 4));
  unit.stream(argumentText(command, 2), cell, []);
  return true;
};

const removeConsumer: Translate = (command, unit) => {
  const cell = cells.consumerEndCell(argumentText(command, 3), argumentText(command, 4));
  unit.stream(argumentText(command, 2), cell, null);
  return true;
};

const acknowledge: Translate = (command, unit) => {
  const ids = idsFrom(command, 3);
  if (ids === undefined) return false;
  const [key, group] = [argumentText(command, 1), argumentText(command, 2)];
  for (const id of ids) unit.stream(key, cells.deliveryCell(group, id), null);
  return true;
};

const isNumber = (text: string): boolean => /^[0-9]{1,16}$/.test(text);

/** XCLAIM key group consumer 0 id TIME ms RETRYCOUNT n FORCE JUSTID LASTID id: the form that is propagated, and no other. */
const claim: Translate = (command, unit) => {
  const id = cells.idArgument(command, 5);
  const last = cells.idArgument(command, 13);
  if (id === undefined || last === undefined || argumentCount(command) !== 14) return false;
  if (upper(command, 6) !== 'TIME' || upper(command, 8) !== 'RETRYCOUNT' || upper(command, 12) !== 'LASTID')
    return false;
  if (!isNumber(argumentText(command, 7)) || !isNumber(argumentText(command, 9))) return false;
  const [key, group] = [argumentText(command, 1), argumentText(command, 2)];
  const value = [argument(command, 3), argument(command, 7), argument(command, 9)];
  // The group first: a delivery does not make one.
  unit.stream(key, cells.advanceCell(group), cells.idValue(last));
  unit.stream(key, cells.deliveryCell(group, id), value);
  return true;
};

/** XREADGROUP's: the first half of what stands behind STREAMS. */
const readKeys: readonly KeySpec[] = [
  {
    begin: { type: 'keyword', word: 'STREAMS', from: 4 },
    find: { type: 'range', last: -1, step: 1, limit: 2 },
  },
];

const stream: CommandRow = { family: 'stream', keys: firstKey, least: 3, translate: removeEntries };
const group: CommandRow = { family: 'group', keys: secondKey, least: 4, translate: destroyGroup };
const delivery: CommandRow = { family: 'group', keys: firstKey, least: 4, translate: acknowledge };

export const streamRows: CommandRows = {
  XADD: {
    ...{ ...stream, least: 5, translate: addEntry },
    note: 'An entry that arrives below the position of a consumer group is not delivered to that group at that site.',
  },
  XDEL: stream,
  XDELEX: { ...stream, least: 5, translate: removeListed },
  XTRIM: {
    ...{ ...stream, least: 4, translate: trimStream },
    note: 'A stream is trimmed to the first entry that its site kept; with writers at several sites it may be shorter.',
  },
  XSETID: { ...stream, translate: unread },
  XCFGSET: { ...stream, family: 'local', translate: nothing },
  XIDMPRECORD: { ...stream, family: 'local', translate: nothing },
  'XGROUP|CREATE': { ...group, least: 5, translate: createGroup },
  'XGROUP|SETID': {
    ...{ ...group, least: 5, translate: createGroup },
    note: 'With readers of a group at several sites the newest position stands, which may deliver entries once more.',
  },
  'XGROUP|DESTROY': group,
  'XGROUP|CREATECONSUMER': { ...group, least: 5, translate: createConsumer },
  'XGROUP|DELCONSUMER': { ...group, least: 5, translate: removeConsumer },
  XACK: delivery,
  XACKDEL: { ...delivery, translate: unread },
  XCLAIM: { ...delivery, least: 6, translate: claim },
  XAUTOCLAIM: { ...delivery, least: 6, translate: unread, arrives: '`XCLAIM`, one for each entry' },
  XREADGROUP: {
    ...{ ...delivery, keys: readKeys, least: 7, translate: unread },
    arrives: '`XCLAIM`, one for each entry; with NOACK `XGROUP SETID`',
  },
};
