/** Random commands of those that the model knows, for tests beside a live server or without one. */
import { commandTable } from '../../packages/testkit/src/redis-model/commands/command-table.ts';
import { commandStream, type Step, type StreamOptions } from '../differential/command-stream.ts';
import { generators } from '../differential/generator-table.ts';
import { contentGroups, type Group, type Words } from '../differential/row.ts';

/** Generators that the model has no command for, or that Redis 7.0 has not. */
export const unknownGenerators: ReadonlySet<string> = new Set(
  [...generators.values()]
    .filter(({ name, words }) => name.includes('(') || !commandTable.has(words.join(' ')))
    .map(({ name }) => name),
);

/** The kinds of content of which the model knows something. */
export const modelledGroups: readonly Group[] = contentGroups.filter((group) =>
  [...generators.values()].some((row) => row.group === group && !unknownGenerators.has(row.name)),
);

/** What differs from one sequence to another. */
export type RandomOptions = Pick<StreamOptions, 'seed' | 'now' | 'determinate' | 'payloads' | 'commands'>;

/** Commands of every kind, in several databases. */
export function randomCommands(options: RandomOptions): Words[] {
  const groups: Group[] = [...modelledGroups, 'keys', 'expiry', 'flush'];
  const rest = { site: 'a', prefix: 'p', without: unknownGenerators, flushAll: true, withDues: false };
  return commandStream({ ...options, ...rest, groups }).flatMap(commandsOf);
}

/** The commands of a step, but for such as would wait: inside of a transaction they do not. */
export function commandsOf({ db, commands }: Step): Words[] {
  const start = commands.findIndex(([name]) => name === 'MULTI');
  const atOnce = commands.filter(([name], place) => place > start || !/^B[LZ]MPOP$/.test(name!));
  return [['SELECT', String(db)], ...atOnce];
}
