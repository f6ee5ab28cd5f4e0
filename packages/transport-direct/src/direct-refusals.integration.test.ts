import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { RecordingHost } from '@entwine/testkit';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { DirectWorld, type DirectWorldOptions } from '../test-support/direct-world.ts';
import { makeCertificates, type TestCertificates } from '../test-support/test-certificates.ts';
import { until } from '../test-support/until.ts';
import type { DirectOptions } from './index.ts';
import { LinkError } from './index.ts';
import { encodeFrame } from './wire/encode-frame.ts';
import { FrameDecoder } from './wire/frame-decoder.ts';
import { frameType } from './wire/frame-type.ts';
import { readRefusal } from './wire/messages.ts';

const token = 'a token for the tests';
let certificates: TestCertificates;
beforeAll(() => {
  certificates = makeCertificates();
});

async function makeWorld(sites: readonly string[], options: DirectWorldOptions): Promise<DirectWorld> {
  const world = await DirectWorld.make(sites, options);
  onTestFinished(() => world.close());
  return world;
}

async function join(world: DirectWorld, site: string): Promise<RecordingHost> {
  const host = new RecordingHost(site);
  onTestFinished(() => host.transport?.close());
  await host.attach(world.transport(site));
  return host;
}

/** Two sites, the second told something else than the first. */
async function meet(change: (options: DirectOptions) => Partial<DirectOptions>, options: DirectWorldOptions = {}) {
  const world = await makeWorld(['a', 'b'], {
    ...options,
    change: (given) => (given.site === 'b' ? { ...given, ...change(given) } : given),
  });
  return { world, a: await join(world, 'a'), b: await join(world, 'b') };
}

function detail(host: RecordingHost, direction: 'in' | 'out'): string {
  const link = host.transport?.links().find((status) => status.direction === direction);
  return link?.state === 'refused' ? link.detail : '';
}

/** Both sides of both links show a reason. */
async function untilRefused(a: RecordingHost, b: RecordingHost, code: string): Promise<void> {
  await until(`all links are refused by ${code}`, () =>
    [detail(a, 'in'), detail(a, 'out'), detail(b, 'in'), detail(b, 'out')].every((text) => text.startsWith(code)),
  );
  expect(a.deliveries + b.deliveries).toBe(0);
}

describe('both sides name the reason and try on', () => {
  test('wrong token', async () => {
    const security = { kind: 'plain', token } as const;
    const { world, a, b } = await meet(() => ({ security: { kind: 'plain', token: 'quite another token' } }), {
      security,
    });
    await untilRefused(a, b, 'wrong-token');
    const before = world.proxy('b', 'a').accepted;
    await until('it was tried again', () => world.proxy('b', 'a').accepted > before + 1);
    expect(detail(b, 'in')).toMatch(/^wrong-token/);
    expect(JSON.stringify([a.changes, b.changes])).not.toContain('quite another');
  });

  test('wrong token over TLS', async () => {
    const { a, b } = await meet(
      () => ({ security: { kind: 'token-tls', token: 'quite another token', ...certificates } }),
      { security: { kind: 'token-tls', token, ...certificates } },
    );
    await untilRefused(a, b, 'wrong-token');
  });

  test('other deployment', async () => {
    const { a, b } = await meet(() => ({ deployment: 'other' }));
    await untilRefused(a, b, 'other-deployment');
  });

  test('duplicate priority', async () => {
    const { a, b } = await meet(() => ({ priority: 1 }));
    await untilRefused(a, b, 'duplicate-priority');
  });

  test('other entry schema', async () => {
    const { a, b } = await meet(() => ({ entrySchema: { current: 9, oldest: 8 } }));
    await untilRefused(a, b, 'entry-schema');
  });

  test('a certificate of another authority', async () => {
    const others = makeCertificates();
    const { a, b } = await meet(() => ({ security: { kind: 'tls', mutual: true, ...others } }), {
      security: { kind: 'tls', mutual: true, ...certificates },
    });
    await until('dialers refuse', () => detail(a, 'in').startsWith('tls') && detail(b, 'in').startsWith('tls'));
  });

  test('a dialer without a trusted certificate', async () => {
    const others = makeCertificates();
    const { b, a } = await meet(() => ({ security: { kind: 'tls', mutual: true, ...others, ca: certificates.ca } }), {
      security: { kind: 'tls', mutual: true, ...certificates },
    });
    await until('the dialer is told', () => detail(b, 'in').startsWith('tls'));
    await until('the listener tells', () =>
      a.changes.some(({ state, detail: text }) => state === 'refused' && text.startsWith('tls')),
    );
    expect(b.deliveries).toBe(0);
  });

  test('a dialer without a certificate, also when it resumes its session', async () => {
    const world = await makeWorld(['a', 'b'], { security: { kind: 'tls', mutual: true, ...certificates } });
    const a = await join(world, 'a');
    const { ca } = certificates;
    let session: Buffer | undefined;
    for (let round = 0; round < 3; round++) {
      const socket = connectTls({
        host: '127.0.0.1',
        port: world.ports.get('a')!,
        ca,
        ...(session ? { session } : {}),
      });
      onTestFinished(() => {
        socket.destroy();
      });
      const decoder = new FrameDecoder(4096);
      socket.on('session', (ticket) => {
        session = ticket;
      });
      socket.on('data', (chunk) => decoder.push(chunk));
      await new Promise((resolve) => socket.once('end', resolve));
      const result = decoder.next();
      expect(result.kind === 'frame' && readRefusal(result.payload)).toMatchObject({ code: 'tls' });
      expect(socket.isSessionReused()).toBe(false);
    }
    expect(a.changes.some(({ detail: text }) => text === 'tls: no certificate was presented')).toBe(true);
  });

  test('no TLS at one end', async () => {
    const { a, b } = await meet(() => ({ security: { kind: 'plain', token } }), {
      security: { kind: 'token-tls', token, ...certificates },
    });
    await until('the TLS dialer gives up', () => detail(a, 'in').startsWith('tls'));
    await until('the TLS listener tells', () => a.changes.some(({ detail: text }) => /^tls: ERR_SSL/.test(text)));
    await until('the plain dialer has a hint', () =>
      b.changes.some(({ detail: text }) => /is security the same/.test(text)),
    );
    await until('the plain listener tells', () => b.changes.some(({ detail: text }) => text.startsWith('garbage')));
  });
});

