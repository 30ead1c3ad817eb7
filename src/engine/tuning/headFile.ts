/** Tuned heads as one file: weights as safetensors, everything else as JSON in its metadata, no code. The store keeps the same bytes. */
import { DETECTION_FEATURES, TYPE_FEATURES } from '../../core/heads/headFeatures.js';
import { CAUSE_FEATURES, type ConditionedWeights, type TunedHeads, type TunedTypes } from '../../core/heads/tunedHeads.js';
import { FAMILY_COUNT } from '../../core/features/families.js';
import { EngineError } from '../../protocol/engineError.js';
import type { HeadVersionView } from '../../protocol/views.js';
import { parseSafetensors, toSafetensors, type Tensor } from '../safetensors.js';

const FORMAT = 'runtimeslicer-heads-1';
const FEATURES = { detection: DETECTION_FEATURES, failureType: TYPE_FEATURES, rootCause: CAUSE_FEATURES };

/** What is told of a version; whether it is in use is no property of the file. */
export type HeadVersionNotes = Omit<HeadVersionView, 'isUsed'>;

export interface HeadFile {
  readonly heads: TunedHeads;
  readonly notes: HeadVersionNotes;
}

export function encodeHeadFile({ heads, notes }: HeadFile): Buffer {
  const { states, detection, failureType, rootCause } = heads;
  const tensors: Record<string, Tensor> = {
    'states.centroids': { shape: [states.names.length, states.entities.length * FAMILY_COUNT], data: states.centroids },
    ...toTensors('detection', detection),
    ...toTensors('failureType', failureType?.weights ?? null),
    ...toTensors('rootCause', rootCause),
  };
  if (failureType !== null) {
    tensors['failureType.prototypes'] = {
      shape: [failureType.types.length, failureType.weights.features - 1],
      data: failureType.prototypes,
    };
  }
  return toSafetensors(tensors, {
    format: FORMAT,
    version: heads.version,
    encoder: heads.encoder,
    notes: JSON.stringify(notes),
    features: JSON.stringify(FEATURES),
    states: JSON.stringify({ entities: states.entities, names: states.names }),
    ...(failureType === null ? {} : { failureType: JSON.stringify({ types: failureType.types, novelBelow: failureType.novelBelow }) }),
  });
}

/** @throws EngineError `bad-argument` with the file's name, what is wrong with it and what to do */
export function decodeHeadFile(bytes: Uint8Array, name: string): HeadFile {
  try {
    return decode(bytes);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unreadable';
    throw new EngineError('bad-argument', `${name} holds no heads that can be used: ${reason}; export them again, or tune anew`, {
      cause: error,
    });
  }
}

function decode(bytes: Uint8Array): HeadFile {
  const { tensors, metadata } = parseSafetensors(bytes);
  if (metadata.format !== FORMAT) {
    throw new Error(`its format is ${metadata.format ?? 'not named'}, this version reads ${FORMAT}`);
  }
  if (metadata.features !== JSON.stringify(FEATURES)) {
    throw new Error('they read features of another version of RuntimeSlicer');
  }
  for (const [tensor, { data }] of tensors) {
    if (data.some((value) => !Number.isFinite(value))) {
      throw new Error(`${tensor} holds a value that is not a finite number`);
    }
  }
  const { entities, names } = JSON.parse(metadata.states ?? '') as { entities: string[]; names: string[] };
  const take = (tensor: string, count: number): Float32Array => {
    const found = tensors.get(tensor)?.data;
    if (found?.length !== count) {
      throw new Error(`${tensor} has ${found?.length ?? 'no'} numbers, ${count} are needed`);
    }
    return found;
  };
  const takeWeights = (head: string, rows: number, features: number): ConditionedWeights | null => {
    const mix = tensors.get(`${head}.mix`);
    if (mix === undefined) {
      return null;
    }
    const [states = 0, rank = 0] = mix.shape;
    if (states !== names.length) {
      throw new Error(`${head}.mix is for ${states} states, there are ${names.length}`);
    }
    return {
      rows,
      features,
      rank,
      base: take(`${head}.base`, rows * features),
      mix: mix.data,
      basis: take(`${head}.basis`, rank * rows * features),
    };
  };
  const types =
    metadata.failureType === undefined ? undefined : (JSON.parse(metadata.failureType) as Pick<TunedTypes, 'types' | 'novelBelow'>);
  const features = tensors.get('failureType.prototypes')?.shape[1] ?? 0;
  const weights = types === undefined ? null : takeWeights('failureType', types.types.length, features + 1);
  return {
    notes: JSON.parse(metadata.notes ?? '') as HeadVersionNotes,
    heads: {
      version: metadata.version ?? '',
      encoder: metadata.encoder ?? '',
      states: { entities, names, centroids: take('states.centroids', names.length * entities.length * FAMILY_COUNT) },
      detection: takeWeights('detection', 1, DETECTION_FEATURES.length + 1),
      failureType:
        types === undefined || weights === null
          ? null
          : { ...types, weights, prototypes: take('failureType.prototypes', types.types.length * features) },
      rootCause: takeWeights('rootCause', 1, CAUSE_FEATURES.length),
    },
  };
}

function toTensors(head: string, weights: ConditionedWeights | null): Record<string, Tensor> {
  if (weights === null) {
    return {};
  }
  const { rows, features, rank, base, mix, basis } = weights;
  return {
    [`${head}.base`]: { shape: [rows, features], data: base },
    [`${head}.mix`]: { shape: [mix.length / rank, rank], data: mix },
    [`${head}.basis`]: { shape: [rank, rows, features], data: basis },
  };
}
