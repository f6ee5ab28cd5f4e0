import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FaultProxy } from './fault-proxy.ts';
import { waitFor } from './wait.ts';

let server: Server;
let received: string[];
let proxy: FaultProxy;

beforeEach(async () => {
  received = [];
  server = createServer((socket) => {
    const place = received.push('') - 1;
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      received[place] += bytes.toString();
      socket.write(bytes);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  proxy = await FaultProxy.start(address.port);
});

afterEach(async () => {
  await proxy.close();
  server.close();
});

interface Client {
  readonly socket: Socket;
  echo: string;
  closed: boolean;
}

function connect(): Client {
  const client: Client = { socket: dial(proxy.port, '127.0.0.1'), echo: '', closed: false };
  client.socket.on('data', (bytes) => {
    client.echo += bytes.toString();
  });
  client.socket.on('error', () => {});
  client.socket.on('close', () => {
    client.closed = true;
  });
  return client;
}

test('passes both ways', async () => {
  const client = connect();
  client.socket.write('hello');
  await waitFor('the echo is back', () => client.echo === 'hello');
});

test('large transfers keep their order under delay and jitter', async () => {
  proxy.delay(2, 5);
  const client = connect();
  let text = '';
  for (let i = 0; i < 20_000; i++) text += `line ${i}\n`;
  for (let i = 0; i < text.length; i += 7919) client.socket.write(text.slice(i, i + 7919));
  await waitFor('everything is back', () => client.echo.length === text.length);
  expect(client.echo).toBe(text);
});

test('a delay is never shorter than asked for', async () => {
  proxy.delay(20);
  const client = connect();
  await waitFor('it is connected', () => proxy.connections === 1);
  const started = performance.now();
  client.socket.write('x');
  await waitFor('the echo is back', () => client.echo === 'x', { everyMs: 1 });
  expect(performance.now() - started).toBeGreaterThanOrEqual(39);
});

test('a cut ends connections and refuses new ones until healed', async () => {
  const before = connect();
  await waitFor('it is connected', () => proxy.connections === 1);
  proxy.cut();
  await waitFor('the first is closed', () => before.closed);
  const during = connect();
  await waitFor('the second is closed', () => during.closed);
  proxy.heal();
  const after = connect();
  after.socket.write('x');
  await waitFor('the third gets through', () => after.echo === 'x');
});

test('a black hole says nothing and loses nothing', async () => {
  const client = connect();
  await waitFor('it is connected', () => proxy.connections === 1);
  proxy.blackhole();
  client.socket.write('x');
  await waitFor('the byte waits', () => proxy.waiting === 1);
  expect([received, client.closed]).toEqual([[''], false]);
  proxy.heal();
  await waitFor('the echo is back', () => client.echo === 'x');
});

test('cuts after so many bytes', async () => {
  proxy.cutAfter(3, proxy.outward);
  const client = connect();
  client.socket.write('abcdef');
  await waitFor('it is closed', () => client.closed);
  await waitFor('three bytes have arrived', () => received[0] === 'abc');
});

test('what is held is delivered after its sender has gone, and later connections pass it by', async () => {
  const caught = proxy.hold(proxy.outward, (chunk) => chunk.includes('secret'));
  const first = connect();
  first.socket.write('plain ');
  await waitFor('the plain part has arrived', () => received[0] === 'plain ');
  first.socket.write('secret');
  const held = await caught;
  first.socket.destroy();
  const second = connect();
  second.socket.write('secret too');
  await waitFor('the second is through', () => received[1] === 'secret too');
  expect([received[0], held.bytes]).toEqual(['plain ', 6]);
  held.release();
  await waitFor('the late bytes have arrived', () => received[0] === 'plain secret');
  await waitFor('their connection is over', () => held.over);
});
