import { describe, expect, it } from 'vitest';
import { commandsOf } from '../../test-support/commands.ts';
import { toByteString } from '../bytes/byte-string.ts';
import type { Op } from '../entry/entry.ts';
import { Model } from '../merge/model.ts';
import type { Ask } from '../translate/ask.ts';
import { UnitTranslation } from '../translate/unit-translation.ts';
import { idOf, idText, parseCell, type StreamValue } from './stream-cells.ts';
import { streamRows } from './stream-rows.ts';
import { translateCommand } from './translate-command.ts';

/** A command's ops and asks as short lines. */
function translate(line: string): string[] {
  const [command] = commandsOf(line.split(' '));
  const unit = new UnitTranslation(new Model(), { time: 9, priority: 2, origin: 'a/main/1' }, () => []);
  const row = streamRows[command!.name] ?? streamRows[`${command!.name}|${line.split(' ')[1]!.toUpperCase()}`];
  expect(translateCommand(row!, command!, unit)).toBe(true);
  return [...unit.ops.map(showOp), ...unit.asks.map(showAsk)];
}

const showAsk = (ask: Ask): string => `?${ask.type} ${ask.key}`;

function showOp(op: Op): string {
  if (op.type === 'trim') return `trim ${op.key} ${idText(op.before)}`;
  if (op.type !== 'stream') return op.type;
  const cell = parseCell(op.cell)!;
  const words: string[] = [cell.type, op.key];
  if ('group' in cell) words.push(cell.group);
  if ('consumer' in cell) words.push(cell.consumer);
  if ('id' in cell) words.push(idText(cell.id));
  return [...words, ...showValue(cell.type, op.value)].join(' ');
}

function showValue(type: string, value: StreamValue | null): string[] {
  if (value === null) return ['gone'];
  const ids = type === 'last' || type === 'position' || type === 'advance' ? [idText(idOf(value)!)] : [];
  return ['=', ...ids, ...value.slice(ids.length).map((part) => toByteString(part))];
}

const most = '18446744073709551615';

/** Commands as redis-server 7.0 propagates them, unless said otherwise, and what they become. */
const rows: readonly (readonly [string, ...string[]])[] = [
  ['XADD s 1795251367483-0 f v', 'entry s 1795251367483-0 = f v'],
  ['XADD s 6 g v h w', 'entry s 6-0 = g v h w'],
  [`XADD s ${most}-${most} f v`, `entry s ${most}-${most} = f v`],
  ['xadd s 1-1 f v', 'entry s 1-1 = f v'],
  ['XADD s NOMKSTREAM 7-1 f v', 'entry s 7-1 = f v'],
  ['XADD s MAXLEN 2 1-1 a b', 'entry s 1-1 = a b', '?trimmed s'],
  ['XADD s MAXLEN = 3 4-1 a b', 'entry s 4-1 = a b', '?trimmed s'],
  ['XADD s MAXLEN = 4 LIMIT 10 5-1 a b', 'entry s 5-1 = a b', '?trimmed s'],
  ['XADD s MINID 2 1-1 a b', 'entry s 1-1 = a b', 'trim s 2-0'],
  ['XADD s NOMKSTREAM MINID = 3-1 LIMIT 5 5-1 a b', 'entry s 5-1 = a b', 'trim s 3-1'],
  ['XADD s MINID ~ 3-1 5-1 a b', 'entry s 5-1 = a b', '?trimmed s'],
  // Redis 8.2 and 8.6.
  ['XADD s KEEPREF MAXLEN = 3 5-1 a b', 'entry s 5-1 = a b', '?trimmed s'],
  ['XADD s MAXLEN 2 DELREF 7-1 a b', 'entry s 7-1 = a b', '?trimmed s'],
  ['XADD s MAXLEN = 2 ACKED 7-1 a b', '?state s'],
  ['XADD s ACKED MAXLEN = 3 5-1 a b', '?state s'],
  ['XADD s IDMP p i 5-1 a b', 'entry s 5-1 = a b'],
  ['XADD s IDMPAUTO p 5-1 a b', 'entry s 5-1 = a b'],
  ['XADD s IDMP p i * a b', '?state s'],
  ['XADD s * a b', '?state s'],
  ['XADD s 1-1 a b c', '?state s'],
  ['XDEL s 9-1 8', 'entry s 9-1 gone', 'entry s 8-0 gone'],
  ['XDEL s 9-1 x', '?state s'],
  ['XDELEX s IDS 1 9-1', 'entry s 9-1 gone'],
  ['XDELEX s DELREF IDS 2 9-1 9-2', 'entry s 9-1 gone', 'entry s 9-2 gone'],
  ['XDELEX s ACKED IDS 1 9-1', '?state s'],
  ['XDELEX s IDS 2 9-1', '?state s'],
  ['XTRIM s MINID 4', 'trim s 4-0'],
  ['XTRIM s MINID = 4-2 LIMIT 5', 'trim s 4-2'],
  ['XTRIM s MAXLEN = 0', '?trimmed s'],
  ['XTRIM s MAXLEN 1', '?trimmed s'],
  ['XTRIM s MINID = 4 ACKED', '?state s'],
  ['XTRIM s AGE 4', '?state s'],
  ['XSETID s 11-1 ENTRIESADDED 20 MAXDELETEDID 5-1', '?state s'],
  ['XSETID s $', '?state s'],
  ['XGROUP CREATE s g $', '?state s'],
  ['XGROUP CREATE s g $ MKSTREAM', '?state s'],
  ['XGROUP CREATE s g 0', 'position s g = 0-0 -1'],
  ['XGROUP CREATE s g 0 MKSTREAM ENTRIESREAD 2', 'position s g = 0-0 2'],
  ['XGROUP CREATE s g 9 ENTRIESREAD 3', 'position s g = 9-0 3'],
  ['XGROUP SETID s g 0', 'position s g = 0-0 -1'],
  ['XGROUP SETID s g $', '?state s'],
  ['XGROUP SETID s g 22-1 ENTRIESREAD 23', 'position s g = 22-1 23'],
  ['XGROUP DESTROY s g', 'groupEnd s g gone'],
  ['XGROUP CREATECONSUMER s g c', 'consumer s g c ='],
  ['XGROUP DELCONSUMER s g c', 'consumerEnd s g c gone'],
  [
    'XCLAIM s g c 0 9-3 TIME 1795251459555 RETRYCOUNT 1 FORCE JUSTID LASTID 9-3',
    'advance s g = 9-3',
    'delivery s g 9-3 = c 1795251459555 1',
  ],
  ['XCLAIM s g c 0 9-3 9-4 JUSTID', '?state s'],
  ['XACK s g 22-1 9-3', 'delivery s g 22-1 gone', 'delivery s g 9-3 gone'],
  ['XACKDEL s g IDS 1 22-1', '?state s'],
  ['XAUTOCLAIM s g c 0 0', '?state s'],
  ['XREADGROUP GROUP g c STREAMS s t > >', '?state s', '?state t'],
  ['XCFGSET s IDMP-DURATION 5'],
  ['XIDMPRECORD s p i 1-1'],
];

describe('a propagated stream command becomes its ops', () => {
  it.each(rows.map((row) => [row[0], row.slice(1)] as const))('%s', (line, ops) => {
    expect(translate(line)).toEqual(ops);
  });

  it('every row is tried', () => {
    const tried = new Set(
      rows.flatMap(([line]) => [line.split(' ')[0]!.toUpperCase(), line.split(' ').slice(0, 2).join('|')]),
    );
    expect(Object.keys(streamRows).filter((name) => !tried.has(name))).toEqual([]);
  });
});
