import { describe, expect, it } from 'vitest';
import { contrast } from '../../../../src/core/similar/contrast.js';
import { createProfile } from './profileBuilders.js';

describe('contrast', () => {
  it('names what both show and what one alone shows, strongest first', () => {
    const now = createProfile([
      ['cart', 'trace-duration', 4],
      ['cart', 'log-severity', 9],
      ['payment', 'metric-cpu', 6],
    ]);
    const then = createProfile([
      ['cart', 'log-severity', 9],
      ['cart', 'trace-duration', 4],
      ['checkout', 'trace-missing', -8],
    ]);
    expect(contrast(now, then)).toEqual({
      same: ['errors logged in cart', 'slow operations in cart'],
      differs: ['only then: missing calls in checkout', 'only now: CPU up in payment'],
    });
  });

  it('tells above from below usual', () => {
    const [now, then] = [5, -5].map((score) => createProfile([['cart', 'metric-cpu', score]]));
    expect(contrast(now ?? createProfile([]), then ?? createProfile([]))).toEqual({
      same: [],
      differs: ['only now: CPU up in cart', 'only then: CPU down in cart'],
    });
  });

  it('takes the same at another service for something in common, and says where', () => {
    const now = createProfile([['cart', 'metric-cpu', 5]]);
    const then = createProfile([['gateway', 'metric-cpu', 5]], { entities: ['gateway'] });
    expect(contrast(now, then)).toEqual({ same: ['CPU up (cart now, gateway then)'], differs: [] });
  });

  it('says neither of what is weak on one side, nor of what is within the usual on both', () => {
    const now = createProfile([
      ['cart', 'log-severity', 10],
      ['payment', 'metric-cpu', 9],
      ['checkout', 'metric-cpu', 0.9],
    ]);
    const then = createProfile([
      ['cart', 'log-severity', 10],
      ['payment', 'metric-cpu', 1.5],
    ]);
    expect(contrast(now, then)).toEqual({ same: ['errors logged in cart'], differs: [] });
  });

  it('lists three at most, and each once', () => {
    const services = ['a', 'b', 'c', 'd'];
    const now = createProfile(
      services.map((entity) => [entity, 'log-severity', 5] as const),
      { entities: services },
    );
    expect(contrast(now, now).same).toEqual(['errors logged in a', 'errors logged in b', 'errors logged in c']);
    const log = createProfile([
      ['cart', 'trace-self', 5],
      ['cart', 'trace-gap', 5],
    ]);
    expect(contrast(log, createProfile([])).differs).toEqual([
      'only now: cart slow in its own code',
      'only now: cart slow on the way from its callers',
    ]);
  });

  it('has nothing to say of ranges without anything unusual', () => {
    expect(contrast(createProfile([]), createProfile([]))).toEqual({ same: [], differs: [] });
  });
});
