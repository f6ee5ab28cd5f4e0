/**
 * What `npm test` runs: the type check, the linter, then every unit and integration test.
 *
 * Rules: plain JavaScript for Node 20, but everything it starts runs on the workspace's own Node. Every step runs, also
 * after one has failed. The type check and the linter count as one test each; a test file that fails outside its tests
 * (it does not load, a hook throws) counts as one failed test, so that nothing fails unseen. The last line of the output
 * is `N passed, N failed`, followed by `, N skipped` if there are any. Arguments are handed on to vitest.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = join(root, 'node_modules', '.bin');
const report = join(root, '.test-results', 'vitest.json');

const counts = { passed: 0, failed: 0, skipped: 0 };

await check('typecheck', 'tsc', ['-p', '.']);
await check('lint', 'biome', ['check', '.']);
const ran = await test(process.argv.slice(2));

if (ran === 0) console.log('No test ran.');
process.exitCode = counts.failed > 0 || ran === 0 ? 1 : 0;
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
console.log(`${counts.passed} passed, ${counts.failed} failed${skipped}`);

/** Runs one tool as one test. */
async function check(title, tool, args) {
  console.log(`\n> ${title}`);
  const ok = (await run(tool, args)) === 0;
  counts[ok ? 'passed' : 'failed'] += 1;
  console.log(`${title}: ${ok ? 'passed' : 'failed'}`);
}

/** Runs vitest and adds its counts. Resolves to the number of tests that ran. */
async function test(args) {
  console.log('\n> test');
  mkdirSync(join(root, '.test-results'), { recursive: true });
  rmSync(report, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const code = await run('vitest', ['run', '--project=unit', '--project=integration', ...reporters, ...args]);
  const result = readReport();
  if (result === undefined) {
    console.log('The test runner ended without a report.');
    counts.failed += 1;
    return 0;
  }
  const brokenFiles = result.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((one) => one.status === 'failed'),
  );
  for (const file of brokenFiles) console.log(`Failed outside its tests: ${file.name}`);
  const failed = result.numFailedTests + brokenFiles.length;
  if (code !== 0 && failed === 0) console.log('The test runner failed outside the tests.');
  counts.passed += result.numPassedTests;
  counts.failed += code !== 0 && failed === 0 ? 1 : failed;
  counts.skipped += result.numPendingTests + result.numTodoTests;
  return result.numPassedTests + result.numFailedTests;
}

function readReport() {
  try {
    return JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Starts a tool of the workspace on the workspace's Node; resolves to its exit code. */
function run(tool, args) {
  return new Promise((resolve) => {
    const child = spawn(join(bin, tool), args, {
      cwd: root,
      env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.on('error', (error) => {
      console.log(error.message);
      resolve(1);
    });
    child.on('close', (code) => resolve(code ?? 1));
  });
}
