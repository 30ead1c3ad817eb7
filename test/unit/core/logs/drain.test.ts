import { describe, expect, it } from 'vitest';
import { createTemplateMiner, OVERFLOW_TEMPLATE } from '../../../../src/core/logs/drain.js';

describe('createTemplateMiner', () => {
  const shapes = [
    'INFO TokenService issued token=<id>.abc for <uuid>',
    'INFO TokenService issued token=<id>.xyz for <uuid>',
    'INFO OrderService order <num> created',
    'checkout started',
    'checkout failed',
  ];

  it('joins shapes that differ in values and keeps those apart that differ in a word', () => {
    const miner = createTemplateMiner();
    const [a, b, c, d, e] = miner.add(shapes);
    expect(a).toBe(b);
    expect(new Set([a, c, d, e]).size).toBe(4);
    expect(miner.textOf(a ?? -1)).toBe('INFO TokenService issued <*> for <uuid>');
  });

  it('treats a word as a value once a group has many of them', () => {
    const miner = createTemplateMiner();
    const words = Array.from(
      { length: 200 },
      (_, i) => `user signed in from ${'abcdefghij'[i % 10] ?? ''}${'klmnopqrst'[Math.floor(i / 10) % 10] ?? ''}${i >= 100 ? 'z' : 'y'}`,
    );
    miner.add(words);
    expect(miner.templates.length).toBeLessThanOrEqual(20);
    expect(miner.templates.some(({ text }) => text === 'user signed in from <*>')).toBe(true);
  });

  it('gives the same templates whatever the order of arrival, with ids that stay', () => {
    const forward = createTemplateMiner();
    const backward = createTemplateMiner();
    const ids = forward.add(shapes);
    backward.add([...shapes].reverse());
    expect(backward.templates).toEqual(forward.templates);
    expect(forward.add([...shapes, 'something new here'])).toEqual([...ids, forward.templates.length - 1]);
    expect(new Set(forward.templates.map(({ key }) => key)).size).toBe(forward.templates.length);
  });

  it('counts what is beyond its limit and says so in a template of its own', () => {
    const miner = createTemplateMiner({ maxShapes: 2 });
    const ids = miner.add(['a', 'b', 'c', 'd']);
    expect(ids[2]).toBe(ids[3]);
    expect(miner.textOf(ids[2] ?? -1)).toBe(OVERFLOW_TEMPLATE);
    expect(miner.overflowed).toBe(2);
  });

  it('accepts nothing and the empty shape', () => {
    const miner = createTemplateMiner();
    expect(miner.add([])).toEqual([]);
    expect(miner.add([''])).toEqual([0]);
    expect(() => miner.textOf(7)).toThrow(/no template 7/);
  });
});
