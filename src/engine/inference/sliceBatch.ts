/**
 * Ragged slices into padded tensors and back. Letters as in src/core/tokens/sliceTensors.ts:
 * B slices, E entity slots, M modalities, T token places per (entity, modality), F numbers, V texts.
 */
import { FAMILY_COUNT } from '../../core/features/families.js';
import { TEXT_VECTOR_DIM, TOKEN_NUMBER_COUNT, TOKEN_NUMBERS, type SliceTokens } from '../../core/tokens/sliceTensors.js';
import { EngineError } from '../../protocol/engineError.js';
import type { Feeds } from './onnxRuntime.js';

export const MODALITY_COUNT = 3;

/** What a slice needs of a batch. */
export interface SliceShape {
  readonly index: number;
  readonly entities: number;
  /** Tokens of the fullest (entity, modality) group, at least 1. */
  readonly places: number;
}

/** Bounds of one batch: memory, and how long the thread is blocked before cancellation is seen. */
export interface BatchLimits {
  readonly slices: number;
  /** B * E * M * T. One slice alone may exceed it. */
  readonly places: number;
}

/**
 * @throws EngineError `bad-argument` naming the slice and the array when lengths, ids or slots are out of range, or a number is
 * NaN or infinite: one NaN would spread to every embedding of its batch.
 */
export function checkSlice(slice: SliceTokens, index: number, textCount: number): SliceShape {
  const count = slice.text.length;
  const groups = slice.nEntities * MODALITY_COUNT;
  const refuse = (what: string): never => {
    throw new EngineError('bad-argument', `slice ${index} cannot be encoded: ${what}`);
  };
  for (const [name, found, expected] of [
    ['family', slice.family.length, count],
    ['entity', slice.entity.length, count],
    ['modality', slice.modality.length, count],
    ['numbers', slice.numbers.length, count * TOKEN_NUMBER_COUNT],
    ['edgeCallee', slice.edgeCallee.length, slice.edgeCaller.length],
    ['edgeWeight', slice.edgeWeight.length, slice.edgeCaller.length],
    ['familyScores', slice.familyScores.length, slice.nEntities * FAMILY_COUNT],
  ] as const) {
    if (found !== expected) {
      refuse(`${name} has length ${found}, expected ${expected}`);
    }
  }
  const bad = slice.numbers.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    const name = TOKEN_NUMBERS[bad % TOKEN_NUMBER_COUNT] ?? 'number';
    refuse(`${name} of token ${Math.floor(bad / TOKEN_NUMBER_COUNT)} is ${slice.numbers[bad] ?? 'missing'}, expected a finite number`);
  }
  const badScore = slice.familyScores.findIndex((value) => !Number.isFinite(value));
  if (badScore >= 0) {
    const place = `family ${badScore % FAMILY_COUNT} of entity ${Math.floor(badScore / FAMILY_COUNT)}`;
    refuse(`the score of ${place} is ${slice.familyScores[badScore] ?? 'missing'}, expected a finite number`);
  }
  const perGroup = new Uint32Array(groups);
  let places = 1;
  for (let i = 0; i < count; i++) {
    const [text = -1, family = -1, entity = -1, modality = -1] = [slice.text[i], slice.family[i], slice.entity[i], slice.modality[i]];
    if (text < 0 || text >= textCount) refuse(`token ${i} names text ${text} of ${textCount}`);
    if (family >= FAMILY_COUNT) refuse(`token ${i} names family ${family} of ${FAMILY_COUNT}`);
    if (entity >= slice.nEntities) refuse(`token ${i} names entity ${entity} of ${slice.nEntities}`);
    if (modality >= MODALITY_COUNT) refuse(`token ${i} names modality ${modality} of ${MODALITY_COUNT}`);
    const group = entity * MODALITY_COUNT + modality;
    const filled = (perGroup[group] ?? 0) + 1;
    perGroup[group] = filled;
    places = Math.max(places, filled);
  }
  for (let i = 0; i < slice.edgeCaller.length; i++) {
    const slot = Math.max(slice.edgeCaller[i] ?? 0, slice.edgeCallee[i] ?? 0);
    if (slot >= slice.nEntities) refuse(`call ${i} names entity ${slot} of ${slice.nEntities}`);
    const weight = slice.edgeWeight[i] ?? Number.NaN;
    if (!Number.isFinite(weight) || weight < 0) refuse(`weight of call ${i} is ${weight}, expected a finite number, at least 0`);
  }
  return { index, entities: Math.max(1, slice.nEntities), places };
}

