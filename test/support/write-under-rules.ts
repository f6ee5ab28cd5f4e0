/** Random writes to keys that rules are about, and what of them has to stay at their site. */
import type { Random, Site } from '../../apps/demo/src/lab/index.ts';

/** What was written at a site. */
export interface RandomWrites {
  readonly writes: number;
  /** What its keys `local:mix:*` have to hold, as lines of `keysOf`. */
  readonly local: readonly string[];
}

const kinds = ['local:mix', 'home-a', 'home-b', 'result', 'mix'] as const;

/** Writes to keys under every rule; strings, hashes, lists and sorted sets, alone and in transactions; now and then the whole database goes. */
export async function writeAtRandom({ name, master }: Site, random: Random, writes: number): Promise<RandomWrites> {
  const strings = new Map<string, string>();
  const lists = new Map<string, string[]>();
  await master.with(async (client) => {
    for (let n = 0; n < writes; n++) {
      const value = `${name}${n}`;
      const commands: [string, ...string[]][] = [];
      const count = random.chance(0.2) ? 3 : 1;
      if (random.chance(0.003)) {
        await client.call(random.pick(['FLUSHDB', 'FLUSHALL']));
        strings.clear();
        lists.clear();
      }
      for (let one = 0; one < count; one++) {
        const kind = random.pick(kinds);
        const place = random.integer(0, 7);
        const what = random.integer(0, 5);
        if (what === 0) commands.push(['SET', `${kind}:s:${place}`, value]);
        else if (what === 1) commands.push(['HSET', `${kind}:h:${place}`, `f${random.integer(0, 5)}`, value]);
        else if (what === 2) commands.push(['RPUSH', `${kind}:l:${place}`, value]);
        else if (what === 3) commands.push(['INCRBY', `${kind}:n:${place}`, String(random.integer(1, 9))]);
        else if (what === 4) commands.push(['HINCRBY', `${kind}:c:${place}`, `f${random.integer(0, 2)}`, '2']);
        else commands.push(['DEL', `${kind}:${random.pick(['s', 'h', 'l', 'n', 'c'])}:${place}`]);
      }
      if (count === 1) await client.call(...commands[0]!);
      else {
        const multi = client.multi();
        for (const [command, ...args] of commands) multi.call(command, ...args);
        await multi.exec();
      }
      for (const command of commands) follow(command, strings, lists);
    }
  });
  return { writes, local: lines(strings, lists) };
}

/** Strings, numbers and hash fields by name; lists apart. */
function follow(
  [command, key = '', ...args]: readonly string[],
  strings: Map<string, string>,
  lists: Map<string, string[]>,
): void {
  if (!key.startsWith('local:')) return;
  const [first = '', second = ''] = args;
  const sum = (name: string, by: string): string => String(Number(strings.get(name) ?? '0') + Number(by));
  if (command === 'SET') strings.set(key, first);
  else if (command === 'HSET') strings.set(`${key} ${first}`, second);
  else if (command === 'RPUSH') lists.set(key, [...(lists.get(key) ?? []), first]);
  else if (command === 'INCRBY') strings.set(key, sum(key, first));
  else if (command === 'HINCRBY') strings.set(`${key} ${first}`, sum(`${key} ${first}`, second));
  else {
    for (const name of strings.keys()) if (name === key || name.startsWith(`${key} `)) strings.delete(name);
    lists.delete(key);
  }
}

function lines(strings: ReadonlyMap<string, string>, lists: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const held = new Map<string, string[]>();
  for (const [name, value] of strings) {
    const [key = '', field] = name.split(' ');
    const parts = held.get(key) ?? [];
    parts.push(field === undefined ? value : `${field}=${value}`);
    held.set(key, parts);
  }
  const told = [...held].map(([key, parts]) => {
    const isHash = parts.some((part) => part.includes('='));
    return `0 ${key} ${isHash ? 'hash' : 'string'} ${parts.sort().join(' ')}`;
  });
  for (const [key, elements] of lists)
    if (elements.length > 0) told.push(`0 ${key} list ${elements.map((element, n) => `${n}=${element}`).join(' ')}`);
  return told.sort();
}
