/** A run as it is written. */
import type { SliceEmbeddings } from '../../core/tokens/sliceTensors.js';
import type { Diagnosis, EmbedParams, EmbedResult, TimelineView } from '../../protocol/views.js';

export interface RunRecord {
  /** Identifies what the run was made from and with; equal keys mean equal results. */
  readonly inputKey: string;
  readonly createdNs: bigint;
  readonly params: EmbedParams;
  readonly result: EmbedResult;
  readonly timeline: TimelineView;
  /** Row i belongs to `timeline.slices[i]`. */
  readonly embeddings: SliceEmbeddings;
  /** Diagnosis of `timeline.incidents[i]`; undefined where none could be made. */
  readonly findings: readonly (Diagnosis | undefined)[];
  readonly model: Uint8Array;
  /** Version of the heads that the findings were made with. */
  readonly heads: string;
  /** Revision of the known states that they were made with. */
  readonly statesRevision: number;
}

/** What a run is written again from when its findings are made anew. */
export type RunSource = Pick<RunRecord, 'inputKey' | 'createdNs' | 'params' | 'result' | 'embeddings'>;
