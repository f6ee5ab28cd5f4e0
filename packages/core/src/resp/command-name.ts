/**
 * Command names: from bytes to an upper-case string, without making a new string for the names that occur.
 *
 * Rules: ASCII letters only change case. The table below is a cache of spellings and nothing else: it does not say what
 * is a write command, and a name missing from it costs one string per command but works. It never grows at run time.
 */
import { toByteString } from '../bytes/byte-string.ts';

const known = `
PING SELECT MULTI EXEC REPLCONF PUBLISH SPUBLISH
DEL UNLINK EXPIRE EXPIREAT PEXPIRE PEXPIREAT PERSIST RENAME RENAMENX MOVE COPY RESTORE RESTORE-ASKING MIGRATE SORT
FLUSHDB FLUSHALL SWAPDB EVAL EVALSHA FCALL FUNCTION SCRIPT
SET SETNX SETEX PSETEX MSET MSETNX MSETEX GETSET GETDEL GETEX DELEX DELIFEQ INCR DECR INCRBY DECRBY INCRBYFLOAT APPEND
SETRANGE SETBIT BITFIELD BITOP PFADD PFCOUNT PFMERGE PFDEBUG
HSET HMSET HSETNX HSETEX HGETDEL HGETEX HDEL HINCRBY HINCRBYFLOAT
HEXPIRE HEXPIREAT HPEXPIRE HPEXPIREAT HPERSIST
LPUSH RPUSH LPUSHX RPUSHX LPOP RPOP LMPOP LSET LINSERT LREM LTRIM LMOVE RPOPLPUSH
SADD SREM SPOP SMOVE SINTERSTORE SUNIONSTORE SDIFFSTORE
ZADD ZREM ZINCRBY ZPOPMIN ZPOPMAX ZMPOP ZREMRANGEBYSCORE ZREMRANGEBYRANK ZREMRANGEBYLEX ZRANGESTORE ZUNIONSTORE
ZINTERSTORE ZDIFFSTORE GEOADD GEOSEARCHSTORE GEORADIUS GEORADIUSBYMEMBER
XADD XDEL XDELEX XTRIM XSETID XGROUP XCLAIM XACK XACKDEL XAUTOCLAIM XREADGROUP
VADD VREM VSETATTR JSON.SET JSON.DEL JSON.MERGE JSON.MSET JSON.NUMINCRBY JSON.ARRAPPEND CLUSTER TRIMSLOTS
`;

const longest = 18;
const slots = 1024;
const table: string[] = build();

/** The name in `bytes` from `start` to `end`, in upper case. */
export function commandName(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  if (length <= longest) {
    let hash = length;
    for (let i = start; i < end; i++) hash = mix(hash, bytes[i]!);
    for (let slot = hash & (slots - 1); ; slot = (slot + 1) & (slots - 1)) {
      const name = table[slot]!;
      if (name === '') break;
      if (name.length === length && spells(name, bytes, start)) return name;
    }
  }
  return upperCase(toByteString(bytes, start, end));
}

/** Clears the bit in which the cases of a letter differ, so that both fall into one slot. */
function mix(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + (byte & 0xdf)) | 0;
}

function spells(name: string, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < name.length; i++) {
    const byte = bytes[start + i]!;
    if ((byte >= 97 && byte <= 122 ? byte - 32 : byte) !== name.charCodeAt(i)) return false;
  }
  return true;
}

/** `toUpperCase` would turn bytes above 127 into other characters. */
function upperCase(text: string): string {
  return text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}

function build(): string[] {
  const built = new Array<string>(slots).fill('');
  for (const name of known.trim().split(/\s+/)) {
    let hash = name.length;
    for (let i = 0; i < name.length; i++) hash = mix(hash, name.charCodeAt(i));
    let slot = hash & (slots - 1);
    while (built[slot] !== '') slot = (slot + 1) & (slots - 1);
    built[slot] = name;
  }
  return built;
}
