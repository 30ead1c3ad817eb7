/**
 * What the engine says to the CLI, the extension and the panels: plain JSON, the documents of the CLI contract.
 * Nanoseconds are decimal strings (`NsString`); probabilities are calibrated and lie in [0, 1].
 */
import type { LabelSide } from '../core/labels/mergeLabels.js';
import type { Modality, RejectReason } from '../core/records.js';

/** Nanoseconds since the epoch as a decimal string. */
export type NsString = string;

/** A number for each modality. */
export type PerModality = Record<Modality, number>;

export interface FileReport {
  readonly path: string;
  /** `otlp-json`, `jaeger-json`, `csv-traces`, `plain-logs` …; `refused` when nothing could be read. */
  readonly format: string;
  readonly sizeBytes: number;
  readonly records: number;
  readonly recordsByModality: PerModality;
  readonly rejected: number;
  readonly firstNs: NsString | null;
  readonly lastNs: NsString | null;
  readonly reasons: readonly RejectReason[];
  /** Why the whole file was refused and what to do, null when it was read. */
  readonly refusal: string | null;
  /** True when the parsed records came from the store because the file has not changed. */
  readonly cached: boolean;
}

export interface StateView {
  /** Stable within a store; `unknown` for slices that fit no state. */
  readonly id: string;
  readonly name: string;
  readonly slices: number;
  /** True for states whose slices are mostly abnormal. */
  readonly abnormal: boolean;
  /** Typical evidence, most distinguishing first. */
  readonly evidence: readonly string[];
  /** Left out where it is not. */
  readonly isPinned?: boolean;
}

/** What came of a change to the states of a store. */
export interface StateChange {
  /** What was done, and what undoing it takes back: `payment: slow is now called database lock`. */
  readonly text: string;
  /** States of the run after it. */
  readonly states: readonly StateView[];
}

export interface SliceView {
  /** `<epoch seconds of the start>-<length in seconds>`. */
  readonly id: string;
  readonly startNs: NsString;
  readonly endNs: NsString;
  readonly state: string;
  /** Membership of the slice in `state`. */
  readonly membership: number;
  /** Probability that the slice is abnormal. */
  readonly anomaly: number;
  /** Records in the slice. */
  readonly modalities: PerModality;
  /** Most likely root cause when the slice is abnormal, else null. */
  readonly likelyCause: string | null;
  /** Position on the state map, unitless, both axes about [-1, 1]. */
  readonly map: readonly [number, number];
  /** `[dim]` L2-normalised, only when asked for. */
  readonly embedding?: readonly number[];
}

export interface TransitionView {
  readonly atNs: NsString;
  readonly fromState: string;
  readonly toState: string;
  readonly fromName: string;
  readonly toName: string;
}

/** One thing that moved a finding, and where it can be read. */
export interface EvidenceView {
  readonly modality: Modality;
  readonly entity: string;
  /** Feature family: see core/features/families.ts. */
  readonly family: string;
  /** What it is, in the user's words: `GET /pay on payment takes longer`. */
  readonly text: string;
  /** How far from usual: `12 of 14, usually 0 of 900`, `480 ms, usually 60 ms`. */
  readonly detail: string;
  /** Calibrated deviation: 1 is the 95 % quantile of usual slices. */
  readonly score: number;
  /** Share of the likely cause's score that is this evidence's (Shapley value), 0 for evidence against others; they sum to at most 1. */
  readonly share: number;
  /** Null when no single record shows it (something that usually happens and did not). */
  readonly path: string | null;
  readonly line: number | null;
  readonly atNs: NsString | null;
}

export interface RootCauseView {
  readonly entity: string;
  /** Calibrated fused deviation, the ranking order. */
  readonly score: number;
  /** Probability that this is the root cause, given that something is wrong; sums to at most 1. */
  readonly p: number;
  /** Share of each modality in the score, sums to 1 (all 0 when the score is 0). */
  readonly modalities: PerModality;
}

export interface FailureTypeView {
  readonly type: string;
  readonly p: number;
}

/** A check that was made or could not be: `latency of 46 services: nothing unusual`, `no traces in this range`. */
export interface CheckView {
  readonly outcome: 'usual' | 'abnormal' | 'not checked';
  readonly text: string;
}

export interface GraphNodeView {
  readonly entity: string;
  /** Same as the root-cause score. */
  readonly score: number;
  /** Calls in and out: spans per service are not kept. */
  readonly spans: number;
}

export interface GraphEdgeView {
  readonly caller: string;
  readonly callee: string;
  /** Spans of calls; 0 where metrics of the caller alone tell of them. */
  readonly calls: number;
  /** Largest calibrated deviation of what is known of these calls (gap, duration, errors; the caller's metrics of them). */
  readonly score: number;
}

