/** The function libraries of a server: part of its data set, outside of every database. */
import type { Redis } from 'ioredis';

/** Library name to code; none where the server has no functions. */
export async function readLibraries(client: Redis): Promise<ReadonlyMap<string, string>> {
  const list = await client.callBuffer('FUNCTION', 'LIST', 'WITHCODE').catch(() => []);
  const libraries = new Map<string, string>();
  for (const library of list as readonly (readonly unknown[])[]) {
    const fields = new Map<string, string>();
    for (let i = 0; i < library.length; i += 2) fields.set(String(library[i]), String(library[i + 1]));
    libraries.set(fields.get('library_name') ?? '', fields.get('library_code') ?? '');
  }
  return libraries;
}
