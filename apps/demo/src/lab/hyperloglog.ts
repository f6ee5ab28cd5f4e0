/**
 * What a HyperLogLog holds, whatever its encoding: its registers, without the estimate that Redis caches beside them.
 *
 * After `hyperloglog.c` of Redis 7: a header of 16 bytes, then 16384 registers, dense (6 bits each) or sparse (runs). What
 * APPEND put behind them is kept.
 */

const registers = 16384;
const headerBytes = 16;
const denseBytes = (registers * 6) / 8;

/** The registers in words for a HyperLogLog, and any other string as it is. Text is latin1. */
export function registersOf(text: string): string {
  if (!text.startsWith('HYLL') || text.length < headerBytes) return text;
  const body = text.slice(headerBytes);
  const runs = text.charCodeAt(4) === 0 ? dense(body) : sparse(body);
  // Damaged by SETRANGE or the like: PFADD then still writes before it refuses, and tells no replica what.
  return runs === undefined ? 'damaged HyperLogLog' : `HyperLogLog ${runs.join(' ')}`;
}

/** Registers that are not zero, as `place=value`, and what follows them. */
function dense(body: string): string[] | undefined {
  if (body.length < denseBytes) return undefined;
  const told: string[] = [];
  for (let place = 0; place < registers; place++) {
    const bit = place * 6;
    const byte = bit >> 3;
    const pair = body.charCodeAt(byte) | ((body.charCodeAt(byte + 1) || 0) << 8);
    const value = (pair >> (bit & 7)) & 63;
    if (value > 0) told.push(`${place}=${value}`);
  }
  return [...told, body.slice(denseBytes)];
}

function sparse(body: string): string[] | undefined {
  const told: string[] = [];
  let place = 0;
  let at = 0;
  for (; at < body.length && place < registers; at++) {
    const code = body.charCodeAt(at);
    if (code < 0x40) place += code + 1;
    else if (code < 0x80) place += (((code & 63) << 8) | (body.charCodeAt(++at) || 0)) + 1;
    else for (let left = (code & 3) + 1; left > 0; left--) told.push(`${place++}=${((code >> 2) & 31) + 1}`);
  }
  return place === registers ? [...told, body.slice(at)] : undefined;
}
