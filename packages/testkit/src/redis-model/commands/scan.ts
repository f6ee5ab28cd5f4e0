/** What SCAN, HSCAN, SSCAN and ZSCAN have in common: the cursor, the options, and that one call shows everything. */
import type { Call } from '../call.ts';
import type { ValueOf } from '../keyspace.ts';
import { type ModelReply, Refusal, syntaxError } from '../reply.ts';
import type { ModelType } from '../values.ts';
import { parseCount } from './counts.ts';
import { glob } from './glob.ts';

/**
 * The reply to a scan of one key, which is over at once.
 * @param show - appends what is shown of the elements whose names match
 */
export function scanValue<T extends ModelType>(
  call: Call,
  [key, cursor, ...options]: readonly string[],
  type: T,
  show: (value: ValueOf<T>, matches: (name: string) => boolean, shown: string[]) => void,
): ModelReply {
  checkCursor(cursor!);
  const value = call.read(key!, type);
  const shown: string[] = [];
  if (value !== undefined) show(value, scanOptions(options).matches, shown);
  return ['0', shown];
}

/** A number, or nothing, up to a NUL. @throws Refusal */
export function checkCursor(cursor: string): void {
  const text = cursor.split('\0', 1)[0]!;
  const isTooGreat = /^[+-]?\d+$/.test(text) && BigInt(text.replace(/^[+-]/, '')) >= 1n << 64n;
  if (!/^(?:[+-]?\d+)?$/.test(text) || isTooGreat) throw new Refusal('ERR invalid cursor');
}

/** What a scan is to show. */
export interface ScanOptions {
  readonly matches: (name: string) => boolean;
  /** Of keys; any when undefined. */
  readonly type: string | undefined;
}

/** MATCH and COUNT, and TYPE where keys are scanned. @throws Refusal */
export function scanOptions(options: readonly string[], ofKeys: boolean = false): ScanOptions {
  let matches = (_name: string): boolean => true;
  let type: string | undefined;
  for (let at = 0; at < options.length; at += 2) {
    const value = options[at + 1];
    const option = options[at]!.toUpperCase();
    if (value !== undefined && option === 'COUNT') {
      if (parseCount(value) < 1) throw new Refusal(syntaxError);
    } else if (value !== undefined && option === 'MATCH') matches = glob(value);
    else if (value !== undefined && option === 'TYPE' && ofKeys) type = value.toLowerCase();
    else throw new Refusal(syntaxError);
  }
  return { matches, type };
}
