/** The two encoders the pipeline needs, apart from the runtime that runs them. */
import type { SliceEmbeddings, SliceTokens } from '../../core/tokens/sliceTensors.js';
import type { ProviderAttempt, ProviderName } from '../../protocol/views.js';

export interface TextEncoder {
  /** Identifies the weights and tokenizer: cache key of text vectors. */
  readonly fingerprint: string;
  /**
   * @returns [texts.length, 384] f32 row-major, L2-normalised rows; an empty text gives the vector of the empty string.
   * Cancellation is checked between micro-batches and rejects with the signal's reason.
   */
  encode(texts: readonly string[], signal: AbortSignal, onProgress?: (done: number) => void): Promise<Float32Array>;
}

export interface SliceEncoder {
  readonly fingerprint: string;
  readonly dim: number;
  readonly provider: ProviderName;
  readonly attempts: readonly ProviderAttempt[];
  /**
   * @param textTable [V, 384] f32 row-major; `slices[i].text` indexes its rows.
   * @param slices any number, including 0; a slice may have no tokens.
   */
  encode(
    textTable: Float32Array,
    slices: readonly SliceTokens[],
    signal: AbortSignal,
    onProgress?: (done: number) => void,
  ): Promise<SliceEmbeddings>;
  dispose(): Promise<void>;
}
