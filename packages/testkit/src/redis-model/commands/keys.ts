/** Commands on keys whatever they hold. */
import type { ModelCommand } from '../call.ts';

export const keyCommands: readonly ModelCommand[] = [
  {
    name: 'TYPE',
    arity: 2,
    write: false,
    run: (call, [key]) => ({ status: call.find(key!)?.value.type ?? 'none' }),
  },
  {
    name: 'PEXPIRETIME',
    arity: 2,
    write: false,
    run: (call, [key]) => call.find(key!)?.expireAt ?? -2,
  },
  {
    name: 'KEYS',
    arity: 2,
    write: false,
    run: (call) => [...call.keyspace.db(call.db).keys()].filter((key) => call.find(key) !== undefined),
  },
];
