/** Range profiles as they are kept: safetensors, texts in its metadata. */
import { FAMILY_COUNT } from '../../core/features/families.js';
import type { RangeProfile } from '../../core/similar/rangeProfile.js';
import { parseSafetensors, toSafetensors } from '../safetensors.js';

export function encodeRangeProfile({ encoder, entities, scores, contributions, embedding }: RangeProfile): Uint8Array {
  const shape = [entities.length, FAMILY_COUNT];
  return toSafetensors(
    {
      scores: { shape, data: scores },
      ascribed: { shape, data: contributions },
      embedding: { shape: [embedding.length], data: embedding },
    },
    { encoder, entities: JSON.stringify(entities) },
  );
}

/** @returns undefined for bytes that another version wrote */
export function decodeRangeProfile(bytes: Uint8Array): RangeProfile | undefined {
  const { tensors, metadata } = parseSafetensors(bytes);
  const [scores, contributions, embedding] = ['scores', 'ascribed', 'embedding'].map((name) => tensors.get(name));
  const { encoder, entities } = metadata;
  if (scores?.shape[1] !== FAMILY_COUNT || contributions === undefined || embedding === undefined) {
    return undefined;
  }
  if (encoder === undefined || entities === undefined) {
    return undefined;
  }
  return {
    encoder,
    entities: JSON.parse(entities) as string[],
    scores: scores.data,
    contributions: contributions.data,
    embedding: embedding.data,
  };
}
