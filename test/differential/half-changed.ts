/**
 * Sketches that a server has changed without telling anybody: PFADD on a damaged one may fail after its first elements, and a
 * command that failed is not in the stream. A replica of Redis differs then too. Such keys are deleted before sites are compared.
 */
import type { RedisServer } from '../../apps/demo/src/lab/index.ts';
import { RawConnection, Refused, type Reply } from './raw-connection.ts';
import type { Done } from './writer.ts';

/** Deletes them at the site where it happened. Returns how many there were. */
export async function deleteHalfChanged(server: RedisServer, trail: readonly Done[]): Promise<number> {
  const keys = halfChanged(trail);
  if (keys.length === 0) return 0;
  const connection = await RawConnection.open(server.port);
  await connection.send(
    keys.flatMap(({ db, key }) => [
      ['SELECT', String(db)],
      ['DEL', key],
    ]),
  );
  connection.close();
  return keys.length;
}

/** The keys whose PFADD failed midway, alone or in a transaction. */
export function halfChanged(trail: readonly Done[]): { readonly db: number; readonly key: string }[] {
  const found = new Map<string, { db: number; key: string }>();
  const note = ({ db, command: [name, key = ''] }: Done, reply: Reply): void => {
    const isDamaged = reply instanceof Refused && reply.message.startsWith('INVALIDOBJ');
    if (name === 'PFADD' && isDamaged) found.set(`${db} ${key}`, { db, key });
  };
  let queued: Done[] = [];
  for (const done of trail) {
    if (done.reply === 'QUEUED') queued.push(done);
    else note(done, done.reply);
    if (done.command[0] !== 'EXEC') continue;
    const replies = Array.isArray(done.reply) ? (done.reply as readonly Reply[]) : [];
    for (const [place, inside] of queued.entries()) note(inside, replies[place] ?? null);
    queued = [];
  }
  return [...found.values()];
}
