import type { ExitName } from '../exit-codes.ts';
import type { Console } from './console.ts';
export async function checkCommand(_file: string, _json: boolean, _console: Console): Promise<ExitName> {
  return 'ok';
}
