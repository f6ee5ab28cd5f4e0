/** Commands that store what they computed from other keys: the destination is read back, the sources are nobody's business. */
import { argumentCount, argumentText, type Command } from '../resp/command.ts';
import type { CommandRow, CommandRows, Translate } from './command-row.ts';
import { afterWord, firstKey } from './key-spec.ts';

const storeFirst: Translate = (command, unit) => {
  unit.state(argumentText(command, 1), true);
  return true;
};

/** Options that take a key to store to, and how many arguments the others take, from argument `first` on. */
interface Options {
  readonly first: number;
  readonly stores: readonly string[];
  readonly following: Readonly<Record<string, number>>;
}

/** The destination is the one that the last such option names, as in Redis. Without one nothing is stored. */
const storeNamed =
  (options: Options): Translate =>
  (command, unit) => {
    const destination = destinationOf(command, options);
    if (destination !== undefined) unit.state(destination, true);
    return true;
  };

function destinationOf(command: Command, { first, stores, following }: Options): string | undefined {
  let destination: string | undefined;
  for (let i = first; i < argumentCount(command); i++) {
    const option = argumentText(command, i).toUpperCase();
    if (!stores.includes(option)) i += following[option] ?? 0;
    else if (++i < argumentCount(command)) destination = argumentText(command, i);
  }
  return destination;
}

const stores: CommandRow = { family: 'state', keys: firstKey, least: 3, translate: storeFirst };
const near: Pick<CommandRow, 'family' | 'keys'> = {
  family: 'state',
  keys: [...afterWord('STORE', 5), ...afterWord('STOREDIST', 5)],
};
const distances = { stores: ['STORE', 'STOREDIST'], following: { COUNT: 1 } };

export const storeRows: CommandRows = {
  SORT: {
    ...{ family: 'state', keys: afterWord('STORE', 2), least: 4 },
    translate: storeNamed({ first: 2, stores: ['STORE'], following: { BY: 1, GET: 1, LIMIT: 2 } }),
    note: 'With STORE; without it nothing is written.',
  },
  GEORADIUS: {
    ...{ ...near, least: 6, translate: storeNamed({ first: 6, ...distances }) },
    note: 'With STORE or STOREDIST; without them nothing is written.',
  },
  GEORADIUSBYMEMBER: {
    ...{ ...near, least: 5, translate: storeNamed({ first: 5, ...distances }) },
    note: 'With STORE or STOREDIST; without them nothing is written.',
  },
  GEOSEARCHSTORE: stores,
  ZRANGESTORE: stores,
  ZUNIONSTORE: stores,
  ZINTERSTORE: stores,
  ZDIFFSTORE: stores,
  SUNIONSTORE: stores,
  SINTERSTORE: stores,
  SDIFFSTORE: stores,
};