test('a site that is not among the peers', async () => {
  const world = await makeWorld(['a', 'b', 'c'], {
    change: (options) =>
      options.site === 'a' ? { ...options, peers: options.peers.filter(({ site }) => site !== 'c') } : options,
  });
  const a = await join(world, 'a');
  const c = await join(world, 'c');
  await until('c is told', () => c.transport!.links().some(({ detail: text }) => text.startsWith('unknown-site')));
  await until('a tells', () => a.changes.some(({ peer, state }) => peer === 'c' && state === 'refused'));
  expect(a.transport?.links().some(({ peer }) => peer === 'c')).toBe(false);
});

test('a site that dialed itself', async () => {
  const world = await makeWorld(['a', 'b'], {
    change: (options) => ({
      ...options,
      peers: [{ site: 'b', host: '127.0.0.1', port: options.listen!.port }],
    }),
  });
  const a = await join(world, 'a');
  await until('it is told', () => detail(a, 'in').startsWith('own-site'));
});

test('an address in use fails the start', async () => {
  const world = await makeWorld(['a', 'b'], {});
  await join(world, 'a');
  const again = world.transport('a');
  onTestFinished(() => again.close());
  await expect(again.start(new RecordingHost('a'))).rejects.toMatchObject({ name: 'LinkError', code: 'listen' });
});

describe('bytes from strangers', () => {
  /** What a's listener answers to raw bytes, once it has hung up. */
  async function answer(bytes: Uint8Array): Promise<string | undefined> {
    const world = await makeWorld(['a', 'b'], { security: { kind: 'plain', token } });
    await join(world, 'a');
    const socket = connect(world.ports.get('a')!, '127.0.0.1');
    onTestFinished(() => {
      socket.destroy();
    });
    socket.write(bytes);
    const decoder = new FrameDecoder(4096);
    socket.on('data', (chunk) => decoder.push(chunk));
    await new Promise((resolve) => socket.once('end', resolve));
    const result = decoder.next();
    return result.kind === 'frame' && result.type === frameType.error ? readRefusal(result.payload)?.code : undefined;
  }

  test('another protocol version', async () => {
    const hello = new Uint8Array([...new TextEncoder().encode('ENTW'), 0, 9, 0, 8]);
    expect(await answer(encodeFrame(frameType.hello, hello))).toBe('protocol-version');
  });

  test('a frame above the limit', async () => {
    expect(await answer(new Uint8Array([0xff, 0xff, 0xff, 0xff, frameType.hello]))).toBe('oversized');
  });

  test('a request of another protocol', async () => {
    expect(await answer(new TextEncoder().encode('GET / HTTP/1.1\r\nHost: a\r\n\r\n'))).toBe('garbage');
  });

  test('data instead of a greeting', async () => {
    expect(await answer(encodeFrame(frameType.data, new Uint8Array(100)))).toBe('violation');
  });
});

describe('bytes from a strange listener', () => {
  /** What b's link shows when the listener that it dials answers its hello with these bytes. */
  async function shown(bytes: Uint8Array): Promise<string> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('data', () => socket.write(bytes));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const world = await makeWorld(['a', 'b'], {
      change: (options) => ({ ...options, peers: [{ site: 'a', host: '127.0.0.1', port }] }),
    });
    const b = await join(world, 'b');
    await until('the link is refused', () => detail(b, 'in') !== '');
    return detail(b, 'in');
  }

  test('another protocol version', async () => {
    const chosen = encodeFrame(frameType.challenge, new Uint8Array([0, 9, ...new Uint8Array(32)]));
    expect(await shown(chosen)).toBe('protocol-version: a chose protocol 9, which is not spoken here');
  });

  test('a reason that nobody knows', async () => {
    const reason = new TextEncoder().encode('{"code":"moon\\u001b[31m","message":"full\\nmoon"}');
    expect(await shown(encodeFrame(frameType.error, reason))).toBe(
      'violation: refused by the peer (moon?[31m): full?moon',
    );
  });

  test('a frame above the limit', async () => {
    expect(await shown(new Uint8Array([0x7f, 0, 0, 0, frameType.challenge]))).toMatch(/^oversized: /);
  });
});

test('an error says whether trying again can help', () => {
  expect(new LinkError('closed', '').retriable).toBe(true);
  expect(new LinkError('wrong-token', '').retriable).toBe(false);
});
