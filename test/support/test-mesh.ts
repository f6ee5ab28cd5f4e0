/** Sites for a vitest file: started in a test, ended after it. */
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { type Mesh, type MeshOptions, prepareMesh, temporaryFolder } from '../../apps/demo/src/lab/index.ts';

const running: (() => unknown)[] = [];
const folder = temporaryFolder('test');
let meshes = 0;

afterEach(async () => {
  for (const stop of running.splice(0).reverse()) await stop();
});

/** Sites whose replicators are not started yet. */
export async function preparedMesh(options: Partial<MeshOptions> = {}): Promise<Mesh> {
  const place = join(folder, String(++meshes));
  const mesh = await prepareMesh({ names: ['a', 'b'], withReplicas: false, folder: place, ...options });
  running.push(() => mesh.stop());
  return mesh;
}

/** Sites whose replicators are ready. */
export async function readyMesh(options: Partial<MeshOptions> = {}): Promise<Mesh> {
  const mesh = await preparedMesh(options);
  await mesh.startReplicators();
  return mesh;
}

/** Undone after the test, before the sites end. */
export function afterwards(undo: () => unknown): void {
  running.push(undo);
}
