/** The one selection of all views: how a change in one view moves the rest. */
import { EMPTY_SELECTION, type Selection } from '../../protocol/panelRpc.js';
import type { IncidentView, NsString, SliceView, TimelineView } from '../../protocol/views.js';

/** Half-open. */
export interface NsRange {
  readonly startNs: NsString;
  readonly endNs: NsString;
}

/**
 * Applies a view's change. A slice chosen without a range brings its own range, so that Diagnosis explains what was clicked;
 * a range chosen without a slice drops the slice, because it no longer stands for what is selected.
 */
export function applySelection(timeline: TimelineView | null, current: Selection, patch: Partial<Selection>): Selection {
  const next: Selection = { ...current, ...patch };
  if (patch.slice !== undefined && patch.slice !== null && patch.range === undefined) {
    const slice = timeline?.slices.find((candidate) => candidate.id === patch.slice);
    return slice === undefined ? { ...next, slice: null } : { ...next, range: toRange(slice) };
  }
  if (patch.range !== undefined && patch.slice === undefined && !sameRange(patch.range, current.range)) {
    return { ...next, slice: null };
  }
  return next;
}

/** The incident to look at first: the engine ranks them, long and certain before short or doubtful, and its headline speaks of the first. */
export function findStrongestIncident(timeline: TimelineView): IncidentView | undefined {
  return timeline.incidents[0];
}

/**
 * The incident after (or before) the selected one in the engine's order, wrapping round; from any other range the strongest.
 * @returns undefined when there is none.
 */
export function stepIncident(timeline: TimelineView, range: NsRange | null, step: 1 | -1): IncidentView | undefined {
  const count = timeline.incidents.length;
  const at = timeline.incidents.findIndex((incident) => sameRange(range, toRange(incident)));
  return at === -1 ? timeline.incidents[0] : timeline.incidents[(at + step + count) % count];
}

/** What is selected when an incident is chosen: its range, and the most abnormal slice in it for the views that show slices. */
export function toIncidentSelection(timeline: TimelineView, incident: IncidentView): Partial<Selection> {
  return { range: toRange(incident), slice: findPeakSlice(timeline, incident)?.id ?? null, state: null };
}

/**
 * What is selected when an embed is done: the strongest incident and its most abnormal slice. Without an incident the most
 * abnormal slice, so that Diagnosis says what was checked.
 */
export function toInitialSelection(timeline: TimelineView): Selection {
  const incident = findStrongestIncident(timeline);
  if (incident !== undefined) {
    return { ...EMPTY_SELECTION, ...toIncidentSelection(timeline, incident) };
  }
  const peak = findPeakSlice(timeline, undefined);
  return peak === undefined ? EMPTY_SELECTION : { ...EMPTY_SELECTION, range: toRange(peak), slice: peak.id };
}

/** The most abnormal slice that overlaps `range`, or of the whole run when it is undefined. */
export function findPeakSlice(timeline: TimelineView, range: NsRange | undefined): SliceView | undefined {
  const slices = range === undefined ? timeline.slices : timeline.slices.filter((slice) => overlaps(slice, range));
  return slices.reduce<SliceView | undefined>(
    (best, slice) => (best === undefined || slice.anomaly > best.anomaly ? slice : best),
    undefined,
  );
}

/** Half-open ranges that share at least one instant. */
export function overlaps(a: NsRange, b: NsRange): boolean {
  return BigInt(a.startNs) < BigInt(b.endNs) && BigInt(b.startNs) < BigInt(a.endNs);
}

export function sameRange(a: NsRange | null, b: NsRange | null): boolean {
  return a === b || (a !== null && b !== null && a.startNs === b.startNs && a.endNs === b.endNs);
}

export function sameSelection(a: Selection, b: Selection): boolean {
  return sameRange(a.range, b.range) && a.slice === b.slice && a.state === b.state && a.entity === b.entity;
}

function toRange(range: NsRange): NsRange {
  return { startNs: range.startNs, endNs: range.endNs };
}
