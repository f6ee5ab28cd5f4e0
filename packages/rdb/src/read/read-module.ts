/**
 * Reads over a value of a module (encoding 2, which marks what it holds), and names it. What it means only the module
 * knows.
 */
import type { ModuleValue } from '../rdb-value.ts';
import type { RdbCursor } from './rdb-cursor.ts';

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const nameLength = 9;

export function readModule(cursor: RdbCursor): ModuleValue {
  const id = cursor.unsigned();
  let type = '';
  for (let i = 0; i < nameLength; i++) type += letters[Number((id >> BigInt(58 - 6 * i)) & 63n)];
  for (let isOpen = true; isOpen && !cursor.failed; ) isOpen = skipPart(cursor);
  return { kind: 'module', type, encodingVersion: Number(id & 1023n) };
}

/** Moves over one part; false if it was the end. */
function skipPart(cursor: RdbCursor): boolean {
  const start = cursor.at;
  const code = cursor.length();
  if (code === 0) return false;
  if (code <= 2) cursor.unsigned();
  else if (code === 3) cursor.skip(4);
  else if (code === 4) cursor.skip(8);
  else if (code === 5) cursor.string();
  else cursor.fail('bad-module', `a part of kind ${code}`, start);
  return true;
}
