/**
 * What is measured: a native replica, which is the limit, and Entwine from site A to site B. Both take writes at one
 * server and show them at another; the same measurements are made on both.
 */
import { join } from 'node:path';
import { RedisServer, settled, startMesh } from '../../apps/demo/src/lab/index.ts';

export interface System {
  readonly name: string;
  /** Takes the writes. */
  readonly from: RedisServer;
  /** Where they are to arrive. */
  readonly to: RedisServer;
  /** Every process that takes part, by what it is; not the one that makes the load. */
  readonly pids: ReadonlyMap<string, number>;
  /** Returns when nothing is left to do. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

export type StartSystem = (folder: string) => Promise<System>;

/** A master and its replica. */
export const startNative: StartSystem = async (folder) => {
  const master = await RedisServer.start({ name: 'master', folder });
  const replica = await RedisServer.start({ name: 'replica', folder, replicaOf: master });
  return {
    name: 'native replica',
    from: master,
    to: replica,
    pids: new Map([
      ['Redis master', master.pid],
      ['Redis replica', replica.pid],
    ]),
    settle: async () => {},
    stop: async () => {
      master.disconnect();
      replica.disconnect();
      await replica.kill();
      await master.kill();
    },
  };
};

/** Two sites, each a master, a replica to capture from, and a replicator; the link is a plain loopback connection. */
export const startEntwine: StartSystem = async (folder) => {
  const mesh = await startMesh({ names: ['a', 'b'], folder: join(folder, 'entwine'), direct: true });
  const [a, b] = [mesh.site('a'), mesh.site('b')];
  const pids = new Map<string, number>();
  for (const { name, master, replica, replicator } of mesh.sites) {
    pids.set(`${name} Redis master`, master.pid);
    if (replica !== undefined) pids.set(`${name} Redis replica`, replica.pid);
    pids.set(`${name} replicator`, replicator.pid);
  }
  return {
    name: 'Entwine A to B',
    from: a.master,
    to: b.master,
    pids,
    settle: () => settled(mesh.sites, 300_000),
    stop: () => mesh.stop(),
  };
};
