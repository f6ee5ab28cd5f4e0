/** What the steps of the scenario `policies` have in common: commands, and waiting for what they come to. */
import { type Mesh, type Site, waitFor } from '../../../apps/demo/src/lab/index.ts';
import { keysOf } from '../../support/keys-of.ts';

/** How long something may take that is a matter of moments. */
export const fewSeconds = { timeoutMs: 20_000, everyMs: 50 } as const;

/** Commands of one client, in order. */
export async function run(site: Site, ...commands: readonly (readonly string[])[]): Promise<void> {
  await site.master.with(async (client) => {
    for (const [name = '', ...args] of commands) await client.call(name, ...args);
  });
}

/** What a string holds at a site. */
export async function get(site: Site, key: string): Promise<string | null> {
  return site.master.with((client) => client.get(key));
}

/** Waits until a key has a value at some sites. */
export async function comesTo(sites: readonly Site[], key: string, value: string | null): Promise<void> {
  for (const site of sites) {
    await waitFor(`${key} is ${value} at ${site.name}`, async () => (await get(site, key)) === value, {
      ...fewSeconds,
      describe: async () => `it is ${await get(site, key)}\n${site.replicator.tail(5)}`,
    });
  }
}

/** Whether a key has a home. */
export const hasHome = (key: string): boolean => key.startsWith('home-');

/** Waits until what has a home is the same everywhere, and nothing is waited for. */
export async function homesAgree({ sites }: Mesh): Promise<readonly string[]> {
  return waitFor(
    'what has a home is as it is at home, everywhere',
    async () => {
      for (const { replicator } of sites)
        if (((await replicator.tryStatus())?.pending.undone ?? 1) > 0) return undefined;
      const [first, ...others] = await Promise.all(sites.map(({ master }) => keysOf(master, hasHome)));
      return others.every((other) => String(other) === String(first)) ? first : undefined;
    },
    {
      ...fewSeconds,
      describe: async () =>
        (await Promise.all(sites.map(async ({ name, master }) => `${name}: ${await keysOf(master, hasHome)}`))).join(
          '\n',
        ),
    },
  );
}
