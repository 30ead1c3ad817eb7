/**
 * The base bins of a run: everything later steps know of the files. Any window is a sum over bins, so brushing, comparing and
 * diagnosing never read a file again.
 */
import type { FamilyId } from '../features/families.js';
import type { Modality, SeriesDefinition } from '../records.js';
import type { SparseCounts, SparseMoments } from './sparseRows.js';

/** Index into `TelemetryBins.entities`. */
export type EntityId = number;

/** Something that happens in k of n cases: an error among calls, a log line among spans of an operation, a next step. */
export interface RateKey {
  readonly family: FamilyId;
  readonly entity: EntityId;
  /** Row of `TelemetryBins.denominators`. */
  readonly denominator: number;
  /**
   * For the text encoder: an operation, log template or metric name alone. The family says the rest, so that one text serves many
   * keys and is encoded once.
   */
  readonly text: string;
  /** For a person: `"Payment declined" in POST /pay`. */
  readonly label: string;
  /** Also speaks against this entity: the callee after which a sequence ended early. -1 for none. */
  readonly alsoBlames: EntityId;
}

export type MomentPart = 'duration' | 'self' | 'gap';

/** A positive quantity observed many times per bin, kept as moments of log1p(µs). */
export interface MomentKey {
  readonly family: FamilyId;
  readonly part: MomentPart;
  readonly entity: EntityId;
  /** The callee for `gap`, -1 otherwise. */
  readonly peer: EntityId;
  readonly text: string;
  readonly label: string;
}

export interface SeriesKey {
  readonly family: FamilyId;
  readonly entity: EntityId;
  readonly definition: SeriesDefinition;
  /** Median distance of samples in ns, > 0. A sample stands for the interval before it. */
  readonly intervalNs: number;
  readonly text: string;
  readonly label: string;
  /** Also speaks against this entity: the callee of calls that their caller measured. -1 for none, as in runs that an earlier version stored. */
  readonly alsoBlames?: EntityId;
  /** Value that levels are told in, above 0 and at most 1 (`toSeriesUnit`); 1 in runs that an earlier version stored. */
  readonly unit?: number;
}

export interface CallEdge {
  readonly caller: EntityId;
  readonly callee: EntityId;
}

export interface TelemetryBins {
  readonly binNs: bigint;
  readonly entities: readonly string[];
  /** Paths by file id. */
  readonly files: readonly string[];
  /** Cases in which a rate key could have happened: spans of an operation, occurrences of a step, lines of a service. */
  readonly denominators: SparseCounts;
  readonly rateKeys: readonly RateKey[];
  readonly rates: SparseCounts;
  readonly momentKeys: readonly MomentKey[];
  readonly moments: SparseMoments;
  readonly seriesKeys: readonly SeriesKey[];
  /** Per series and bin: `sums / counts` is the mean level (counters already as per-second rates). */
  readonly series: SparseMoments;
  /** Of spans, and of series that name their callee. */
  readonly edges: readonly CallEdge[];
  /** Spans per edge; none where only series tell of it. */
  readonly calls: SparseCounts;
  /** Records per modality: one row each in the order of MODALITIES. */
  readonly density: SparseCounts;
  /** Root spans (traces) per bin, one row. */
  readonly traces: SparseCounts;
  /** What could not be joined or was left out, in words with counts; empty when nothing. */
  readonly warnings: readonly string[];
  /** Records that came in, by modality. */
  readonly records: Record<Modality, number>;
}

/**
 * Edges that spans were seen of. The detection head reads scores that these explain: it learned from systems where nothing else tells of calls. With all
 * edges OnlineBoutique by metrics alone has incidents at F1 .46 in place of .59.
 */
export function findTracedEdges({ edges, calls }: Pick<TelemetryBins, 'edges' | 'calls'>): readonly CallEdge[] {
  return edges.filter((_, edge) => (calls.offsets[edge + 1] ?? 0) > (calls.offsets[edge] ?? 0));
}
