/** What compatibility is tried on: one server at every site, or different ones. */
import { builtServers, serverBinary } from '../../apps/demo/src/lab/server-binary.ts';
import { modes } from '../differential/modes.ts';
import { versionOf } from '../support/environment.ts';

/** One line of the table. */
export interface Subject {
  /** As ENTWINE_REDIS_SERVER names the servers of the sites. */
  readonly servers: string;
  /** Whether all sites run the same. */
  readonly alike: boolean;
}

/** The oldest at the first site, and at the server that payloads come from: newer ones read what it dumps. */
export const mixed = 'a=redis-7,b=valkey-9,c=redis-8,redis-7';

/** What a list of servers names; without one, every server that is built, and the mix where its servers are. */
export function subjects(given?: string): Subject[] {
  if (given?.includes('=')) return [subject(given)];
  if (given !== undefined) return given.split(',').map(subject);
  const built = builtServers();
  const all = built.length > 0 ? built : ['redis-server'];
  return [...all, ...(missing(mixed).length === 0 ? [mixed] : [])].map(subject);
}

export function subject(servers: string): Subject {
  return { servers, alike: new Set(serversOf(servers)).size === 1 };
}

/** Servers of a subject that are not built. */
export function missing(servers: string): string[] {
  return [...new Set(serversOf(servers))].filter((server) => {
    try {
      return serverBinary(server) === '';
    } catch {
      return true;
    }
  });
}

/** What stands in the table, as `Redis 8.6.3` or `a: Redis 7.0.15, b: Valkey 9.1.2`. */
export async function titleOf({ servers, alike }: Subject): Promise<string> {
  if (alike) return versionOf(serversOf(servers)[0] ?? servers);
  const sites = servers.split(',').filter((part) => part.includes('='));
  const told = sites.map(
    async (part) => `${part.split('=')[0]}: ${await versionOf(part.slice(part.indexOf('=') + 1))}`,
  );
  return (await Promise.all(told)).join(', ');
}

/** The ways of playing that have an outcome to compare: replies are only compared with those of a server of the same version. */
export function modesOf({ alike }: Subject): readonly string[] {
  return alike ? modes : modes.filter((mode) => mode !== 'exact');
}

function serversOf(servers: string): string[] {
  return servers.split(',').map((part) => part.replace(/^[\w-]+=/, ''));
}
