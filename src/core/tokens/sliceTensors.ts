/**
 * What the slice encoder reads, and what it returns.
 * Dimension letters: B slices in a batch, E entity slots, M = 3 modalities (log, trace, metric in that order),
 * T token places per (entity, modality) group, F numbers per token, V distinct texts, D embedding dimension.
 */

/** Names of the F numbers of a token, in order. All are finite and roughly within [-8, 8]; 0 where a number does not apply. */
export const TOKEN_NUMBERS = [
  /** log1p of the observations behind the token in this slice. */
  'count',
  /** log1p of the observations one slice usually has. */
  'usualCount',
  /** Observed probability (rate tokens). */
  'rate',
  /** Probability expected from the reference. */
  'usualRate',
  /** asinh of the signed deviation from the reference. */
  'deviation',
  /** Signed deviation divided by the family's 95 % quantile over usual slices, soft-capped by asinh. */
  'calibratedDeviation',
  /** Level: log1p of the value or of the duration in µs, divided by 8. */
  'level',
  /** Spread within the slice, in reference units (MAD). */
  'spread',
  /** Slope over the slice, in reference units per slice. */
  'slope',
  /** Change against the preceding 10 minutes, in reference units, asinh. */
  'change',
  /** 1 when the token's key never occurs in the reference. */
  'isNew',
  /** 1 when the key usually occurs and did not in this slice. */
  'isGone',
  /** Tokens this one stands for, log1p; 0 for an ordinary token, > 0 for the rest token of a full group. */
  'merged',
] as const;

export const TOKEN_NUMBER_COUNT = TOKEN_NUMBERS.length;
export const TEXT_VECTOR_DIM = 384;

/** One slice's tokens, ragged, before padding into a batch. Token arrays have N entries; entities are slots 0..nEntities-1. */
export interface SliceTokens {
  readonly nEntities: number;
  /** [N] row of the run's text table. */
  readonly text: Int32Array;
  /** [N] index into FEATURE_FAMILIES. */
  readonly family: Uint8Array;
  /** [N] entity slot. */
  readonly entity: Uint16Array;
  /** [N] 0 log, 1 trace, 2 metric. */
  readonly modality: Uint8Array;
  /** [N, F] f32 row-major. */
  readonly numbers: Float32Array;
  /** [nEdges] call graph seen in the slice: caller and callee slots, weight log1p(calls). */
  readonly edgeCaller: Uint16Array;
  readonly edgeCallee: Uint16Array;
  readonly edgeWeight: Float32Array;
  /** [nEntities, FAMILY_COUNT] f32: largest calibrated deviation of each family, below 0 where below usual. */
  readonly familyScores: Float32Array;
}

/**
 * Inputs of models/encoder/slice-encoder*.onnx, padded (mask 0, ids 0, numbers 0):
 * `text_table` [V, 384] f32 · `token_text` [B, E, M, T] i64 · `token_family` [B, E, M, T] i64 · `token_numbers` [B, E, M, T, F] f32 ·
 * `token_mask` [B, E, M, T] f32 · `call_graph` [B, E, E] f32 (row caller, column callee, 0 = no call) ·
 * `family_scores` [B, E, FAMILY_COUNT] f32.
 * Outputs: `slice_embedding` [B, D] · `modality_embeddings` [B, M, D] · `entity_embeddings` [B, E, D], rows L2-normalised;
 * rows of a modality or entity without tokens are 0; a slice without tokens has a defined, constant slice embedding.
 */
export interface SliceEmbeddings {
  readonly dim: number;
  /** [S, D] f32 row-major, L2-normalised rows. */
  readonly slices: Float32Array;
  /** [S, M, D]; zero rows where a modality is missing. */
  readonly modalities: Float32Array;
  /** One [nEntities, D] array per slice. */
  readonly entities: readonly Float32Array[];
}
