/** Values for RESTORE and libraries for FUNCTION RESTORE, as a server dumps them. */
import type { RedisServer } from '../../apps/demo/src/lab/index.ts';
import type { Kind, Payloads } from './draw.ts';
import { RawConnection } from './raw-connection.ts';
import type { Words } from './row.ts';
import { library } from './rows/scripts.ts';

const long = 'long '.repeat(100);
const many = (count: number, make: (place: number) => readonly string[]): string[] =>
  Array.from({ length: count }, (_, place) => make(place)).flat();

/** How the value of each kind is made: small and large, so that every encoding is among them. */
const recipes: Readonly<Record<Kind, readonly (readonly Words[])[]>> = {
  s: [[['SET', 'v', 'restored']], [['SET', 'v', long]], [['SET', 'v', '\xff\x00']]],
  n: [[['SET', 'v', '42']], [['SET', 'v', '-9223372036854775808']]],
  h: [[['HSET', 'v', 'f1', 'restored', 'n1', '7']], [['HSET', 'v', ...many(200, (n) => [`f${n}`, String(n)])]]],
  m: [[['SADD', 'v', '1', '2', '3']], [['SADD', 'v', 'm1', 'm2']], [['SADD', 'v', ...many(600, (n) => [`m${n}`])]]],
  z: [[['ZADD', 'v', '1', 'm1', '2.5', 'm2']], [['ZADD', 'v', ...many(200, (n) => [String(n), `m${n}`])]]],
  l: [[['RPUSH', 'v', 'i1', 'i2', 'i1']], [['RPUSH', 'v', ...many(100, (n) => [`i${n % 10}`, long])]]],
  x: [
    [['XADD', 'v', '1-1', 'f', 'restored']],
    [
      ...many(120, (n) => [String(n + 1)]).map((n) => ['XADD', 'v', `${n}-0`, 'f', n]),
      ['XDEL', 'v', '7-0'],
      ['XGROUP', 'CREATE', 'v', 'g0', '0'],
      ['XREADGROUP', 'GROUP', 'g0', 'c0', 'COUNT', '5', 'STREAMS', 'v', '>'],
    ],
  ],
  b: [[['SETBIT', 'v', '100', '1']]],
  p: [[['PFADD', 'v', 'a', 'b']], [['PFADD', 'v', ...many(3000, (n) => [`e${n}`])]]],
  g: [[['GEOADD', 'v', '13.4', '46.5', 'm1', '12.1', '47.2', 'm2']]],
};

/** Makes them at a server, which is empty before and after. */
export async function takePayloads(server: RedisServer): Promise<Payloads> {
  const connection = await RawConnection.open(server.port);
  const keys: Partial<Record<Kind, string[]>> = {};
  for (const [kind, all] of Object.entries(recipes) as [Kind, (typeof recipes)[Kind]][]) {
    keys[kind] = [];
    for (const commands of all) {
      await connection.send(commands);
      keys[kind].push(String(await connection.call('DUMP', 'v')));
      await connection.call('DEL', 'v');
    }
  }
  await connection.call('FUNCTION', 'LOAD', library(0, 50));
  const one = String(await connection.call('FUNCTION', 'DUMP'));
  await connection.call('FUNCTION', 'LOAD', library(1, 51));
  const two = String(await connection.call('FUNCTION', 'DUMP'));
  await connection.call('FUNCTION', 'FLUSH');
  connection.close();
  return { keys: keys as Payloads['keys'], functions: [one, two] };
}
