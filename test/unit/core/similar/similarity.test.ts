import { describe, expect, it } from 'vitest';
import { familyIndex, FAMILY_COUNT } from '../../../../src/core/features/families.js';
import { scanRun } from '../../../../src/core/run/scanRun.js';
import { profileRange, type RangeProfile } from '../../../../src/core/similar/rangeProfile.js';
import { compareProfiles, leadingEntity, rateSimilarity } from '../../../../src/core/similar/similarity.js';
import { createBins, ORIGIN_BIN, type TestLog } from '../builders.js';
import { createProfile } from './profileBuilders.js';

const SLOW_CART = createProfile([['cart', 'trace-duration', 5]]);

describe('rateSimilarity', () => {
  it('is 1 for a range and itself', () => {
    expect(rateSimilarity(SLOW_CART, SLOW_CART)).toBeCloseTo(1, 6);
  });

  it('finds a service by its name, wherever the other run lists it', () => {
    const other = createProfile([['cart', 'trace-duration', 5]], { entities: ['new', 'checkout', 'cart'] });
    expect(rateSimilarity(SLOW_CART, other)).toBeCloseTo(1, 6);
  });

  it.each([
    ['the other side of usual', createProfile([['cart', 'trace-duration', -5]]), -1],
    ['another service', createProfile([['payment', 'trace-duration', 5]]), 0],
    ['another family', createProfile([['cart', 'metric-cpu', 5]]), 0],
    ['nothing unusual', createProfile([]), 0],
    [
      'half of it as strong again elsewhere',
      createProfile([
        ['cart', 'trace-duration', 5],
        ['payment', 'trace-duration', 5],
      ]),
      Math.SQRT1_2,
    ],
  ])('takes services apart: %s', (_name, other, services) => {
    expect(compareProfiles(SLOW_CART, other).services).toBeCloseTo(services, 6);
  });

  it('leaves the embedding to decide between systems that share no name, and stays at most a half', () => {
    const [near, far] = [Float32Array.of(1, 0), Float32Array.of(0, 1)].map((embedding) =>
      createProfile([['gateway', 'trace-duration', 5]], { entities: ['gateway'], embedding }),
    );
    expect([near, far].map((other) => rateSimilarity(SLOW_CART, other ?? SLOW_CART))).toEqual([0.5, 0]);
  });

  it('compares the kind where embeddings are of different encoders, in either direction alike', () => {
    const other = createProfile([['payment', 'trace-duration', 5]], { encoder: 'f', embedding: Float32Array.of(1) });
    expect(compareProfiles(SLOW_CART, other).embedding).toBeUndefined();
    expect(rateSimilarity(SLOW_CART, other)).toBeCloseTo(0.5, 6);
    expect(rateSimilarity(other, SLOW_CART)).toBeCloseTo(0.5, 6);
  });

  it('says 0, not NaN, of ranges without services and slices', () => {
    const empty = createProfile([], { entities: [], embedding: new Float32Array(2) });
    expect(leadingEntity(empty)).toBe(-1);
    expect(rateSimilarity(empty, empty)).toBe(0);
  });
});

describe('profileRange', () => {
  /** Ten minutes of one log line a second; from minute 4 to 5 cart logs errors that never occurred before. */
  const logs: TestLog[] = Array.from({ length: 600 }, (_, second) => {
    const fails = second >= 240 && second < 300;
    return {
      atMs: second * 1000,
      service: second % 2 === 0 ? 'cart' : 'payment',
      text: 'paid',
      severity: fails && second % 2 === 0 ? 17 : 9,
    };
  });
  const bins = createBins([{ logs }]);
  const scan = scanRun(bins, { lengthBins: 6, stepBins: 3, reference: [] });
  const { starts } = scan.windows;
  const model = {
    ...scan,
    bins,
    entities: bins.entities,
    lengthBins: 6,
    heads: { encoder: 'e', rootCause: { embedding: [], trust: 0, trustKnown: 1, pool: 2, sharpness: 1 } },
    // Of the slices that overlap, the second is certain to be abnormal and the others are not.
    verdicts: {
      starts,
      anomaly: Float64Array.from(starts, (start) => (start === ORIGIN_BIN + 48 ? 1 : 0)),
      types: new Float64Array(starts.length),
      // The embeddings hold payment for the cause.
      roots: Float32Array.from({ length: starts.length * 2 }, (_, i) => Math.log(bins.entities[i % 2] === 'payment' ? 0.9 : 0.1)),
      familiarity: new Float64Array(starts.length),
    },
  };
  const slices = Float32Array.from({ length: starts.length * 2 }, (_, i) =>
    i % 2 === (starts[i >> 1] === ORIGIN_BIN + 48 ? 1 : 0) ? 1 : 0,
  );
  const profile = profileRange(model, { dim: 2, slices }, ORIGIN_BIN + 48, ORIGIN_BIN + 60);

  it('holds what is unusual, with its side of usual, and leads with the service at fault', () => {
    expect(profile.entities[leadingEntity(profile)]).toBe('cart');
    const cart = profile.entities.indexOf('cart') * FAMILY_COUNT;
    expect(profile.scores[cart + familyIndex('log-severity')]).toBeGreaterThan(1);
  });

  it('ascribes it as embeddings do where pretraining knows the state', () => {
    const known = { ...model, verdicts: { ...model.verdicts, familiarity: new Float64Array(starts.length).fill(1) } };
    const ascribed = profileRange(known, { dim: 2, slices }, ORIGIN_BIN + 48, ORIGIN_BIN + 60);
    const shareOf = ({ entities, contributions }: RangeProfile, service: string): number => {
      const own = entities.indexOf(service) * FAMILY_COUNT;
      const total = contributions.reduce((sum, value) => sum + value, 0);
      return contributions.subarray(own, own + FAMILY_COUNT).reduce((sum, value) => sum + value, 0) / total;
    };
    expect(shareOf(ascribed, 'cart')).toBeLessThan(shareOf(profile, 'cart'));
    expect(shareOf(ascribed, 'payment')).toBeGreaterThan(shareOf(profile, 'payment'));
  });

  it('means embeddings by how abnormal the slices are', () => {
    expect([...profile.embedding]).toEqual([0, 1]);
  });

  it('has no embedding outside of all slices', () => {
    expect([...profileRange(model, { dim: 2, slices }, ORIGIN_BIN + 500, ORIGIN_BIN + 510).embedding]).toEqual([0, 0]);
  });
});