export interface Diagnosis {
  /** The range that was used: the asked one snapped to base bins. */
  readonly fromNs: NsString;
  readonly toNs: NsString;
  readonly anomaly: number;
  readonly state: string;
  readonly stateName: string;
  readonly membership: number;
  /** One sentence that answers: is something wrong, since when, where, what kind, how sure. */
  readonly sentence: string;
  readonly failureTypes: readonly FailureTypeView[];
  /** Every entity known in the run, best first. */
  readonly rootCauses: readonly RootCauseView[];
  readonly evidence: readonly EvidenceView[];
  /** Why the second cause comes second, null where there is none. */
  readonly runnerUp: { readonly entity: string; readonly text: string } | null;
  readonly checks: readonly CheckView[];
  readonly graph: { readonly nodes: readonly GraphNodeView[]; readonly edges: readonly GraphEdgeView[] };
}

/** A contiguous abnormal range found by the detection head. */
export interface IncidentView {
  readonly startNs: NsString;
  readonly endNs: NsString;
  /** Highest slice probability inside. */
  readonly anomaly: number;
  readonly likelyCause: string | null;
  /** Null when no type is likelier than all others together. */
  readonly failureType: string | null;
  readonly sentence: string;
}

export interface TimelineView {
  readonly run: string;
  readonly startNs: NsString;
  readonly endNs: NsString;
  readonly binMs: number;
  /** Records per base bin and modality, first bin at `startNs`. */
  readonly density: Record<Modality, readonly number[]>;
  readonly slices: readonly SliceView[];
  readonly states: readonly StateView[];
  readonly transitions: readonly TransitionView[];
  readonly incidents: readonly IncidentView[];
  /** Ranges used as "usual". */
  readonly reference: readonly { readonly startNs: NsString; readonly endNs: NsString }[];
  readonly referenceIsAutomatic: boolean;
  /** Slices with `anomaly` at or above this are abnormal. */
  readonly threshold: number;
  /** Sentence over the whole run, also when nothing is abnormal. */
  readonly headline: string;
  readonly warnings: readonly string[];
}

export type ProviderName = 'cpu' | 'webgpu' | 'cuda' | 'dml' | 'coreml';
export type ProviderChoice = 'auto' | ProviderName;

export interface ProviderAttempt {
  readonly provider: ProviderName;
  readonly chosen: boolean;
  /** `ok, parity 2e-7`, or why it was passed over. */
  readonly reason: string;
  readonly warmUpMs: number | null;
}

export interface EmbedParams {
  readonly paths: readonly string[];
  /** `auto`, or the slice length in ms. */
  readonly window: 'auto' | number;
  /** Distance between slice starts in ms; default half the window. */
  readonly stepMs?: number;
  readonly fromNs?: NsString;
  readonly toNs?: NsString;
  /** Ranges that are known to be usual; absent = chosen automatically. */
  readonly reference?: readonly { readonly startNs: NsString; readonly endNs: NsString }[];
  readonly provider: ProviderChoice;
  /** For timestamps without a zone. */
  readonly utcOffsetMinutes?: number;
}

export interface EmbedResult {
  readonly run: string;
  readonly provider: ProviderName;
  readonly files: readonly FileReport[];
  readonly slices: number;
  readonly entities: readonly string[];
  readonly states: readonly StateView[];
  readonly incidents: readonly IncidentView[];
  readonly headline: string;
  readonly warnings: readonly string[];
  /** Wall time per phase in ms: `identify`, `parse`, `aggregate`, `features`, `text`, `encode`, `states`, `store`, `total`. */
  readonly ms: Readonly<Record<string, number>>;
  readonly peakRssBytes: number;
  /** True when an earlier run with the same files and settings was reused. */
  readonly reused: boolean;
}

export interface RunView {
  readonly run: string;
  readonly createdNs: NsString;
  readonly params: EmbedParams;
  readonly slices: number;
  readonly headline: string;
}

export interface SimilarView {
  readonly slice: SliceView;
  /** Cosine similarity of the embeddings, [-1, 1]. */
  readonly similarity: number;
  readonly stateName: string;
  /** What people said of it: `network-delay on cart`, `normal`. */
  readonly labels: readonly string[];
}

/** A labelled range of any embedded run that resembles a given one. */
export interface SimilarIncidentView {
  readonly label: LabelView;
  /** Run whose records were compared. */
  readonly run: string;
  /** [0, 1]; 1 = the same services are unusual in the same ways. */
  readonly similarity: number;
  /** Up to 3, strongest first: `errors logged in cart`. */
  readonly same: readonly string[];
  /** Up to 3, strongest first: `only now: CPU up in payment`, `only then: …`. */
  readonly differs: readonly string[];
}