/** Groups slices of like size, so that little is padding. Every slice is in exactly one batch. */
export function planBatches(shapes: readonly SliceShape[], limits: BatchLimits): SliceShape[][] {
  const sorted = [...shapes].sort((a, b) => a.entities - b.entities || a.places - b.places || a.index - b.index);
  const batches: SliceShape[][] = [];
  let batch: SliceShape[] = [];
  let entities = 0;
  let places = 0;
  for (const shape of sorted) {
    const wider = Math.max(entities, shape.entities);
    const longer = Math.max(places, shape.places);
    const cost = (batch.length + 1) * wider * MODALITY_COUNT * longer;
    if (batch.length > 0 && (batch.length >= limits.slices || cost > limits.places)) {
      batches.push(batch);
      batch = [];
      entities = 0;
      places = 0;
    }
    batch.push(shape);
    entities = Math.max(entities, shape.entities);
    places = Math.max(places, shape.places);
  }
  return batch.length === 0 ? batches : [...batches, batch];
}

export interface PaddedBatch {
  readonly feeds: Feeds;
  readonly entities: number;
}

/** Slices must have passed `checkSlice`. Only the texts the batch uses travel: the table is projected in every run. */
export function padBatch(textTable: Float32Array, slices: readonly SliceTokens[], batch: readonly SliceShape[]): PaddedBatch {
  const entities = Math.max(...batch.map((shape) => shape.entities));
  const places = Math.max(...batch.map((shape) => shape.places));
  const cells = batch.length * entities * MODALITY_COUNT * places;
  const text = new BigInt64Array(cells);
  const family = new BigInt64Array(cells);
  // Ids are small and not negative: writing the low words spares a BigInt per token. All supported platforms are little-endian.
  const textLow = new Int32Array(text.buffer);
  const familyLow = new Int32Array(family.buffer);
  const numbers = new Float32Array(cells * TOKEN_NUMBER_COUNT);
  const mask = new Float32Array(cells);
  const calls = new Float32Array(batch.length * entities * entities);
  const scores = new Float32Array(batch.length * entities * FAMILY_COUNT);
  const rows = new TextRows(textTable);
  batch.forEach(({ index }, b) => {
    const slice = slices[index];
    if (slice === undefined) {
      throw new RangeError(`batch names slice ${index} of ${slices.length}`);
    }
    scores.set(slice.familyScores, b * entities * FAMILY_COUNT);
    const filled = new Uint32Array(entities * MODALITY_COUNT);
    for (let i = 0; i < slice.text.length; i++) {
      const group = (slice.entity[i] ?? 0) * MODALITY_COUNT + (slice.modality[i] ?? 0);
      const place = filled[group] ?? 0;
      filled[group] = place + 1;
      const cell = (b * entities * MODALITY_COUNT + group) * places + place;
      textLow[cell * 2] = rows.add(slice.text[i] ?? 0);
      familyLow[cell * 2] = slice.family[i] ?? 0;
      mask[cell] = 1;
      numbers.set(slice.numbers.subarray(i * TOKEN_NUMBER_COUNT, (i + 1) * TOKEN_NUMBER_COUNT), cell * TOKEN_NUMBER_COUNT);
    }
    for (let i = 0; i < slice.edgeCaller.length; i++) {
      const cell = (b * entities + (slice.edgeCaller[i] ?? 0)) * entities + (slice.edgeCallee[i] ?? 0);
      calls[cell] = Math.max(calls[cell] ?? 0, slice.edgeWeight[i] ?? 0);
    }
  });
  const table = rows.toTable();
  const dims = [batch.length, entities, MODALITY_COUNT, places];
  return {
    entities,
    feeds: {
      text_table: { data: table, dims: [table.length / TEXT_VECTOR_DIM, TEXT_VECTOR_DIM] },
      token_text: { data: text, dims },
      token_family: { data: family, dims },
      token_numbers: { data: numbers, dims: [...dims, TOKEN_NUMBER_COUNT] },
      token_mask: { data: mask, dims },
      call_graph: { data: calls, dims: [batch.length, entities, entities] },
      family_scores: { data: scores, dims: [batch.length, entities, FAMILY_COUNT] },
    },
  };
}

/** The rows of a text table that a batch uses. Row 0 is always there: padding points to it. */
class TextRows {
  private readonly table: Float32Array;
  private readonly position: Int32Array;
  private readonly used: number[] = [];

  constructor(table: Float32Array) {
    this.table = table;
    this.position = new Int32Array(table.length / TEXT_VECTOR_DIM).fill(-1);
  }

  add(row: number): number {
    const known = this.position[row] ?? -1;
    if (known >= 0) {
      return known;
    }
    this.position[row] = this.used.length;
    return this.used.push(row) - 1;
  }

  toTable(): Float32Array {
    const result = new Float32Array(Math.max(1, this.used.length) * TEXT_VECTOR_DIM);
    this.used.forEach((row, i) => {
      result.set(this.table.subarray(row * TEXT_VECTOR_DIM, (row + 1) * TEXT_VECTOR_DIM), i * TEXT_VECTOR_DIM);
    });
    return result;
  }
}
