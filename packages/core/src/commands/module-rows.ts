/**
 * Commands of modules that are known by name, and of vector sets: nothing about their data is known here, so the key is
 * read back as a whole. Modules with other names fall under `unknown-command.ts`.
 */
import { type CommandRow, type CommandRows, unread } from './command-row.ts';
import { everyThirdArgument, firstKey } from './key-spec.ts';

const one: CommandRow = { family: 'module', keys: firstKey, least: 2, translate: unread };
/** Key, path or time, value, again and again. */
const triples: CommandRow = { family: 'module', keys: everyThirdArgument, least: 4, translate: unread };

/** Commands that change the one key they name first. */
const names = [
  ...['VADD', 'VREM', 'VSETATTR'],
  ...['JSON.SET', 'JSON.MERGE', 'JSON.DEL', 'JSON.FORGET', 'JSON.CLEAR', 'JSON.TOGGLE', 'JSON.STRAPPEND'],
  ...['JSON.NUMINCRBY', 'JSON.NUMMULTBY', 'JSON.NUMPOWBY'],
  ...['JSON.ARRAPPEND', 'JSON.ARRINSERT', 'JSON.ARRPOP', 'JSON.ARRTRIM'],
  ...['BF.ADD', 'BF.MADD', 'BF.INSERT', 'BF.RESERVE', 'BF.LOADCHUNK', 'BF.LOAD'],
  ...['CF.ADD', 'CF.ADDNX', 'CF.INSERT', 'CF.INSERTNX', 'CF.DEL', 'CF.RESERVE', 'CF.COMPACT', 'CF.LOADCHUNK'],
  ...['CMS.INCRBY', 'CMS.INITBYDIM', 'CMS.INITBYPROB', 'CMS.MERGE'],
  ...['TOPK.ADD', 'TOPK.INCRBY', 'TOPK.RESERVE'],
  ...['TDIGEST.ADD', 'TDIGEST.CREATE', 'TDIGEST.RESET', 'TDIGEST.MERGE'],
  ...['TS.ADD', 'TS.CREATE', 'TS.ALTER', 'TS.INCRBY', 'TS.DECRBY', 'TS.DEL'],
];

export const moduleRows: CommandRows = {
  ...Object.fromEntries(names.map((name) => [name, one])),
  'JSON.MSET': triples,
  'TS.MADD': triples,
};
