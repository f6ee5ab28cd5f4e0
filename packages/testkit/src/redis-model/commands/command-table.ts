/** Every command of the model, by its name. */
import type { ModelCommand } from '../call.ts';
import { bitCommands } from './bits.ts';
import { connectionCommands } from './connection.ts';
import { databaseCommands } from './databases.ts';
import { expiryCommands } from './expiry.ts';
import { hashCommands } from './hashes.ts';
import { keyCommands } from './keys.ts';
import { listCommands } from './lists.ts';
import { setCommands } from './sets.ts';
import { sortedSetCommands } from './sorted-sets.ts';
import { streamCommands } from './streams.ts';
import { stringCommands } from './strings.ts';

const groups: readonly (readonly ModelCommand[])[] = [
  ...[connectionCommands, keyCommands, expiryCommands, databaseCommands, stringCommands, bitCommands],
  ...[listCommands, hashCommands, setCommands, sortedSetCommands, streamCommands],
];

export const commandTable: ReadonlyMap<string, ModelCommand> = new Map(
  groups.flat().map((command) => [command.name, command]),
);
