/** What is played for a seed, as the options of a command line narrow it. The modes take turns by the seed. */
import { generators } from './generator-table.ts';
import { modes, type Play } from './modes.ts';
import { allGroups } from './row.ts';

/** In one run. */
export const usualCommands = 2_000;

/** Throws when a mode, group or command does not exist. */
export function playOf(seed: number, narrowed: Readonly<Record<string, string>>): Play {
  const mode = modes.find((known) => known === (narrowed.mode ?? modes[seed % modes.length]));
  if (mode === undefined) throw new Error(`no such mode: ${narrowed.mode}`);
  const left = new Set(narrowed.only === undefined ? generators.keys() : namesOf(narrowed.only));
  for (const name of namesOf(narrowed.without ?? '')) left.delete(name);
  const all = [...generators.values()];
  return {
    ...{ seed, mode, prefix: `d${seed}`, now: Date.now() },
    groups: allGroups.filter((group) => all.some((generator) => generator.group === group && left.has(generator.name))),
    without: new Set([...generators.keys()].filter((name) => !left.has(name))),
    commands: Number(narrowed.commands ?? usualCommands),
  };
}

/** Generators by their names, or by their groups. */
function namesOf(list: string): string[] {
  return list.split(',').flatMap((word) => {
    if (word === '') return [];
    const all = [...generators.values()].filter(({ name, group }) => [name, name.split('|')[0], group].includes(word));
    if (all.length === 0) throw new Error(`no such group or command: ${word}`);
    return all.map(({ name }) => name);
  });
}
