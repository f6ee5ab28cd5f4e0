import { standaloneMarkerKey as key, ownField } from '@entwine/core';
import { describe, expect, it } from 'vitest';
import { codec, command, ownOrigin, peerOrigin } from '../test-support/entries.ts';
import { MarkerBook } from './marker-book.ts';

function own(write: number, instance = 'one'): string {
  return codec.own({ seq: 10, time: 100, write, correction: 0, instance, origin: ownOrigin });
}

function peer(seq: number, origin = peerOrigin): string {
  return codec.peer({ origin, seq, time: seq * 10 });
}

function bookWith(fields: Record<string, string> = { [ownField]: own(5), [peerOrigin]: peer(7) }): MarkerBook {
  return new MarkerBook(codec, fields);
}

const repaired = ['H', key, peerOrigin, peer(7), 'P', key];

describe('MarkerBook', () => {
  it('takes notice of fields that verify', () => {
    const book = bookWith({});
    const news = book.read(command('HSET', key, peerOrigin, peer(3), ownField, own(1)), 0);
    expect(news).toMatchObject({ type: 'marked', own: { write: 1, origin: ownOrigin }, peers: [{ seq: 3 }] });
    expect([book.field(peerOrigin), book.field(ownField), book.field('c/main/c1')]).toEqual([peer(3), own(1), '']);
    expect(book.repairs()).toEqual([]);
  });

  it.each([
    ['a value nobody signed', ['HSET', key, peerOrigin, 'p1:999:9990:0']],
    ["another field's value", ['HSET', key, 'c/main/c1', peer(8)]],
    ['a value of another site', ['HSET', key, ownField, peer(8)]],
    ['an older own value', ['HSET', key, ownField, own(4)]],
    ['the own value once more', ['HSET', key, ownField, own(5)]],
    ['an older peer value', ['HSET', key, peerOrigin, peer(6)]],
    ['a good field beside a bad one', ['HSET', key, peerOrigin, peer(8), 'x', 'y']],
  ])('believes nothing of %s', (_, args) => {
    const book = bookWith();
    expect(book.read(command(...args), 0)).toMatchObject({ type: 'damaged' });
    expect([book.field(peerOrigin), book.field(ownField)]).toEqual([peer(7), own(5)]);
  });

  it('puts back what was overwritten, and removes what nobody knows', () => {
    const book = bookWith();
    book.read(command('HSET', key, peerOrigin, 'bad', 'x', 'y'), 0);
    expect(book.repairs()).toEqual(['H', key, peerOrigin, peer(7), 'h', key, 'x', 'P', key]);
    book.read(command('HSET', key, peerOrigin, peer(7)), 0);
    book.read(command('HDEL', key, 'x'), 0);
    expect(book.repairs()).toEqual([]);
  });

  it.each([
    ['DEL', key],
    ['UNLINK', 'other', key],
    ['RENAME', key, 'elsewhere'],
    ['SET', key, 'x'],
    ['PEXPIREAT', key, '1'],
    ['HINCRBY', key, 'x', '1'],
    ['FLUSHALL'],
    ['FLUSHDB'],
    ['SWAPDB', '0', '1'],
  ])('%s %s %s: all fields are to be written again', (...args) => {
    const book = bookWith();
    expect(book.read(command(...args), 0)).toMatchObject({ type: 'damaged' });
    expect(book.repairs()).toEqual(repaired);
  });

  it('FLUSHALL and SWAPDB concern it whatever database is selected; other commands only in 0', () => {
    expect(bookWith().read(command('FLUSHALL'), 4)).toMatchObject({ type: 'damaged' });
    expect(bookWith().read(command('SWAPDB', '0', '4'), 4)).toMatchObject({ type: 'damaged' });
    expect(bookWith().read(command('FLUSHDB'), 4)).toBeUndefined();
    expect(bookWith().read(command('DEL', key), 4)).toBeUndefined();
    expect(bookWith().read(command('HSET', key, 'x', 'y'), 4)).toBeUndefined();
  });

  it('a deleted field is damage only when it was one of ours', () => {
    const book = bookWith();
    expect(book.read(command('HDEL', key, 'nobody'), 0)).toBeUndefined();
    expect(book.read(command('HDEL', key, 'nobody', peerOrigin), 0)).toMatchObject({ type: 'damaged' });
    expect(book.repairs()).toEqual(repaired);
  });

  it('has nothing to do with other keys, also when a value is called like the marker', () => {
    const book = bookWith();
    expect(book.read(command('SET', 'k', key), 0)).toBeUndefined();
    expect(book.read(command('DEL', 'entwine:{1}'), 0)).toBeUndefined();
    expect(book.read(command('HSET', 'h', 'f', 'v'), 0)).toBeUndefined();
    expect(book.read(command('PERSIST', key), 0)).toBeUndefined();
  });

  it('takes the same peer value again, as repairs write it', () => {
    const book = bookWith();
    book.read(command('DEL', key), 0);
    expect(book.read(command('HSET', key, ownField, own(6)), 0)).toMatchObject({ type: 'marked' });
    expect(book.read(command('HSET', key, peerOrigin, peer(7)), 0)).toMatchObject({ type: 'marked' });
    expect(book.repairs()).toEqual([]);
  });

  it('knows what served the log before, and believes none of it once a later process has written', () => {
    const book = bookWith({ [ownField]: own(5, 'two') });
    book.processes = ['one', 'two', 'three', 'four'];
    expect(['one', 'three', 'rival'].map((name) => book.isPredecessor(name))).toEqual([true, true, false]);
    expect(book.read(command('HSET', key, ownField, own(6, 'one')), 0)).toMatchObject({ type: 'damaged' });
    expect(book.read(command('HSET', key, ownField, own(6, 'three')), 0)).toMatchObject({ type: 'marked' });
    expect(book.read(command('HSET', key, ownField, own(7, 'four')), 0)).toMatchObject({ type: 'marked' });
    expect(book.read(command('HSET', key, ownField, own(8, 'three')), 0)).toMatchObject({ type: 'damaged' });
    expect(book.read(command('HSET', key, ownField, own(8, 'rival')), 0)).toMatchObject({ type: 'marked' });
  });

  it('SWAPDB of two other databases leaves the marker alone', () => {
    expect(bookWith().read(command('SWAPDB', '1', '2'), 0)).toBeUndefined();
  });
});
