/**
 * `${NAME}` and `${FILE:path}` in the strings of a configuration.
 *
 * Rules: `$${` stands for a plain `${`; what was put in is not looked at again; one newline at the end of a file is
 * dropped. Names are letters, digits and `_`. A failure names the variable or the file, never what stands around it.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** Where values come from. `folder`: relative file paths start there. */
export interface SubstitutionSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
}

/** The text with everything put in, or what could not be. */
export type Substituted =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly message: string; readonly remedy: string };

const maxFileBytes = 64 * 1024;

/** Puts variables and files into one string. */
export function substitute(text: string, sources: SubstitutionSources): Substituted {
  let out = '';
  let at = 0;
  for (;;) {
    const open = text.indexOf('${', at);
    if (open < 0) return { ok: true, text: out + text.slice(at) };
    if (open > at && text[open - 1] === '$') {
      out += `${text.slice(at, open - 1)}\${`;
      at = open + 2;
      continue;
    }
    const close = text.indexOf('}', open);
    if (close < 0) return refuse('a "${" is never closed', 'Close it with }, or write $${ for a plain ${.');
    const found = lookUp(text.slice(open + 2, close), sources);
    if (!found.ok) return found;
    out += text.slice(at, open) + found.text;
    at = close + 1;
  }
}

function lookUp(name: string, sources: SubstitutionSources): Substituted {
  if (name.startsWith('FILE:')) return readText(resolve(sources.folder, name.slice('FILE:'.length)));
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    return refuse(
      'what stands between ${ and } is neither a variable name nor FILE:path',
      'Write ${NAME} or ${FILE:path}, or $${ for a plain ${.',
    );
  }
  const value = sources.env[name];
  if (value === undefined) {
    return refuse(`environment variable ${name} is not set`, `Set ${name} where the program is started.`);
  }
  return { ok: true, text: value };
}

function readText(path: string): Substituted {
  try {
    const text = readFileSync(path, 'utf8');
    if (text.length > maxFileBytes)
      return refuse(`file ${path} is larger than ${maxFileBytes} bytes`, 'Name another file.');
    return { ok: true, text: text.replace(/\r?\n$/, '') };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    return refuse(`file ${path} cannot be read (${code})`, 'Create it, or allow this user to read it.');
  }
}

function refuse(message: string, remedy: string): Substituted {
  return { ok: false, message, remedy };
}
