import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sampleIncident } from '../../../src/simulation/sampleIncident.js';
import { simulate } from '../../../src/simulation/simulate.js';
import type { SimulationOptions } from '../../../src/simulation/simulationTypes.js';

function hashOf(options: SimulationOptions): string {
  const hash = createHash('sha256');
  for (const { path, content } of simulate(options).files) {
    hash.update(path);
    for (const piece of content) {
      hash.update(piece);
    }
  }
  return hash.digest('hex');
}

describe('simulate', () => {
  it('gives the same bytes for the same seed and others for another', () => {
    const options = { seed: 4, minutes: 3, requestsPerSecond: 3 };
    expect(hashOf(options)).toBe(hashOf(options));
    expect(hashOf({ ...options, seed: 5 })).not.toBe(hashOf(options));
  });

  it('labels the sample incident', () => {
    expect(simulate(sampleIncident()).labels.map(({ type, entity }) => `${type} ${entity}`)).toEqual([
      'normal ',
      'configuration-error payment',
      'normal ',
    ]);
  });
});
