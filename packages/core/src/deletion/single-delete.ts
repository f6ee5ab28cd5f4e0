/**
 * Which commands of the stream the server may have made by itself.
 *
 * Rules: an expiry and an eviction come as DEL or UNLINK of exactly one key, on their own or within whatever unit was
 * being executed. One with more keys, or one that names its key twice, is a client's.
 */
import { argumentCount, argumentText, type Command } from '../resp/command.ts';

/** The key of a delete that the server may have made; undefined for any other command. */
export function singleDelete(command: Command): string | undefined {
  if (command.name !== 'DEL' && command.name !== 'UNLINK') return undefined;
  return argumentCount(command) === 2 ? argumentText(command, 1) : undefined;
}
