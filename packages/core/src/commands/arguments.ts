/** Reading command arguments as Redis reads them: what it refuses as a number is none here. */
import type { ExpiryTime } from '../entry/entry.ts';
import { argument, argumentCount, argumentText, type Command } from '../resp/command.ts';

const least = -(2n ** 63n);
const most = 2n ** 63n - 1n;

/** A signed 64-bit integer argument, in the one form Redis takes; undefined when it is none. */
export function integerArgument(command: Command, i: number): bigint | undefined {
  const text = argumentText(command, i);
  if (!/^(?:0|-?[1-9][0-9]{0,18})$/.test(text)) return undefined;
  const value = BigInt(text);
  return value < least || value > most ? undefined : value;
}

/** An argument that is a whole number from 0 to `greatest`; undefined when it is none. */
export function naturalArgument(command: Command, i: number, greatest: number): number | undefined {
  const value = integerArgument(command, i);
  return value === undefined || value < 0n || value > BigInt(greatest) ? undefined : Number(value);
}

/** The number of a database. */
export function databaseArgument(command: Command, i: number): number | undefined {
  return naturalArgument(command, i, 2 ** 31 - 1);
}

/** An absolute time in milliseconds; undefined when it is none. */
export function timeArgument(command: Command, i: number, unitMs: number): ExpiryTime | undefined {
  const value = integerArgument(command, i);
  if (value === undefined || value < 0n) return undefined;
  const ms = value * BigInt(unitMs);
  // No server takes one beyond 64 bits.
  return ms <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(ms) : ms < most ? ms : most;
}

/** A time in milliseconds from its text, as an expiry register holds it. */
export function expiryTimeOf(text: string): ExpiryTime {
  const ms = Number(text);
  return ms <= Number.MAX_SAFE_INTEGER ? ms : BigInt(text);
}

/** A score: a double, infinities included; undefined when it is none. */
export function scoreArgument(command: Command, i: number): number | undefined {
  return scoreOf(argumentText(command, i));
}

/**
 * A score from its text. Redis up to 8.0 also takes hexadecimal floats, which nobody writes: they are none here, and what
 * they meant is read back.
 */
export function scoreOf(text: string): number | undefined {
  if (/^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?$/i.test(text)) {
    const score = Number(text);
    return Number.isFinite(score) ? score : undefined;
  }
  const infinite = /^([+-]?)inf(?:inity)?$/i.exec(text);
  if (infinite === null) return undefined;
  return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** The whole command, name first. */
export function allArguments(command: Command): Uint8Array[] {
  return Array.from({ length: argumentCount(command) }, (_, i) => argument(command, i));
}
