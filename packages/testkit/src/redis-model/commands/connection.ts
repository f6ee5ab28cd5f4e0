/**
 * Commands about the connection and its transaction. MULTI, EXEC, DISCARD, WATCH and UNWATCH are carried out by the server
 * itself.
 */
import type { ModelCommand } from '../call.ts';
import { ok, Refusal, wrongArity } from '../reply.ts';
import { parseDatabase } from './databases.ts';

export const connectionCommands: readonly ModelCommand[] = [
  ...['MULTI', 'EXEC', 'DISCARD', 'UNWATCH'].map((name) => ({ name, arity: 1, write: false, run: () => ok })),
  { name: 'WATCH', arity: -2, write: false, run: () => ok },
  {
    name: 'PING',
    arity: -1,
    write: false,
    run: (_call, args) => {
      if (args.length > 1) throw new Refusal(wrongArity('PING'));
      return args[0] ?? { status: 'PONG' };
    },
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
      call.db = parseDatabase(call, index!);
      return ok;
    },
  },
  {
    name: 'TIME',
    arity: 1,
    write: false,
    run: ({ now }) => [String(Math.floor(now / 1000)), String((now % 1000) * 1000)],
  },
  {
    name: 'PUBLISH',
    arity: 3,
    write: false,
    run: (call) => {
      call.changed();
      return 0;
    },
  },
];
