/**
 * The fenced code blocks of a Markdown file, and running one. It knows no other Markdown.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The root of the repository. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Contents of the blocks of a language, in order. `language` is '' for blocks without one. */
export function blocksOf(file: string, language: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)]
    .filter((match) => match[1] === language)
    .map((match) => match[2]!);
}

/** Runs TypeScript as Node does from source, within this workspace; resolves to its standard output. */
export async function runBlock(code: string): Promise<string> {
  const args = ['--conditions=@entwine/source', '--input-type=module-typescript', '--eval', code];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: join(root, 'test'), timeout: 60_000 });
  return stdout;
}
