/**
 * `docs/semantics.md`, made from the command table: what each command becomes, and what concurrent writes at two sites
 * come to. Sentences about commands live in the table's rows and families; those about everything live here.
 */
import { type CommandRow, commandTable, type Family, families } from '@entwine/core';

const head = `<!-- Made by \`npm run docs\` from the command table; changes belong there. -->
# Semantics

What a write means once it has left its site. Applications write to their own Redis, at once and without asking anybody; what
is said here is what the other sites make of it, and what happens when two sites write the same thing before they have heard
of each other.

## In short

- **The newest write wins**, by logical time: a clock that never runs behind what its site has seen. Of equal times the
  site with the higher priority wins. The same write wins at every site, whatever arrives first.
- **As little as possible is in conflict.** Two hash fields, set members, sorted-set members, bits, stream entries, or a value
  and its expiry, are different things: writing both at two sites keeps both.
- **What loses is not silent.** A write that loses to one that it had not seen, and that had not seen it, is on record at both writers' sites ([operations](operations.md#conflicts)).
- **A transaction arrives whole.** MULTI/EXEC, a script or a function is applied as one unit; its writes win or lose one by one.
- **Conditions are decided once**, where the command was run. SET NX, ZADD GT and the like are shipped as their result.
- **When two sites give one key two types**, the newer type wins, and the other's data goes.

"Read back" below means: the arguments do not tell the result, so Entwine reads it from its own site's Redis right behind the
command, in order with everything written there, and ships what it read. That costs a read of the key, which is
felt when it is very large. A command of which an option is not known here is read back rather than guessed.

What is promised of all this together, and how it is shown, is in [guarantees.md](guarantees.md).
`;

const beyond = `## What servers do by themselves

| Event | Other sites |
|---|---|
| A key expires | It expires at every site by itself, at the same absolute time. The expiry is shipped too, and is void where the key was renewed in time. |
| A key is evicted | Other sites keep it, unless evictions are configured to be replicated. |
| A script or function writes | Its effects are shipped, as the commands it called; never the script. |
| A blocked pop or move is served | As the pop or move that it became. |

## Not guaranteed

- **No uniqueness across sites.** SET NX, SETNX, MSETNX, RENAMENX or HSETNX at two sites at once succeed at both; the newer is
  kept. Locks, once-only ids and the like hold within one site.
- **No joint pop.** What is popped or delivered at two sites at once is delivered twice: lists, SPOP, ZPOPMIN, consumer groups.
- **No sum of floats.** INCRBYFLOAT and HINCRBYFLOAT at two sites at once: the newest result wins. Integers do add up.
- **No isolation between sites.** A transaction reads and watches its own site only; WATCH knows nothing of writes still on
  their way.
- **No common order.** Each site's writes arrive in that site's order; writes of two sites may be seen in either order, until
  they have settled.
- **No merge within modules' values**: of a document or filter changed at two sites at once the newest whole is kept.
`;

/** The whole document. */
export function semanticsDocument(): string {
  const contents = Object.values(families).map(({ title }) => `[${title}](#${anchor(title)})`);
  const sections = Object.keys(families).map((family) => section(family as Family));
  return [head, '## Commands\n', `${contents.join(' · ')}\n`, ...sections, beyond].join('\n');
}

function section(family: Family): string {
  const { title, becomes, rule } = families[family];
  const rows = [...commandTable].filter(([, row]) => row.family === family);
  const lines = [...grouped(rows)].map(([text, names]) => `| ${names.join(', ')} | ${text} |`);
  const table = lines.length === 0 ? [] : ['| Command | Other sites get |', '|---|---|', ...lines, ''];
  const rules = [`**Written at two sites at once:** ${rule}`, ''];
  if (lines.length === 0) rules.unshift(`**Other sites get** ${becomes}.`, '');
  return [`### ${title}`, '', ...rules, ...table].join('\n');
}

/** Commands of which the same is to be said, together. */
function grouped(rows: readonly (readonly [string, CommandRow])[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [name, row] of rows) {
    const text = said(row);
    groups.set(text, [...(groups.get(text) ?? []), `\`${name.replace('|', ' ')}\``]);
  }
  return groups;
}

function said({ family, arrives, note }: CommandRow): string {
  const becomes =
    arrives === undefined ? sentence(families[family].becomes) : `Rewritten by the server, as ${arrives}.`;
  return note === undefined ? becomes : `${becomes} ${note}`;
}

function sentence(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}.`;
}

function anchor(title: string): string {
  return title.toLowerCase().replaceAll(' ', '-');
}
