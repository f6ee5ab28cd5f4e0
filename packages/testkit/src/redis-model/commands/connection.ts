/** Commands about the connection and its transaction. MULTI, EXEC and DISCARD are carried out by the server itself. */
import type { ModelCommand } from '../call.ts';
import { ok, Refusal } from '../reply.ts';

export const connectionCommands: readonly ModelCommand[] = [
  ...['MULTI', 'EXEC', 'DISCARD'].map((name) => ({ name, arity: 1, write: false, run: () => ok })),
  {
    name: 'PING',
    arity: -1,
    write: false,
    run: (_call, [text]) => text ?? { status: 'PONG' },
  },
  {
    name: 'ECHO',
    arity: 2,
    write: false,
    run: (_call, [text]) => text!,
  },
  {
    name: 'SELECT',
    arity: 2,
    write: false,
    run: (call, [index]) => {
      const db = Number(index);
      if (!/^-?\d+$/.test(index!)) throw new Refusal('ERR value is not an integer or out of range');
      if (db < 0 || db >= call.keyspace.size) throw new Refusal('ERR DB index is out of range');
      call.db = db;
      return ok;
    },
  },
];
