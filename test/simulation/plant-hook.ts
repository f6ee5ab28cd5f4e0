/**
 * Plants a bug in the source while it is loaded: for `node --import`, with the bug's name in ENTWINE_PLANT. Nothing is written
 * to disk.
 */
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { plants } from './plants.ts';

const plant = plants.find(({ name }) => name === process.env.ENTWINE_PLANT);
if (plant === undefined) throw new Error(`ENTWINE_PLANT=${process.env.ENTWINE_PLANT}: there is no such bug`);
const target = pathToFileURL(resolve(fileURLToPath(import.meta.url), '../../..', plant.file)).href;

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (url !== target) return loaded;
    const source = Buffer.from(loaded.source as Uint8Array).toString();
    return { ...loaded, source: source.replace(plant.from, () => plant.to) };
  },
});
