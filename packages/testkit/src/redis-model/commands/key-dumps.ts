/** DUMP and RESTORE: values as payloads. */
import { fromByteString, toByteString } from '@entwine/core';
import { crc64 } from '@entwine/rdb';
import type { Call, ModelCommand } from '../call.ts';
import { type ModelReply, ok, Refusal, syntaxError } from '../reply.ts';
import { parseInteger } from './numbers.ts';
import { newestVersion, payloadOf, valueOfPayload } from './payloads.ts';

const footerBytes = 10;
const checksumBytes = 8;
const mostFrequent = 255n;

interface Wishes {
  isReplacing: boolean;
  isAbsolute: boolean;
  idle?: bigint;
  frequency?: bigint;
}

export const keyDumpCommands: readonly ModelCommand[] = [
  {
    name: 'DUMP',
    arity: 2,
    write: false,
    run: (call, [key]) => {
      const stored = call.find(key!);
      return stored === undefined ? null : toByteString(payloadOf(stored.value));
    },
  },
  { name: 'RESTORE', arity: -4, write: true, run: restore },
];

function restore(call: Call, [key, time, payload, ...options]: readonly string[]): ModelReply {
  const { isReplacing, isAbsolute } = wishesOf(options);
  if (!isReplacing && call.find(key!) !== undefined) throw new Refusal('BUSYKEY Target key name already exists.');
  const given = parseInteger(time!);
  if (given < 0n) throw new Refusal('ERR Invalid TTL value, must be >= 0');
  const bytes = fromByteString(payload!);
  if (!isIntact(bytes)) throw new Refusal('ERR DUMP payload version or checksum are wrong');
  const value = valueOfPayload(bytes);
  if (value === undefined) throw new Refusal('ERR Bad data format');
  const wasThere = isReplacing && call.drop(key!);
  if (given === 0n) {
    call.put(key!, value, -1);
    call.changed();
    return ok;
  }
  const expireAt = isAbsolute ? given : BigInt.asIntN(64, given + BigInt(call.now));
  if (call.hasPassed(expireAt)) {
    if (wasThere) call.propagate(['DEL', key!]);
    return ok;
  }
  call.put(key!, value, Number(expireAt));
  if (isAbsolute) call.changed();
  else call.propagate([...call.given.with(2, String(expireAt)), 'ABSTTL']);
  return ok;
}

/** How long nobody has used the key, or how often it is used, is checked and forgotten. @throws Refusal */
function wishesOf(options: readonly string[]): Wishes {
  const wishes: Wishes = { isReplacing: false, isAbsolute: false };
  for (let at = 0; at < options.length; at++) {
    const option = options[at]!.toUpperCase();
    const next = options[at + 1];
    if (option === 'REPLACE') wishes.isReplacing = true;
    else if (option === 'ABSTTL') wishes.isAbsolute = true;
    else if (option === 'IDLETIME' && next !== undefined && wishes.frequency === undefined) {
      wishes.idle = parseInteger(next);
      if (wishes.idle < 0n) throw new Refusal('ERR Invalid IDLETIME value, must be >= 0');
      at++;
    } else if (option === 'FREQ' && next !== undefined && wishes.idle === undefined) {
      wishes.frequency = parseInteger(next);
      if (wishes.frequency < 0n || wishes.frequency > mostFrequent)
        throw new Refusal('ERR Invalid FREQ value, must be >= 0 and <= 255');
      at++;
    } else throw new Refusal(syntaxError);
  }
  return wishes;
}

/** Whether this server knows the version, and the checksum is right: unlike others it takes none in place of a checksum. */
function isIntact(payload: Uint8Array): boolean {
  if (payload.length < footerBytes) return false;
  const footer = new DataView(payload.buffer, payload.byteOffset + payload.length - footerBytes, footerBytes);
  if (footer.getUint16(0, true) > newestVersion) return false;
  return footer.getBigUint64(2, true) === crc64(payload, 0, payload.length - checksumBytes);
}
