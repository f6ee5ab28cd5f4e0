/** The rules of the configuration in words, in the order in which they are tried. */
import { fromByteString, type Policy } from '@entwine/core';
import type { Config } from '../config/config.ts';
import { type Finding, finding } from './finding.ts';

/** One finding for each rule, and one for a site that goes one way. */
export function checkRules({ policies, filters, direction }: Config): Finding[] {
  const found = policies.map(({ policy, ...about }, n) =>
    finding('info', 'rules', `policies[${n}]`, `${describe(about)}: ${policyText(policy)}`),
  );
  for (const way of ['out', 'in'] as const) {
    for (const [n, { action, ...about }] of (filters[way] ?? []).entries())
      found.push(finding('info', 'rules', `filters.${way}[${n}]`, `${describe(about)}: ${action}`));
  }
  if (direction !== 'both') found.push(finding('info', 'rules', 'direction', `this site only ${direction}s`));
  return found;
}

interface About {
  readonly keys?: readonly string[] | undefined;
  readonly databases?: readonly number[] | undefined;
  readonly commands?: readonly string[] | undefined;
}

function describe({ keys, databases, commands }: About): string {
  const parts = [keys === undefined ? 'everything' : `keys ${keys.map(shown).join(' ')}`];
  if (databases !== undefined) parts.push(`in database ${databases.join(', ')}`);
  if (commands !== undefined) parts.push(`by ${commands.join(', ')}`);
  return parts.join(' ');
}

function policyText(policy: Policy): string {
  if (typeof policy === 'string') return policy === 'local' ? 'local to each site' : 'the newest write wins';
  if ('home' in policy) return `home is ${policy.home}`;
  return policy.counter === 'lww' ? 'of increments the newest result wins' : 'increments add up';
}

function shown(glob: string): string {
  return new TextDecoder().decode(fromByteString(glob));
}
