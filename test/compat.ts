/**
 * `npm run compat -- [--server PATH|NAME[,NAME]] [--runs N] [--seed S] [--mode M[,M]] [--without W] [--commands N]`: the live
 * differential on other servers than the machine's own. Without `--server` on every server that `npm run servers` has built,
 * and on three of them mixed; `--server a=redis-7,b=valkey-9` names a mix. Exits 0 only if every run passed.
 *
 * Prints a table, keeps the figures in `docs/evidence/compat.json` and renews the table in `docs/compatibility.md`.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { freshSeed } from '../apps/demo/src/lab/index.ts';
import { compatTable, type Evidence, renewed, withTable } from './compat/document.ts';
import { subjects, titleOf } from './compat/subjects.ts';
import { trySubject } from './compat/try-subject.ts';
import { environment } from './support/environment.ts';

const usualRuns = 8;
const docs = join(import.meta.dirname, '../docs');
const evidenceFile = join(docs, 'evidence/compat.json');
const documentFile = join(docs, 'compatibility.md');

async function main(): Promise<number> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: { server: text, runs: text, seed: text, mode: text, without: text, only: text, commands: text },
  });
  const { server, runs = usualRuns, seed = freshSeed(), ...narrowed } = values;
  const given = Object.entries(narrowed).map(([name, value]) => [name, String(value)] as const);
  const trial = { seed: Number(seed), runs: Number(runs), narrowed: Object.fromEntries(given) };
  const { date, commit } = await environment();
  const all: Evidence[] = [];
  for (const subject of subjects(server)) {
    console.log(`${await titleOf(subject)}: ${trial.runs} runs from seed ${trial.seed}`);
    const tried = await trySubject(subject, { ...trial, log: (line) => console.log(`  ${line}`) });
    for (const failure of tried.failures) {
      console.log(`seed ${failure.seed}, ${failure.mode}:\n${failure.lines.join('\n')}`);
      console.log(
        `rerun: ENTWINE_REDIS_SERVER=${subject.servers} npm run prove -- differential --runs 1 --seed ${failure.seed} --mode ${failure.mode}`,
      );
    }
    all.push({ ...tried, date, commit });
  }
  console.log(compatTable(all));
  const kept = renewed(existsSync(evidenceFile) ? JSON.parse(readFileSync(evidenceFile, 'utf8')) : [], all);
  writeFileSync(evidenceFile, `${JSON.stringify(kept, null, 2)}\n`);
  writeFileSync(documentFile, withTable(readFileSync(documentFile, 'utf8'), kept));
  return all.every(({ failures }) => failures.length === 0) ? 0 : 1;
}

process.exit(await main());