export interface DoctorReport {
  readonly version: string;
  readonly node: string;
  readonly platform: string;
  readonly onnxruntime: string;
  readonly sqlite: string;
  readonly encoder: {
    readonly name: string;
    readonly sha256Ok: boolean;
    /** Largest difference from the reference vector; null when no provider could be tried. */
    readonly parity: number | null;
  };
  readonly providers: readonly ProviderAttempt[];
  readonly store: { readonly path: string; readonly sizeBytes: number; readonly integrity: string; readonly schemaVersion: number };
  readonly problems: readonly string[];
}

/** What names a label: one range has at most one label per service. */
export interface LabelKey {
  readonly startNs: NsString;
  /** Exclusive. */
  readonly endNs: NsString;
  /** Service at fault; null when none is named, as for `normal`. */
  readonly entity: string | null;
}

/** What a person says of a time range. */
export interface LabelDraft extends LabelKey {
  /** A failure type, or `normal`. */
  readonly type: string;
  readonly note: string;
  readonly author: string;
  /** When it was said; left out where nobody says, which for a new label means now. */
  readonly createdNs?: NsString;
}

export interface LabelView extends LabelDraft {
  readonly createdNs: NsString;
}

/** A label that was changed in the file and here, differently, since both were last the same; null = removed. */
export interface LabelConflict {
  readonly key: LabelKey;
  /** When both were last the same; null when there was no such label. */
  readonly base: LabelView | null;
  readonly here: LabelView | null;
  readonly inFile: LabelDraft | null;
}

/** Conflicts as they were listed, and the side that is to hold in all of them. */
export interface LabelResolution {
  readonly keep: LabelSide;
  readonly conflicts: readonly LabelConflict[];
}

/** What bringing a label file and the store together did. */
export interface LabelSync {
  readonly labels: readonly LabelView[];
  /** Labels that came, changed or went: here because of the file, and in the file because of what was done here. */
  readonly changedHere: number;
  readonly changedInFile: number;
  /** Left as they are on both sides until someone decides. */
  readonly conflicts: readonly LabelConflict[];
  /** Those that ended as it was asked for, as they were before. */
  readonly resolved: readonly LabelConflict[];
}

export type HeadKind = 'detection' | 'failure-type' | 'root-cause';

/** What a version can hold: heads, and an adapter of the encoder's embeddings. */
export type TunedPart = HeadKind | 'encoder';

/** A score in [0, 1] with its 95 % interval by bootstrap over incidents. */
export interface ScoreView {
  readonly score: number;
  readonly low: number;
  readonly high: number;
}

/** What held-out incidents say of one head: each is scored by a head that never saw its label. Of the encoder: what left-out time says. */
export interface TunedHeadView {
  readonly head: TunedPart;
  /** `AUROC` (detection, labelled slices), `macro-F1` (failure type), `AC@1` (root cause) or, of the encoder, `match probability`. */
  readonly measure: 'AUROC' | 'macro-F1' | 'AC@1' | 'match probability';
  /** Labelled ranges that were scored; of the encoder, slices. */
  readonly incidents: number;
  readonly tuned: ScoreView;
  readonly current: ScoreView;
  readonly baseline: ScoreView & { readonly name: string };
  /** Mean loss after each training step of the final head. */
  readonly lossCurve: readonly number[];
  readonly isUsed: boolean;
  /** Why it is used, or why the current head stays. */
  readonly reason: string;
}

/** What could not be tuned, and what it needs. */
export interface SkippedHeadView {
  readonly head: TunedPart;
  readonly reason: string;
}

export interface TuneReport {
  /** Null when no head was trained. */
  readonly version: HeadVersionView | null;
  readonly labels: number;
  /** Labels that no embedded run covers: embed their files first. */
  readonly labelsWithoutRun: readonly LabelView[];
  readonly types: readonly { readonly type: string; readonly labels: number }[];
  readonly heads: readonly TunedHeadView[];
  readonly skipped: readonly SkippedHeadView[];
  readonly ms: Readonly<Record<string, number>>;
  readonly peakRssBytes: number;
}

export interface HeadVersionView {
  /** `default` for the heads that ship with the encoder. */
  readonly version: string;
  readonly createdNs: NsString | null;
  /** Whether findings are made with it now. */
  readonly isUsed: boolean;
  /** What differs from the default ones. */
  readonly heads: readonly TunedPart[];
  readonly labels: number;
  /** SHA-256 over the labels and the runs it was trained on; null for the default heads. */
  readonly dataHash: string | null;
  readonly scores: readonly TunedHeadView[];
}

export interface TuneParams {
  readonly heads: readonly HeadKind[];
  /** `if-not-worse`: only heads whose held-out score is at least that of the current one. */
  readonly apply: 'if-not-worse' | 'always' | 'never';
  /** Learn an adapter of the encoder from the slices of the store first, labelled or not. Otherwise the one in use stays. */
  readonly adapt?: boolean;
  readonly seed?: number;
}
