/** Tuned heads as one file: weights as safetensors, everything else as JSON in its metadata, no code. The store keeps the same bytes. */
import type { Adapter } from '../../core/adaptation/adapter.js';
import { TYPE_FEATURES } from '../../core/heads/headFeatures.js';
import type { CausePrior } from '../../core/heads/causePrior.js';
import type { ConditionedWeights } from '../../core/heads/conditionedWeights.js';
import {
  CAUSE_FEATURES,
  TUNED_DETECTION_FEATURES,
  type TunedCauses,
  type TunedDetection,
  type TunedHeads,
} from '../../core/heads/tunedHeads.js';
import { answersOf, type TunedTypes, type TypeProfiles, type UnlabelledTypes } from '../../core/heads/tunedTypes.js';
import { FAMILY_COUNT } from '../../core/features/families.js';
import { EngineError } from '../../protocol/engineError.js';
import type { HeadVersionView, TunedHeadView } from '../../protocol/views.js';
import { parseSafetensors, toSafetensors, type Tensor } from '../safetensors.js';

const FORMAT = 'runtimeslicer-heads-1';
const FEATURES = {
  detection: [...TUNED_DETECTION_FEATURES, ...TYPE_FEATURES],
  failureType: [...TYPE_FEATURES, 'default.profile'],
  rootCause: CAUSE_FEATURES,
};

const VERSION = /^[\w.-]{1,100}$/;
/** The store's whole numbers have 64 bits. */
const LAST_NS = 2n ** 63n - 1n;

/** What is told of a version; whether it is in use is no property of the file. */
export type HeadVersionNotes = Omit<HeadVersionView, 'isUsed'>;

export interface HeadFile {
  readonly heads: TunedHeads;
  readonly notes: HeadVersionNotes;
}

export function encodeHeadFile({ heads, notes }: HeadFile): Buffer {
  const { states, detection, failureType, rootCause, adapter } = heads;
  const tensors: Record<string, Tensor> = {
    'states.centroids': { shape: [states.names.length, states.entities.length * FAMILY_COUNT], data: states.centroids },
    ...toTensors('detection', detection?.weights ?? null),
    ...toTensors('failureType', failureType?.weights ?? null),
    ...toTensors('rootCause', rootCause?.weights ?? null),
  };
  if (adapter !== undefined) {
    const { dim, rank, down, up, bias } = adapter;
    tensors['encoder.down'] = { shape: [dim, rank], data: down };
    tensors['encoder.up'] = { shape: [rank, dim], data: up };
    tensors['encoder.bias'] = { shape: [dim], data: bias };
  }
  if (failureType !== null) {
    tensors['failureType.prototypes'] = {
      shape: [failureType.types.length, failureType.weights.features - 1],
      data: failureType.prototypes,
    };
    const { takenFor, rows } = failureType.profiles;
    tensors['failureType.profiles'] = { shape: [answersOf(failureType).length, takenFor.length], data: rows };
  }
  if (detection !== null) {
    tensors['detection.failing'] = { shape: [states.names.length], data: detection.odds.failing };
    tensors['detection.normal'] = { shape: [states.names.length], data: detection.odds.normal };
  }
  if (rootCause !== null) {
    const { services, counts } = rootCause.prior;
    tensors['rootCause.labelled'] = { shape: [services.length], data: counts };
  }
  return toSafetensors(tensors, {
    format: FORMAT,
    version: heads.version,
    encoder: heads.encoder,
    notes: JSON.stringify(notes),
    features: JSON.stringify(FEATURES),
    states: JSON.stringify({ entities: states.entities, names: states.names }),
    ...(failureType === null ? {} : { failureType: JSON.stringify(toTypeNotes(failureType)) }),
    ...(detection === null ? {} : { detection: JSON.stringify({ oddsWeight: detection.odds.weight }) }),
    ...(rootCause === null ? {} : { rootCause: JSON.stringify({ services: rootCause.prior.services, weight: rootCause.prior.weight }) }),
  });
}

function toTypeNotes({ types, novelBelow, profiles, unlabelled, trust, sharpness }: TunedTypes): Record<string, unknown> {
  return {
    types,
    novelBelow,
    trust,
    sharpness,
    takenFor: profiles.takenFor,
    unlabelled: { ...unlabelled, logits: [...unlabelled.logits] },
  };
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
  if (!isListOf(entities, 'string') || !isListOf(names, 'string')) {
    throw new Error('its states cannot be read');
  }
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
  const takeCounts = (tensor: string, count: number): Float32Array => {
    const counts = take(tensor, count);
    if (!counts.every(isCount)) {
      throw new Error(`${tensor} holds a count below 0`);
    }
    return counts;
  };
  const takeCauses = (): TunedCauses | null => {
    const weights = takeWeights('rootCause', 1, CAUSE_FEATURES.length);
    if (weights === null) {
      return null;
    }
    const { services, weight } = parsePrior(metadata.rootCause ?? '');
    return { weights, prior: { services, weight, counts: takeCounts('rootCause.labelled', services.length) } };
  };
  const takeDetection = (): TunedDetection | null => {
    const width = tensors.get('detection.base')?.shape[1] ?? 0;
    const weights = takeWeights('detection', 1, width);
    if (weights === null) {
      return null;
    }
    const { oddsWeight } = JSON.parse(metadata.detection ?? '') as Record<string, unknown>;
    if (width <= TUNED_DETECTION_FEATURES.length + TYPE_FEATURES.length || !isCount(oddsWeight)) {
      throw new Error('its detection cannot be read');
    }
    const [failing, normal] = [takeCounts('detection.failing', names.length), takeCounts('detection.normal', names.length)];
    return { weights, odds: { failing, normal, weight: oddsWeight } };
  };
  const takeAdapter = (): Adapter | undefined => {
    const [dim = 0, rank = 0] = tensors.get('encoder.down')?.shape ?? [];
    return dim === 0
      ? undefined
      : { dim, rank, down: take('encoder.down', dim * rank), up: take('encoder.up', rank * dim), bias: take('encoder.bias', dim) };
  };
  const adapter = takeAdapter();
  const types = metadata.failureType === undefined ? undefined : parseTypes(metadata.failureType);
  const features = tensors.get('failureType.prototypes')?.shape[1] ?? 0;
  const weights = types === undefined ? null : takeWeights('failureType', types.types.length, features + 1);
  const takeTypes = ({ takenFor, ...named }: ReturnType<typeof parseTypes>, ofTypes: ConditionedWeights): TunedTypes => ({
    ...named,
    weights: ofTypes,
    prototypes: take('failureType.prototypes', named.types.length * features),
    profiles: { takenFor, rows: take('failureType.profiles', answersOf(named).length * takenFor.length) },
  });
  const heads: TunedHeads = {
    version: metadata.version ?? '',
    encoder: metadata.encoder ?? '',
    states: { entities, names, centroids: take('states.centroids', names.length * entities.length * FAMILY_COUNT) },
    detection: takeDetection(),
    failureType: types === undefined || weights === null ? null : takeTypes(types, weights),
    rootCause: takeCauses(),
    ...(adapter === undefined ? {} : { adapter }),
  };
  return { notes: parseNotes(metadata.notes ?? '', heads), heads };
}

