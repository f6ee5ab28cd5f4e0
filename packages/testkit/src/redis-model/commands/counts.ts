/** Counts, places and times to wait, as commands take them. */
import { notAnInteger, Refusal } from '../reply.ts';
import { ceilLongDouble, multiplyLongDouble, parseLongDouble } from './long-double.ts';
import { parseInteger } from './numbers.ts';

const greatest = 2n ** 63n - 1n;

/** A signed 64-bit integer of which only the size matters: beyond 2^53 it is the nearest double. @throws Refusal */
export function parseCount(text: string, message: string = notAnInteger): number {
  const value = Number(text);
  return Number.isSafeInteger(value) && String(value) === text ? value : Number(parseInteger(text, message));
}

/** @throws Refusal with this message also where it is no integer */
export function parseAtLeast(
  least: number,
  text: string,
  message: string = 'ERR value is out of range, must be positive',
): number {
  const count = parseCount(text, message);
  if (count < least) throw new Refusal(message);
  return count;
}

/** Checks the seconds that a command would wait, which nothing waits for here. @throws Refusal */
export function checkTimeout(text: string): void {
  const seconds = parseLongDouble(text);
  if (seconds === undefined) throw new Refusal('ERR timeout is not a float or out of range');
  const milliseconds = ceilLongDouble(multiplyLongDouble(seconds, 1000n));
  // What no 64 bits hold is a negative number to the server.
  const isHeld = milliseconds !== undefined && BigInt.asIntN(64, milliseconds) === milliseconds;
  if (!isHeld || milliseconds < 0n) throw new Refusal('ERR timeout is negative');
}

/** How many elements to look at by chance; below zero, each may come again. @throws Refusal */
export function parseSampleSize(text: string): number {
  if (isSampleSize(text, greatest)) return Number(text);
  throw new Refusal(`ERR value is out of range, value must between ${-greatest} and ${greatest}`);
}

/** Of pairs only half as many may be asked for. @throws Refusal */
export function checkSampleOfPairs(size: string): void {
  if (!isSampleSize(size, greatest / 2n)) throw new Refusal('ERR value is out of range');
}

function isSampleSize(text: string, most: bigint): boolean {
  const size = parseInteger(text);
  return size >= -most && size <= most;
}
