/** Core results as the documents of the protocol. */
import { stateIdOf, toNs, type RunConclusion } from '../../core/run/concludeRun.js';
import type { RangeDiagnosis } from '../../core/run/diagnoseRange.js';
import { CLEAR_TYPE, toSentence } from '../../core/run/rangeSentence.js';
import type { RunModel } from '../../core/run/runModel.js';
import type { ScoredWindows } from '../../core/run/scanRun.js';
import { sumRange } from '../../core/slices/windowSet.js';
import type { Diagnosis, IncidentView, SliceView, StateView, TransitionView } from '../../protocol/views.js';

/** @param factor of rounding: probabilities and scores travel with four digits */
function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}

export function toSliceViews(scan: ScoredWindows, conclusion: RunConclusion): SliceView[] {
  const { model } = conclusion;
  const { density } = model.bins;
  return Array.from(scan.windows.starts, (start, slice) => {
    const end = start + model.lengthBins;
    const count = (row: number): number => sumRange(density, density.counts, row, start, end);
    const anomaly = conclusion.anomaly[slice] ?? 0;
    const abnormal = anomaly >= model.heads.detection.threshold;
    return {
      id: toSliceId(toNs(model, start), toNs(model, end)),
      startNs: toNs(model, start).toString(),
      endNs: toNs(model, end).toString(),
      state: stateIdOf(conclusion, slice),
      membership: round(conclusion.membership[slice] ?? 0),
      anomaly: round(anomaly),
      modalities: { log: count(0), trace: count(1), metric: count(2) },
      likelyCause: abnormal ? (model.entities[conclusion.cause[slice] ?? -1] ?? null) : null,
      map: [round(conclusion.map[slice * 2] ?? 0), round(conclusion.map[slice * 2 + 1] ?? 0)],
    };
  });
}

/** `<epoch seconds of the start>-<length in seconds>`; fractions where a slice is shorter than that. */
function toSliceId(startNs: bigint, endNs: bigint): string {
  return `${Number(startNs / 1_000_000n) / 1000}-${Number(endNs - startNs) / 1e9}`;
}

export function toStateViews(conclusion: RunConclusion): StateView[] {
  const views: StateView[] = conclusion.states.map(({ id, name, size, abnormal, evidence, isPinned }) => ({
    id,
    name,
    slices: size,
    abnormal,
    evidence,
    ...(isPinned ? { isPinned } : {}),
  }));
  const unknown = conclusion.stateOfSlice.filter((state) => state < 0).length;
  if (unknown > 0) {
    views.push({ id: 'unknown', name: 'unknown', slices: unknown, abnormal: true, evidence: ['Abnormal slices that fit no state.'] });
  }
  return views.sort((a, b) => Number(b.abnormal) - Number(a.abnormal) || b.slices - a.slices);
}

/** Where the state of one slice differs from that of the slice before it. */
export function toTransitionViews(slices: readonly SliceView[], states: readonly StateView[]): TransitionView[] {
  const nameOf = (id: string): string => states.find((state) => state.id === id)?.name ?? id;
  return slices.flatMap((slice, index) => {
    const before = slices[index - 1];
    if (before === undefined || before.state === slice.state) {
      return [];
    }
    return [
      { atNs: slice.startNs, fromState: before.state, toState: slice.state, fromName: nameOf(before.state), toName: nameOf(slice.state) },
    ];
  });
}

/** Times that the automatic reference rests on: slices that are not abnormal, joined where they touch. */
export function toUsualRanges(slices: readonly SliceView[], threshold: number): { startNs: string; endNs: string }[] {
  const ranges: { startNs: string; endNs: string }[] = [];
  for (const slice of slices) {
    const last = ranges[ranges.length - 1];
    if (slice.anomaly >= threshold) {
      continue;
    }
    if (last !== undefined && BigInt(slice.startNs) <= BigInt(last.endNs)) {
      last.endNs = slice.endNs;
    } else {
      ranges.push({ startNs: slice.startNs, endNs: slice.endNs });
    }
  }
  return ranges;
}

export function toIncidentViews(conclusion: RunConclusion): IncidentView[] {
  const { model } = conclusion;
  return conclusion.incidents.map(({ fromBin, toBin, anomaly, diagnosis, sentence }) => ({
    startNs: toNs(model, fromBin).toString(),
    endNs: toNs(model, toBin).toString(),
    anomaly: round(anomaly),
    likelyCause: model.entities[diagnosis.rootCauses[0]?.entity ?? -1] ?? null,
    failureType: diagnosis.failureTypes.find(({ p }) => p >= CLEAR_TYPE)?.type ?? null,
    sentence,
  }));
}

export function toDiagnosisView(model: RunModel, diagnosis: RangeDiagnosis): Diagnosis {
  const entityName = (entity: number): string => model.entities[entity] ?? 'unknown';
  const fromNs = toNs(model, diagnosis.fromBin);
  const untilNs = toNs(model, diagnosis.toBin);
  const calls = new Map<number, number>();
  for (const edge of diagnosis.edges) {
    for (const entity of [edge.caller, edge.callee]) {
      calls.set(entity, (calls.get(entity) ?? 0) + edge.calls);
    }
  }
  return {
    fromNs: fromNs.toString(),
    toNs: untilNs.toString(),
    anomaly: round(diagnosis.anomaly),
    state: diagnosis.state?.id ?? 'unknown',
    stateName: diagnosis.state?.name ?? 'unknown',
    membership: round(diagnosis.membership),
    sentence: toSentence(model, diagnosis, fromNs, untilNs),
    failureTypes: diagnosis.failureTypes.map(({ type, p }) => ({ type, p: round(p) })),
    rootCauses: diagnosis.rootCauses.map(({ entity, score, p, modalities }) => ({
      entity: entityName(entity),
      score: round(score),
      p: round(p),
      modalities: { log: round(modalities.log), trace: round(modalities.trace), metric: round(modalities.metric) },
    })),
    evidence: diagnosis.evidence.map((item) => ({
      modality: item.modality,
      entity: entityName(item.entity),
      family: item.family,
      text: item.text,
      detail: item.detail,
      score: round(item.score),
      share: round(item.share),
      path: item.file < 0 ? null : (model.bins.files[item.file] ?? null),
      line: item.file < 0 || item.line === 0 ? null : item.line,
      atNs: item.file < 0 ? null : toNs(model, item.bin).toString(),
    })),
    runnerUp: diagnosis.runnerUp === undefined ? null : { entity: entityName(diagnosis.runnerUp.entity), text: diagnosis.runnerUp.text },
    checks: diagnosis.checks,
    graph: {
      nodes: [...calls].map(([entity, spans]) => ({
        entity: entityName(entity),
        score: round(diagnosis.rootCauses.find((cause) => cause.entity === entity)?.score ?? 0),
        spans,
      })),
      edges: diagnosis.edges.map((edge) => ({
        caller: entityName(edge.caller),
        callee: entityName(edge.callee),
        calls: edge.calls,
        score: round(edge.score),
      })),
    },
  };
}
