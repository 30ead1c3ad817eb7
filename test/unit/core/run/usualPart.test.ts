import { describe, expect, test } from 'vitest';
import { findUsualPart, type PartJudgement, type RunPart } from '../../../../src/core/run/usualPart.js';
import { toWindowSet } from '../../../../src/core/slices/windowSet.js';

const ALL = 7;
const METRICS = 4;

interface Run {
  /** What goes on in each slice: `.` is usual, a letter the service at fault. Slices touch and do not overlap. */
  readonly slices: string;
  /** Bits of the telemetry of each slice; all three everywhere when left out. */
  readonly presence?: readonly number[];
}

/** Asks for the usual part of a run whose slices look abnormal where they are unlike most of the part. */
async function ask({ slices, presence }: Run): Promise<{ found: RunPart | undefined; asked: RunPart[] }> {
  const asked: RunPart[] = [];
  const compare = async (part: RunPart): Promise<PartJudgement & { readonly part: RunPart }> => {
    asked.push(part);
    await Promise.resolve();
    const inside = Array.from(slices).slice(part.fromBin / 2, part.toBin / 2);
    const kinds = [...Map.groupBy(inside, (kind) => kind)].sort((a, b) => b[1].length - a[1].length);
    const usual = kinds[0]?.[0];
    return {
      part,
      anomaly: Float64Array.from(slices, (kind) => (kind === usual ? 0.1 : 0.9)),
      cause: Int32Array.from(slices, (kind) => kind.charCodeAt(0)),
    };
  };
  const windows = toWindowSet(
    Uint32Array.from(slices, (_, i) => 2 * i),
    2,
    2,
  );
  const bits = Uint8Array.from(presence ?? Array.from(slices, () => ALL));
  return { found: (await findUsualPart({ windows, presence: bits }, 0.5, compare))?.part, asked };
}

const usual = (count: number): string => '.'.repeat(count);

describe('a run that is half an incident', () => {
  test.each([
    ['still going on', usual(20) + 'a'.repeat(20), { fromBin: 0, toBin: 40 }],
    ['for the last two fifths', usual(24) + 'a'.repeat(16), { fromBin: 0, toBin: 48 }],
    ['for the last three fifths', usual(16) + 'a'.repeat(24), { fromBin: 0, toBin: 32 }],
    ['with another service behind it', `${usual(20)}${'a'.repeat(13)}${'b'.repeat(7)}`, { fromBin: 0, toBin: 40 }],
  ])('%s: the time before is usual', async (_, slices, part) => {
    expect((await ask({ slices })).found).toEqual(part);
  });

  test('that was over before: the time after is usual where the time before is not uniform', async () => {
    const { found } = await ask({ slices: `${'aaab'.repeat(4)}${usual(24)}` });
    expect(found).toEqual({ fromBin: 32, toBin: 80 });
  });
});

describe('the automatic reference serves', () => {
  test.each([
    ['nothing happens', usual(40)],
    ['an incident is over soon', `${usual(24)}aaaaaa${usual(10)}`],
    ['failures of many services follow each other', `${usual(20)}aaaaabbbbbcccccddddd`],
    ['the last part is as mixed as the first', '.a'.repeat(20)],
  ])('where %s', async (_, slices) => {
    expect((await ask({ slices })).found).toBeUndefined();
  });

  test('and where nothing is promising, two halves are all that is tried', async () => {
    expect((await ask({ slices: usual(40) })).asked).toEqual([
      { fromBin: 0, toBin: 40 },
      { fromBin: 40, toBin: 80 },
    ]);
  });

  test.each([
    ['long runs', { slices: usual(150) + 'a'.repeat(150) }],
    ['metrics alone', { slices: usual(20) + 'a'.repeat(20), presence: Array.from({ length: 40 }, () => METRICS) }],
    ['a handful of slices', { slices: '....aaaa' }],
    ['one slice', { slices: '.' }],
    ['none', { slices: '' }],
  ])('for %s nothing is tried', async (_, run) => {
    expect(await ask(run)).toEqual({ found: undefined, asked: [] });
  });

  test('a part without the traces that the rest holds is not tried', async () => {
    const presence = Array.from({ length: 40 }, (_, i) => (i < 20 ? METRICS : ALL));
    const { asked } = await ask({ slices: usual(20) + 'a'.repeat(20), presence });
    expect(asked.every(({ fromBin }) => fromBin > 0)).toBe(true);
    expect(asked.length).toBeGreaterThan(0);
  });
});
