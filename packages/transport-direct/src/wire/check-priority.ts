/** Two sites of one priority would decide conflicts differently at each: such a link is refused. */
import { LinkError } from '../link-error.ts';
import type { Identity } from './identity.ts';

/** Checks the priority that a site has proven to have, and remembers it if it is right. */
export function checkPriority(self: Identity, site: string, priority: number): LinkError | undefined {
  const declared = self.peers.get(site)?.priority;
  if (declared !== undefined && declared !== priority) {
    return new LinkError('other-priority', `${site} has priority ${priority}; ${self.site} was told ${declared}`);
  }
  for (const [other, taken] of self.priorities) {
    if (other !== site && taken === priority) {
      return new LinkError('duplicate-priority', `${site} and ${other} both have priority ${priority}`);
    }
  }
  self.priorities.set(site, priority);
  return undefined;
}
