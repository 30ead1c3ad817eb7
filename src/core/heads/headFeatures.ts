/**
 * What the default heads read. Training reads those of detection from exported tensors; those of types depend on what embeddings say of
 * the cause, and models/pretraining/type_features.py makes them.
 */
import type { CallEdge } from '../aggregate/telemetryBins.js';
import { FAMILY_COUNT, FEATURE_FAMILIES } from '../features/families.js';
import { fuse, rankEntities } from './fusion.js';

/** Names of the detection features, in order. */
export const DETECTION_FEATURES: readonly string[] = [
  'fused.first',
  'fused.second',
  'fused.third',
  'share.entities',
  ...FEATURE_FAMILIES.map((family) => `max.${family.id}`),
];

/** Names of the failure-type features: the leading entity's families above and below usual, then the strongest of each elsewhere. */
export const TYPE_FEATURES: readonly string[] = [
  ...FEATURE_FAMILIES.map((family) => `above.${family.id}`),
  ...FEATURE_FAMILIES.map((family) => `below.${family.id}`),
  ...FEATURE_FAMILIES.map((family) => `elsewhere.${family.id}`),
];

/** @param familyScores [E, FAMILY_COUNT] @returns [DETECTION_FEATURES.length], all log1p and >= 0 but the share */
export function toDetectionFeatures(familyScores: Float32Array, calls: readonly CallEdge[]): Float64Array {
  const fused = fuse(familyScores, calls);
  const order = rankEntities(fused.entity);
  const features = new Float64Array(DETECTION_FEATURES.length);
  for (let i = 0; i < 3; i++) {
    features[i] = Math.log1p(fused.entity[order[i] ?? -1] ?? 0);
  }
  const unusual = fused.entity.filter((score) => score > 1).length;
  features[3] = unusual / Math.max(1, fused.entity.length);
  for (let i = 0; i < familyScores.length; i++) {
    const place = 4 + (i % FAMILY_COUNT);
    features[place] = Math.max(features[place] ?? 0, Math.log1p(familyScores[i] ?? 0));
  }
  return features;
}

/**
 * A profile, not magnitudes: how strong a failure is differs between systems, what it shows in does not.
 * @param signedScores [E, FAMILY_COUNT] calibrated, signed
 * @param root entity slot the failure is ascribed to; -1 when there is no entity
 * @returns [TYPE_FEATURES.length] in [0, 1], relative to the leading entity's strongest family
 */
export function toTypeFeatures(signedScores: Float32Array, root: number): Float64Array {
  const features = new Float64Array(TYPE_FEATURES.length);
  let strongest = Math.log1p(1);
  for (let family = 0; family < FAMILY_COUNT && root >= 0; family++) {
    strongest = Math.max(strongest, Math.log1p(Math.abs(signedScores[root * FAMILY_COUNT + family] ?? 0)));
  }
  for (let i = 0; i < signedScores.length; i++) {
    const family = i % FAMILY_COUNT;
    const score = signedScores[i] ?? 0;
    const value = Math.min(1, Math.log1p(Math.abs(score)) / strongest);
    const isRoot = (i - family) / FAMILY_COUNT === root;
    const group = isRoot ? (score >= 0 ? 0 : 1) : 2;
    const place = group * FAMILY_COUNT + family;
    features[place] = Math.max(features[place] ?? 0, value);
  }
  return features;
}
