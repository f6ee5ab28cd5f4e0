/** Commands on whole databases. */
import type { ModelCommand } from '../call.ts';

export const databaseCommands: readonly ModelCommand[] = [];
