/**
 * Writes `docs/semantics.md` from the command table.
 *
 *     npm run docs
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { semanticsDocument } from '../test/support/semantics-document.ts';

writeFileSync(join(import.meta.dirname, '../docs/semantics.md'), semanticsDocument());
