/**
 * Certificates and keys: from the path in the configuration to the text of the file.
 */
import { readFileSync } from 'node:fs';
import type { Config } from './config/config.ts';
import { ConfigError } from './config/config-error.ts';

/**
 * The PEM text of a file named at `path` of the configuration.
 * @throws ConfigError
 */
export function readPem(config: Config, path: string, file: string): string {
  const refuse = (message: string, remedy: string): never => {
    throw new ConfigError(config.file, [{ path, line: null, message, remedy }]);
  };
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    refuse(`${file} cannot be read (${code})`, 'Name a file in PEM format that this user may read.');
  }
  if (!text.includes('-----BEGIN '))
    refuse(`${file} is not in PEM format`, 'It has a line that starts with -----BEGIN.');
  return text;
}