function parsePrior(text: string): Pick<CausePrior, 'services' | 'weight'> {
  const { services, weight } = JSON.parse(text) as Record<string, unknown>;
  if (!isListOf(services, 'string') || !isCount(weight)) {
    throw new Error('how often its causes were labelled cannot be read');
  }
  return { services: services as string[], weight };
}

function parseTypes(
  text: string,
): Pick<TunedTypes, 'types' | 'novelBelow' | 'unlabelled' | 'trust' | 'sharpness'> & Pick<TypeProfiles, 'takenFor'> {
  // Heads of an earlier version go by their weights alone.
  const { types, novelBelow, takenFor, unlabelled, trust = 0, sharpness = 1 } = JSON.parse(text) as Record<string, unknown>;
  const isRead = isListOf(types, 'string') && types.length > 0 && isListOf(takenFor, 'string') && Number.isFinite(novelBelow);
  const isMixed = isCount(trust) && trust <= 1 && isCount(sharpness) && sharpness > 0;
  if (!isRead || !isMixed || typeof unlabelled !== 'object') {
    throw new Error('its failure types cannot be read');
  }
  return {
    types: types as string[],
    novelBelow: novelBelow as number,
    takenFor: takenFor as string[],
    unlabelled: parseUnlabelled(unlabelled),
    trust,
    sharpness,
  };
}

function parseUnlabelled(given: object | null): UnlabelledTypes {
  const { types, logits, hintWeight } = (given ?? {}) as Record<string, unknown>;
  const numbers = isListOf(logits, 'number') ? Float32Array.from(logits as number[]) : undefined;
  if (!isListOf(types, 'string') || numbers?.length !== types.length || !numbers.every(Number.isFinite) || !isCount(hintWeight)) {
    throw new Error('the types that nobody labelled cannot be read');
  }
  return { types: types as string[], logits: numbers, hintWeight };
}

/** Notes are listed and printed wherever heads are: a file of unknown origin must not break that. */
function parseNotes(text: string, heads: TunedHeads): HeadVersionNotes {
  const notes = JSON.parse(text) as HeadVersionNotes;
  const held = [
    ...(heads.detection === null ? [] : ['detection']),
    ...(heads.failureType === null ? [] : ['failure-type']),
    ...(heads.rootCause === null ? [] : ['root-cause']),
    ...(heads.adapter === undefined ? [] : ['encoder']),
  ].sort();
  if (notes.version !== heads.version || !VERSION.test(heads.version)) {
    throw new Error('its version is missing, or not made of letters, digits and - _ .');
  }
  if (!isListOf(notes.heads, 'string') || [...notes.heads].sort().join() !== held.join()) {
    throw new Error(`it holds heads [${held.join(', ')}], its notes speak of others`);
  }
  const isTime = notes.createdNs !== null && BigInt(notes.createdNs) <= LAST_NS && BigInt(notes.createdNs) >= 0n;
  const isHash = notes.dataHash === null || typeof notes.dataHash === 'string';
  if (!isTime || !isHash || !Number.isInteger(notes.labels) || !Array.isArray(notes.scores) || !notes.scores.every(isScore)) {
    throw new Error('its notes cannot be read');
  }
  const { version, createdNs, heads: kinds, labels, dataHash, scores } = notes;
  return { version, createdNs, heads: kinds, labels, dataHash, scores };
}

function isScore({ head, measure, incidents, tuned, current, baseline, lossCurve, isUsed, reason }: TunedHeadView): boolean {
  return (
    isListOf([head, measure, baseline.name, reason], 'string') &&
    isListOf([incidents, ...[tuned, current, baseline].flatMap(({ score, low, high }) => [score, low, high])], 'number') &&
    isListOf(lossCurve, 'number') &&
    typeof isUsed === 'boolean'
  );
}

/** Finite, and not below 0. */
function isCount(value: unknown): value is number {
  return Number.isFinite(value) && (value as number) >= 0;
}

function isListOf(values: unknown, type: 'string' | 'number'): values is readonly unknown[] {
  return Array.isArray(values) && values.every((value) => typeof value === type);
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
