import { describe, expect, it } from 'vitest';
import { Emitter } from '../../../src/extension/emitter.js';
import { formatEnglish } from '../../../src/extension/localize.js';

describe('Emitter', () => {
  it('calls the other listeners when one throws, and reports the error', () => {
    const errors: unknown[] = [];
    const heard: number[] = [];
    const emitter = new Emitter<number>((error) => errors.push(error));
    emitter.event(() => {
      throw new Error('broken listener');
    });
    emitter.event((value) => heard.push(value));
    emitter.fire(1);
    expect(heard).toEqual([1]);
    expect(errors).toHaveLength(1);
  });

  it('stops with the subscription, also when a listener ends itself', () => {
    const heard: string[] = [];
    const emitter = new Emitter<string>(() => undefined);
    const first = emitter.event((value) => {
      heard.push(`first ${value}`);
      first.dispose();
    });
    emitter.event((value) => heard.push(`second ${value}`));
    emitter.fire('a');
    emitter.fire('b');
    expect(heard).toEqual(['first a', 'second a', 'second b']);
  });
});

describe('formatEnglish', () => {
  it('fills numbered places, and leaves unknown ones', () => {
    expect(formatEnglish('{1} of {0}, {2}', 'a', 3)).toBe('3 of a, {2}');
  });
});
