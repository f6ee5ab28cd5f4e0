import { describe, expect, it } from 'vitest';
import { RedisError } from '../redis-error.ts';
import { type CaptureMode, canContinue, choose, type Discovery } from './choose.ts';
import { type NodeInfo, parseInfo } from './parse-info.ts';
import type { SurveyedNode } from './survey.ts';

const base: NodeInfo = { ...parseInfo('redis_version:7.0.15'), replicationId: 'X', offset: 100 };
const backlog = { first: 1, length: 100 };

function node(port: number, info: Partial<NodeInfo>): SurveyedNode {
  return { endpoint: { host: 'h', port }, info: { ...base, runId: String(port), backlog, ...info } };
}
const replica = (port: number, info: Partial<NodeInfo> = {}): SurveyedNode =>
  node(port, { role: 'replica', masterLinkUp: true, master: { host: 'h', port: 1 }, ...info });
const master = node(1, {});

function decide(nodes: SurveyedNode[], mode: CaptureMode = 'auto', offset?: number): Discovery | RedisError {
  return choose({ nodes, failures: [] }, mode, offset === undefined ? null : { replicationId: 'X', offset, db: 0 });
}

function captured(result: Discovery | RedisError): number {
  if (result instanceof RedisError) throw result;
  return result.capture.port;
}

describe('where to capture', () => {
  const site = [master, replica(2, { offset: 90 }), replica(3, { offset: 95 }), replica(4, { masterLinkUp: false })];

  it('is the most advanced replica, else the master', () => {
    expect(captured(decide(site))).toBe(3);
    expect(captured(decide(site, 'replica'))).toBe(3);
    expect(captured(decide(site, 'master'))).toBe(1);
    expect(captured(decide([master, replica(4, { masterLinkUp: false })]))).toBe(1);
    expect(captured(decide([master, replica(4, { loading: true })]))).toBe(1);
    expect(captured(decide([master, replica(4, { replicationId: 'other' })]))).toBe(1);
  });

  it('is a node that can continue the position, even the master', () => {
    const rebuilt = replica(2, { backlog: { first: 81, length: 20 } });
    expect(captured(decide([master, rebuilt], 'auto', 80))).toBe(2);
    expect(captured(decide([master, rebuilt], 'auto', 79))).toBe(1);
    expect(captured(decide([master, rebuilt], 'replica', 79))).toBe(2);
    expect(captured(decide([master, rebuilt], 'auto', 5000))).toBe(2);
  });

  it('is nowhere when a replica is asked for and none is fit', () => {
    expect(decide([master], 'replica')).toMatchObject({ code: 'no-replica' });
  });
});

describe('the master', () => {
  it('is the one that was promoted from the other', () => {
    const promoted = node(2, { replicationId: 'Y', replicationId2: 'X', secondOffset: 101 });
    expect(captured(decide([master, promoted]))).toBe(2);
    expect(captured(decide([promoted, master, node(3, { replicationId: 'Z', replicationId2: 'Y' })]))).toBe(3);
  });

  it('is the one that has replicas, or nobody knows', () => {
    const other = node(2, { replicationId: 'Y' });
    expect(decide([other, master, replica(3)])).toMatchObject({ master: { port: 1 } });
    expect(decide([other, master])).toMatchObject({ code: 'ambiguous-master', retriable: true });
  });

  it('may be out of our reach while a replica reaches it', () => {
    const found = decide([replica(2, { master: { host: 'inner', port: 7 } })]);
    expect(found).toMatchObject({ master: { host: 'inner', port: 7 }, masterReachable: false, role: 'replica' });
    expect(decide([replica(2)], 'master')).toMatchObject({ code: 'master-link-down' });
  });

  it('is missing when its replica lost it', () => {
    const result = decide([replica(2, { masterLinkUp: false })]);
    expect(result).toMatchObject({ code: 'master-link-down' });
    expect((result as RedisError).message).toMatch(/h:2 is a replica of h:1/);
  });
});

describe('canContinue', () => {
  const promoted: NodeInfo = { ...base, replicationId: 'Y', replicationId2: 'X', secondOffset: 51, backlog };
  it.each([
    [promoted, 'X', 50, true],
    [promoted, 'X', 51, false],
    [promoted, 'Y', 100, true],
    [promoted, 'Y', 101, false],
    [promoted, 'Z', 50, false],
    [{ ...promoted, backlog: { first: 61, length: 40 } }, 'Y', 60, true],
    [{ ...promoted, backlog: { first: 61, length: 40 } }, 'Y', 59, false],
    [{ ...promoted, backlog: undefined }, 'Y', 60, false],
  ])('%#', (info, replicationId, offset, expected) => {
    expect(canContinue(info, { replicationId, offset, db: 0 })).toBe(expected);
  });
});
