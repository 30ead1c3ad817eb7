/** Plain builders of engine answers for the tests of the extension. */
import type {
  Diagnosis,
  EmbedResult,
  EvidenceView,
  HeadVersionView,
  IncidentView,
  LabelView,
  SimilarIncidentView,
  SliceView,
  StateView,
  TimelineView,
  TunedPart,
  TuneReport,
} from '../../../src/protocol/views.js';

const SECOND = 1_000_000_000n;
/** 2024-03-01T08:00:00Z. */
export const START_NS = 1_709_280_000n * SECOND;

export const ns = (seconds: number): string => (START_NS + BigInt(seconds) * SECOND).toString();

export function buildSlice(fromSeconds: number, changes: Partial<SliceView> = {}): SliceView {
  return {
    id: `slice-${fromSeconds}`,
    startNs: ns(fromSeconds),
    endNs: ns(fromSeconds + 60),
    state: 'usual',
    membership: 0.9,
    anomaly: 0.02,
    modalities: { log: 10, trace: 20, metric: 30 },
    likelyCause: null,
    map: [0, 0],
    ...changes,
  };
}

export function buildState(id: string, changes: Partial<StateView> = {}): StateView {
  return { id, name: `State ${id}`, slices: 1, abnormal: false, evidence: [], ...changes };
}

export function buildIncident(fromSeconds: number, toSeconds: number, anomaly: number): IncidentView {
  return {
    startNs: ns(fromSeconds),
    endNs: ns(toSeconds),
    anomaly,
    likelyCause: 'payment',
    failureType: 'slow database',
    sentence: 'Abnormal.',
  };
}

export function buildTimeline(changes: Partial<TimelineView> = {}): TimelineView {
  return {
    run: 'run-1',
    startNs: ns(0),
    endNs: ns(600),
    binMs: 10_000,
    density: { log: [], trace: [], metric: [] },
    slices: [],
    states: [],
    transitions: [],
    incidents: [],
    reference: [],
    referenceIsAutomatic: true,
    threshold: 0.5,
    headline: 'Nothing abnormal.',
    warnings: [],
    ...changes,
  };
}

export function buildEmbedResult(changes: Partial<EmbedResult> = {}): EmbedResult {
  return {
    run: 'run-1',
    provider: 'cpu',
    files: [],
    slices: 2,
    entities: [],
    states: [],
    incidents: [],
    headline: '',
    warnings: [],
    ms: {},
    peakRssBytes: 0,
    reused: false,
    ...changes,
  };
}

export function buildEvidence(entity: string, changes: Partial<EvidenceView> = {}): EvidenceView {
  return {
    modality: 'log',
    entity,
    family: 'log-template',
    text: `a line of ${entity}`,
    detail: '12 of 14, usually 0 of 900',
    score: 3,
    share: 0.5,
    path: `/data/${entity}.log`,
    line: 7,
    atNs: ns(60),
    ...changes,
  };
}

export function buildDiagnosis(changes: Partial<Diagnosis> = {}): Diagnosis {
  return {
    fromNs: ns(0),
    toNs: ns(60),
    anomaly: 0.97,
    state: 'bad',
    stateName: 'payment slow',
    membership: 0.8,
    sentence: 'Abnormal.',
    failureTypes: [],
    rootCauses: [],
    evidence: [],
    runnerUp: null,
    checks: [],
    graph: { nodes: [], edges: [] },
    ...changes,
  };
}

/** A label of the first minute, on `cart`. */
export function buildLabel(type: string, changes: Partial<LabelView> = {}): LabelView {
  return { startNs: ns(0), endNs: ns(60), entity: 'cart', type, note: '', author: '', createdNs: ns(900), ...changes };
}

export function buildSimilarIncident(type: string, changes: Partial<SimilarIncidentView> = {}): SimilarIncidentView {
  return { label: buildLabel(type), run: 'run-1', similarity: 0.92, same: ['errors logged in cart'], differs: [], ...changes };
}

export function buildHeadVersion(version: string, changes: Partial<HeadVersionView> = {}): HeadVersionView {
  return { version, createdNs: ns(900), isUsed: false, heads: ['root-cause'], labels: 12, dataHash: null, scores: [], ...changes };
}

/** @param used heads that were trained and are used now */
export function buildTuneReport(used: readonly TunedPart[]): TuneReport {
  return {
    version: used.length === 0 ? null : buildHeadVersion('v1', { isUsed: true, heads: used }),
    labels: 12,
    labelsWithoutRun: [],
    types: [{ type: 'network-delay', labels: 12 }],
    heads: used.map((head) => ({
      head,
      measure: 'AC@1',
      incidents: 12,
      tuned: { score: 0.8, low: 0.6, high: 0.9 },
      current: { score: 0.6, low: 0.4, high: 0.8 },
      baseline: { name: 'chance', score: 0.1, low: 0, high: 0.2 },
      lossCurve: [2, 1],
      isUsed: true,
      reason: 'It is better.',
    })),
    skipped: [],
    ms: {},
    peakRssBytes: 0,
  };
}
