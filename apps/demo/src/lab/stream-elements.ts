/**
 * A stream as elements, from the reply of XINFO STREAM FULL: what of it is data, and must be the same at every site.
 *
 * Data: entries, the last ID, each group's last ID, and who has which entry pending. Not data: when and how often an
 * entry was delivered, and consumers with nothing pending, since Redis changes these without telling its own replicas;
 * and the counts that only estimate a group's lag.
 */

type Reply = readonly unknown[];

/** Element name (`entry 1-1`, `group g`, `pending g 1-1` …) to value. */
export function streamElements(info: Reply): ReadonlyMap<string, string> {
  const elements = new Map<string, string>();
  elements.set('last id', text(field(info, 'last-generated-id')));
  for (const entry of field(info, 'entries') as readonly Reply[]) {
    const values = (entry[1] ?? []) as readonly unknown[];
    elements.set(`entry ${text(entry[0])}`, values.map((value) => JSON.stringify(text(value))).join(' '));
  }
  const groups = field(info, 'groups') as readonly Reply[];
  for (const group of groups) addGroup(elements, group);
  return elements;
}

function addGroup(elements: Map<string, string>, group: Reply): void {
  const name = text(field(group, 'name'));
  elements.set(`group ${name}`, text(field(group, 'last-delivered-id')));
  for (const [id, consumer] of field(group, 'pending') as readonly Reply[]) {
    // Nobody can be given an entry that is gone.
    if (elements.has(`entry ${text(id)}`)) elements.set(`pending ${name} ${text(id)}`, text(consumer));
  }
}

function field(pairs: Reply, name: string): unknown {
  for (let i = 0; i < pairs.length; i += 2) if (text(pairs[i]) === name) return pairs[i + 1];
  throw new Error(`XINFO STREAM does not tell ${name}`);
}

function text(value: unknown): string {
  return Buffer.isBuffer(value) ? value.toString('latin1') : String(value);
}
