import { describe, expect, it } from 'vitest';
import {
  findDurationMs,
  findTimeZone,
  findUtcOffsetMinutes,
  toEmbedParams,
  toSettings,
} from '../../../../src/extension/settings/settings.js';

const DEFAULTS = { window: 'auto', executionProvider: 'auto', timeZone: 'utc', utcOffset: 'Z', failureTypes: ['network-delay'] };

function parse(changes: Partial<Record<keyof typeof DEFAULTS, unknown>>): { settings: ReturnType<typeof toSettings>; problems: string[] } {
  const problems: string[] = [];
  const settings = toSettings(
    { ...DEFAULTS, ...changes },
    () => 'Asia/Tokyo',
    (problem) => problems.push(problem),
  );
  return { settings, problems };
}

describe('toSettings', () => {
  it('reads the defaults', () => {
    expect(parse({})).toEqual({
      settings: { window: 'auto', provider: 'auto', timeZone: 'UTC', utcOffsetMinutes: 0, failureTypes: ['network-delay'] },
      problems: [],
    });
  });

  it('leaves out kinds of failure that are no texts, and says so', () => {
    const { settings, problems } = parse({ failureTypes: ['exception', 3, ' '] });
    expect(settings.failureTypes).toEqual(['exception']);
    expect(problems).toHaveLength(1);
    expect(parse({ failureTypes: 'exception' })).toMatchObject({ settings: { failureTypes: [] }, problems: [expect.any(String)] });
    expect(parse({ failureTypes: undefined })).toMatchObject({ settings: { failureTypes: [] }, problems: [] });
  });

  it('reads every setting', () => {
    const { settings, problems } = parse({ window: '1.5m', executionProvider: 'cpu', timeZone: 'Europe/Berlin', utcOffset: '-03:30' });
    expect(settings).toMatchObject({ window: 90_000, provider: 'cpu', timeZone: 'Europe/Berlin', utcOffsetMinutes: -210 });
    expect(problems).toEqual([]);
  });

  it.each([
    [{ window: '2h' }, 'runtimeSlicer.window'],
    [{ window: '1s' }, 'runtimeSlicer.window'],
    [{ window: 60 }, 'runtimeSlicer.window'],
    [{ window: 'soon' }, 'runtimeSlicer.window'],
    [{ executionProvider: 'tpu' }, 'runtimeSlicer.executionProvider'],
    [{ timeZone: 'Mars/Olympus' }, 'runtimeSlicer.timeZone'],
    [{ utcOffset: '+8' }, 'runtimeSlicer.utcOffset'],
  ])('falls back to the default for %j and says so', (changes, name) => {
    const { settings, problems } = parse(changes);
    expect(settings).toEqual(parse({}).settings);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(name);
  });

  it('makes parameters of an embed', () => {
    expect(toEmbedParams(['/a'], parse({ window: '60s' }).settings)).toEqual({
      paths: ['/a'],
      window: 60_000,
      provider: 'auto',
      utcOffsetMinutes: 0,
    });
  });
});

describe('findDurationMs', () => {
  it.each([
    ['500ms', 500],
    ['60s', 60_000],
    ['2 min', 120_000],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['60', undefined],
    ['-1s', undefined],
    ['1s 2m', undefined],
  ])('reads %s', (text, expected) => {
    expect(findDurationMs(text)).toBe(expected);
  });
});

describe('findUtcOffsetMinutes', () => {
  it.each([
    ['Z', 0],
    ['utc', 0],
    ['+08:00', 480],
    ['-0530', -330],
    ['+14:00', 840],
    ['+15:00', undefined],
    ['+08:60', undefined],
  ])('reads %s', (text, expected) => {
    expect(findUtcOffsetMinutes(text)).toBe(expected);
  });
});

const tokyo = (): string => 'Asia/Tokyo';

describe('findTimeZone', () => {
  it('knows utc, local and IANA names', () => {
    expect([findTimeZone('UTC', tokyo), findTimeZone('local', tokyo), findTimeZone('America/New_York', tokyo)]).toEqual([
      'UTC',
      'Asia/Tokyo',
      'America/New_York',
    ]);
    expect(findTimeZone('', tokyo)).toBeUndefined();
  });
});
