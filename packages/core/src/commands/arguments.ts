/** Reading numbers from command arguments. */
import { argumentText, type Command } from '../resp/command.ts';

/** A 64-bit integer argument; undefined when it is none. */
export function integerArgument(command: Command, i: number): bigint | undefined {
  const text = argumentText(command, i);
  return /^-?[0-9]{1,19}$/.test(text) ? BigInt(text) : undefined;
}

/** An absolute time in milliseconds; undefined when it is none. Beyond the safe integers it is the greatest of them. */
export function timeArgument(command: Command, i: number, unitMs: number): number | undefined {
  const value = integerArgument(command, i);
  if (value === undefined || value < 0n) return undefined;
  return Math.min(Number(value) * unitMs, Number.MAX_SAFE_INTEGER);
}

/** A score: a double, infinities included; undefined when it is none. */
export function scoreArgument(command: Command, i: number): number | undefined {
  const text = argumentText(command, i);
  const infinite = /^([+-]?)inf(inity)?$/i.exec(text);
  if (infinite !== null) return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const score = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isNaN(score) ? undefined : score;
}
