import { FAMILY_COUNT, familyIndex, type FamilyId } from '../../../../src/core/features/families.js';
import type { RangeProfile } from '../../../../src/core/similar/rangeProfile.js';

/** `[service, family, signed calibrated score]`; contributions are the magnitudes. */
export type TestSymptom = readonly [entity: string, family: FamilyId, score: number];

export function createProfile(symptoms: readonly TestSymptom[], changes: Partial<RangeProfile> = {}): RangeProfile {
  const { entities = ['cart', 'payment', 'checkout'] } = changes;
  const scores = new Float32Array(entities.length * FAMILY_COUNT);
  for (const [entity, family, score] of symptoms) {
    scores[entities.indexOf(entity) * FAMILY_COUNT + familyIndex(family)] = score;
  }
  return { encoder: 'e', entities, scores, contributions: scores.map(Math.abs), embedding: Float32Array.of(1, 0), ...changes };
}
