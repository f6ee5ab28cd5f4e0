/** Numbers as commands take them. */
import { notAnInteger, Refusal } from '../reply.ts';

/** A signed 64-bit integer, in the one form that Redis takes: no sign but `-`, no leading zeros, no spaces. @throws Refusal */
export function parseInteger(text: string, message: string = notAnInteger): bigint {
  if (!/^(?:0|-?[1-9]\d{0,18})$/.test(text)) throw new Refusal(message);
  const value = BigInt(text);
  if (BigInt.asIntN(64, value) !== value) throw new Refusal(message);
  return value;
}
