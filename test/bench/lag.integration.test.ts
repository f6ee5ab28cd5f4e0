import { expect, test } from 'vitest';
import { FaultProxy, RedisServer, temporaryFolder } from '../../apps/demo/src/lab/index.ts';
import { markedValue, measureLag, scanner } from './lag.ts';

test('finds every marked value however the stream is cut', () => {
  const stream = Buffer.from(
    Array.from({ length: 5 }, (_, i) => `SET k ${markedValue(i * 1000 + 0.125)}\r\n`).join(''),
  );
  for (let size = 1; size <= stream.length; size++) {
    const found: number[] = [];
    const scan = scanner((sent) => found.push(sent));
    for (let at = 0; at < stream.length; at += size) scan(stream.subarray(at, at + size));
    expect(found, `in pieces of ${size}`).toEqual([0.125, 1000.125, 2000.125, 3000.125, 4000.125]);
  }
});

test('no lag is below the delay that was injected, and no write is missed', async () => {
  const folder = temporaryFolder('lag');
  const master = await RedisServer.start({ name: 'master', folder });
  const proxy = await FaultProxy.start(master.port);
  const replica = await RedisServer.start({ name: 'replica', folder, replicaOf: proxy });
  proxy.delay(25);
  const lag = await measureLag(master, replica, 2000, 1000);
  expect(lag.least).toBeGreaterThanOrEqual(25);
  expect(lag.writes).toBe(2000);
  await replica.kill();
  await proxy.close();
  await master.kill();
});
