import { describe, expect, it } from 'vitest';
import {
  findStateRanges,
  toLabelRangeText,
  toLabelText,
  toServiceChoices,
  toTypeChoices,
  toTypeId,
} from '../../../../src/extension/labels/labelChoices.js';
import { buildDiagnosis, buildLabel, buildSlice, buildTimeline, ns } from '../views.js';

const modalities = { log: 0, trace: 0, metric: 0 };

describe('toTypeChoices', () => {
  const labels = [
    buildLabel('cache-storm'),
    buildLabel('memory-leak', { startNs: ns(60) }),
    buildLabel('cache-storm', { startNs: ns(120) }),
  ];

  it('offers what labels carry first, then the setting, then normal', () => {
    const diagnosis = buildDiagnosis({ failureTypes: [{ type: 'network-delay', p: 0.81 }] });
    expect(
      toTypeChoices(labels, ['network-delay', 'Memory Leak'], diagnosis, '').map(({ label, description }) => [label, description]),
    ).toEqual([
      ['cache storm', '2 labels'],
      ['memory leak', '1 label'],
      ['network delay', 'diagnosis: 81 %'],
      ['normal', 'nothing was wrong'],
    ]);
  });

  it('takes what is typed as a kind of its own, unless it is known', () => {
    expect(toTypeChoices([], ['exception'], null, ' Disk  Full ').at(-1)).toEqual({
      label: 'disk full',
      description: 'new kind of failure',
      value: 'disk-full',
    });
    expect(toTypeChoices([], ['disk-full'], null, 'disk full').map(({ value }) => value)).toEqual(['disk-full', 'normal']);
    expect(toTypeId('  ')).toBe('');
  });
});

describe('toServiceChoices', () => {
  const diagnosis = buildDiagnosis({
    rootCauses: [
      { entity: 'payment', score: 5, p: 0.8, modalities },
      { entity: 'cart', score: 1, p: 0.01, modalities },
    ],
  });

  it('follows the diagnosis, and always offers none', () => {
    expect(toServiceChoices(diagnosis, '').map(({ value, description }) => [value, description])).toEqual([
      ['payment', 'likely cause: 80 %'],
      ['cart', ''],
      [null, ''],
    ]);
    expect(toServiceChoices(null, '').map(({ label }) => label)).toEqual(['No single service']);
  });

  it('takes a service that is typed', () => {
    expect(toServiceChoices(diagnosis, 'mainframe').at(-1)?.value).toBe('mainframe');
    expect(toServiceChoices(diagnosis, 'cart')).toHaveLength(3);
  });
});

describe('findStateRanges', () => {
  it('joins slices of a state that follow each other, also in disorder, and parts them at others and at gaps', () => {
    const slices = [
      buildSlice(90, { state: 'bad' }),
      buildSlice(0, { state: 'bad' }),
      buildSlice(30, { state: 'bad' }),
      buildSlice(60, { state: 'usual' }),
      buildSlice(300, { state: 'bad' }),
    ];
    expect(findStateRanges(buildTimeline({ slices }), 'bad')).toEqual([
      { startNs: ns(0), endNs: ns(90) },
      { startNs: ns(90), endNs: ns(150) },
      { startNs: ns(300), endNs: ns(360) },
    ]);
    expect(findStateRanges(buildTimeline(), 'bad')).toEqual([]);
  });
});

describe('labels in words', () => {
  it('name kind, service and range', () => {
    expect(toLabelText(buildLabel('network-delay'))).toBe('network delay on cart');
    expect(toLabelText(buildLabel('normal', { entity: null }))).toBe('normal');
    expect(toLabelRangeText(buildLabel('x'), 'Asia/Tokyo')).toBe('17:00:00 – 17:01:00 Asia/Tokyo (GMT+9)');
  });
});
