import { describe, expect, it } from 'vitest';
import {
  toEmbedParams,
  toMsArgument,
  toNsArgument,
  toOffsetArgument,
  toRangeArgument,
  EMBED_OPTIONS,
} from '../../../src/cli/argumentValues.js';
import { toDataFolder } from '../../../src/cli/defaultStorePath.js';
import { parseCommandLine } from '../../../src/cli/parseCommandLine.js';
import { editDistance, findSuggestion } from '../../../src/cli/suggestion.js';

describe('values of options', () => {
  it.each([
    ['500ms', 500],
    ['60s', 60_000],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
  ])('read the length %s', (text, ms) => {
    expect(toMsArgument('window', text)).toBe(ms);
  });

  it.each(['', '0s', '-5s', '5', 's', '5 s', '5d', '1e3s'])('refuse the length "%s"', (text) => {
    expect(() => toMsArgument('window', text)).toThrow('is not a length of time');
  });

  it.each([
    ['1773147600000000000', '1773147600000000000'],
    ['2026-03-10T13:00:00Z', '1773147600000000000'],
    ['2026-03-10T21:00:00+08:00', '1773147600000000000'],
    ['2026-03-10T13:00:00.000000001Z', '1773147600000000001'],
  ])('read the time %s', (text, ns) => {
    expect(toNsArgument('from', text)).toBe(ns);
  });

  it.each([
    ['+08:00', 480],
    ['-0530', -330],
    ['Z', 0],
  ])('read the offset %s', (text, minutes) => {
    expect(toOffsetArgument('utc-offset', text)).toBe(minutes);
  });

  it('read a range', () => {
    expect(toRangeArgument('reference', '2026-03-10T13:00:00Z..2026-03-10T13:10:00Z')).toEqual({
      startNs: '1773147600000000000',
      endNs: '1773148200000000000',
    });
  });
});

describe('toEmbedParams', () => {
  const parse = (...args: string[]) => {
    const { positionals, options } = parseCommandLine(args, EMBED_OPTIONS);
    return toEmbedParams(positionals, options);
  };

  it('leaves out what is not given', () => {
    expect(parse('a', 'b')).toEqual({ paths: ['a', 'b'], window: 'auto', provider: 'auto' });
  });

  it('takes every option of the contract, in both ways of writing', () => {
    const args = ['a', '--window=60s', '--step', '30s', '--from', '1773147600000000000', '--to', '1773148200000000000'];
    const more = [
      '--reference',
      '2026-03-10..2026-03-11',
      '--reference',
      '2026-03-12..2026-03-13',
      '--provider',
      'cpu',
      '--utc-offset=-05:00',
    ];
    expect(parse(...args, ...more)).toEqual({
      paths: ['a'],
      window: 60_000,
      stepMs: 30_000,
      fromNs: '1773147600000000000',
      toNs: '1773148200000000000',
      reference: [expect.anything(), expect.anything()],
      provider: 'cpu',
      utcOffsetMinutes: -300,
    });
  });

  it('takes a path that looks like an option after --', () => {
    expect(parse('--', '--odd').paths).toEqual(['--odd']);
  });
});

describe('findSuggestion', () => {
  it('finds slips of the finger and beginnings, and nothing far away', () => {
    const known = ['embed', 'evaluate', 'export-tensors'];
    expect(findSuggestion('embde', known)).toBe('embed');
    expect(findSuggestion('export', known)).toBe('export-tensors');
    expect(findSuggestion('doctor', known)).toBeUndefined();
    expect(findSuggestion('', known)).toBeUndefined();
  });

  it('counts edits', () => {
    expect(editDistance('kitten', 'sitting')).toBe(3);
    expect(editDistance('', 'abc')).toBe(3);
    expect(editDistance('same', 'same')).toBe(0);
  });
});

describe('toDataFolder', () => {
  it.each([
    ['linux', {}, '/home/ada/.local/share/runtimeslicer'],
    ['linux', { XDG_DATA_HOME: '/data' }, '/data/runtimeslicer'],
    ['linux', { XDG_DATA_HOME: 'relative' }, '/home/ada/.local/share/runtimeslicer'],
    ['darwin', {}, '/home/ada/Library/Application Support/RuntimeSlicer'],
    ['win32', { LOCALAPPDATA: '/local' }, '/local/RuntimeSlicer'],
  ])('on %s with %o is %s', (platform, env, folder) => {
    expect(toDataFolder(env, platform, '/home/ada').replaceAll('\\', '/')).toBe(folder);
  });
});
