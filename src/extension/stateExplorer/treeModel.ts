/** Rows of the state explorer, built from what the engine said: states → slices → findings → evidence. Knows no VS Code. */
import type { Selection } from '../../protocol/panelRpc.js';
import type { Diagnosis, EvidenceView, IncidentView, SliceView, StateView, TimelineView } from '../../protocol/views.js';
import { l10n } from '../localize.js';
import { findStrongestIncident, toIncidentSelection } from '../selection/selection.js';
import { toCountText, toPercentText, toRangeText, toShortRangeText, toTimeText, toZonedText, toZoneText } from '../timeText.js';
import { toStateIcons, UNKNOWN_STATE, type StateIcon } from './stateIcon.js';

/** Slices shown under a state before "show more"; a day in half-minute steps has thousands. */
export const SLICE_PAGE = 100;
/** With more abnormal ranges than this their row is folded at first, so that the states below stay in sight. */
const UNFOLDED_INCIDENTS = 12;
/** Root causes shown as findings; the ranking of all entities is in the Diagnosis panel. */
const MAX_CAUSES = 3;
/** A failure type or cause below this probability is noise in a list of findings. */
const MIN_P = 0.05;

interface RowBase {
  /** Unique in the tree and stable between refreshes. */
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly tooltip: string;
  /** Read by screen readers instead of label and description. */
  readonly accessibleLabel: string;
  /** Product icon and theme colour; an empty colour is the default one. */
  readonly icon: { readonly icon: string; readonly colour: string };
}

export type TreeRow =
  | (RowBase & { readonly kind: 'incidents'; readonly expanded: boolean })
  | (RowBase & { readonly kind: 'incident'; readonly incident: IncidentView; readonly selection: Partial<Selection> })
  | (RowBase & { readonly kind: 'state'; readonly state: StateView })
  | (RowBase & { readonly kind: 'slice'; readonly slice: SliceView })
  | (RowBase & { readonly kind: 'more'; readonly state: StateView })
  | (RowBase & {
      readonly kind: 'finding';
      readonly evidence: readonly EvidenceView[];
      /** Unfolded at first. */
      readonly expanded: boolean;
      readonly entity: string | null;
    })
  | (RowBase & { readonly kind: 'evidence'; readonly evidence: EvidenceView })
  | (RowBase & { readonly kind: 'note' });

const plain = (icon: string, colour = ''): { readonly icon: string; readonly colour: string } => ({ icon, colour });

/** The answer in a narrow side bar: when and where. The panels give the whole sentence. */
export function toHeadline(timeline: TimelineView, zone: string): string {
  const incident = findStrongestIncident(timeline);
  if (incident === undefined) {
    return toZonedText(timeline.headline, zone);
  }
  const when = `${toRangeText(incident.startNs, incident.endNs, zone)} ${toZoneText(zone, incident.startNs)}`;
  const where = incident.likelyCause ?? l10n.t('cause not clear');
  const others = timeline.incidents.length - 1;
  const head = l10n.t('Abnormal {0} ({1}), most likely {2}.', when, toPercentText(incident.anomaly), where);
  return others === 0
    ? head
    : `${head} ${others === 1 ? l10n.t('One more abnormal range.') : l10n.t('{0} more abnormal ranges.', toCountText(others))}`;
}

/** Abnormal ranges as one row, the way in when there are many; none when nothing is abnormal. */
export function toIncidentsRow(timeline: TimelineView): readonly TreeRow[] {
  const count = timeline.incidents.length;
  if (count === 0) {
    return [];
  }
  const label = count === 1 ? l10n.t('1 abnormal range') : l10n.t('{0} abnormal ranges', toCountText(count));
  const description = count === 1 ? '' : l10n.t('most serious first');
  return [
    {
      kind: 'incidents',
      id: 'incidents',
      label,
      description,
      tooltip: label,
      accessibleLabel: [label, description].filter((text) => text !== '').join(', '),
      icon: plain('warning', 'list.warningForeground'),
      expanded: count <= UNFOLDED_INCIDENTS,
    },
  ];
}

/** In the engine's order, most serious first. */
export function toIncidentRows(timeline: TimelineView, zone: string): readonly TreeRow[] {
  return timeline.incidents.map((incident) => {
    const range = toRangeText(incident.startNs, incident.endNs, zone);
    const probability = toPercentText(incident.anomaly);
    const type = toTypeText(incident.failureType);
    const cause = incident.likelyCause ?? l10n.t('cause not clear');
    return {
      kind: 'incident',
      id: toIncidentRowId(incident),
      label: cause,
      description: `${toShortRangeText(incident.startNs, incident.endNs, zone)} ${type}`,
      tooltip: `${toZonedText(incident.sentence, zone)}\n${range} ${toZoneText(zone, incident.startNs)}`,
      accessibleLabel: l10n.t('Abnormal {0} {1}, most likely {2}, {3}, {4}', range, zone, cause, type, probability),
      icon: plain('warning', 'list.warningForeground'),
      incident,
      selection: toIncidentSelection(timeline, incident),
    };
  });
}

/** A kind of failure in words; `unknown` and null are the same to a reader. */
function toTypeText(type: string | null): string {
  return type === null || type === 'unknown' ? l10n.t('kind not known') : type.replaceAll('-', ' ');
}

export function toIncidentRowId(incident: IncidentView): string {
  return `incident:${incident.startNs}-${incident.endNs}`;
}

/** Abnormal states first, then by size; `unknown` last; states without slices are left out. */
export function toStateRows(timeline: TimelineView, zone: string): readonly TreeRow[] {
  const icons = toStateIcons(timeline.states);
  const rank = (state: StateView): number => (state.id === UNKNOWN_STATE ? 2 : state.abnormal ? 0 : 1);
  return timeline.states
    .filter((state) => state.slices > 0)
    .toSorted((a, b) => rank(a) - rank(b) || b.slices - a.slices)
    .map((state) => {
      const kind = state.abnormal ? l10n.t('abnormal') : state.id === UNKNOWN_STATE ? l10n.t('fits no state') : l10n.t('usual');
      const count = state.slices === 1 ? l10n.t('1 slice') : l10n.t('{0} slices', toCountText(state.slices));
      return {
        kind: 'state',
        id: toStateRowId(state.id),
        label: state.name,
        description: state.isPinned === true ? l10n.t('{0}, {1}, pinned', count, kind) : l10n.t('{0}, {1}', count, kind),
        tooltip: [state.name, ...state.evidence.map((text) => toZonedText(text, zone))].join('\n'),
        accessibleLabel:
          state.isPinned === true
            ? l10n.t('State {0}, {1}, {2}, pinned', state.name, kind, count)
            : l10n.t('State {0}, {1}, {2}', state.name, kind, count),
        icon: toIcon(icons.get(state.id)),
        state,
      };
    });
}

function toIcon(icon: StateIcon | undefined): { readonly icon: string; readonly colour: string } {
  return icon ?? plain('circle-outline');
}

/** Abnormal slices first, each group in time order; beyond `limit` one row that shows more. */
export function toSliceRows(timeline: TimelineView, state: StateView, zone: string, limit: number): readonly TreeRow[] {
  const isAbnormal = (slice: SliceView): boolean => slice.anomaly >= timeline.threshold;
  const slices = timeline.slices
    .filter((slice) => slice.state === state.id)
    .toSorted((a, b) => Number(isAbnormal(b)) - Number(isAbnormal(a)) || compareNs(a.startNs, b.startNs));
  const rows: TreeRow[] = slices.slice(0, limit).map((slice) => toSliceRow(slice, isAbnormal(slice), zone));
  const hidden = slices.length - rows.length;
  if (hidden > 0) {
    const label = l10n.t('Show more ({0} not shown)', toCountText(hidden));
    rows.push({
      kind: 'more',
      id: `more:${state.id}`,
      label,
      description: '',
      tooltip: label,
      accessibleLabel: label,
      icon: plain('ellipsis'),
      state,
    });
  }
  return rows;
}

function toSliceRow(slice: SliceView, abnormal: boolean, zone: string): TreeRow {
  const range = toRangeText(slice.startNs, slice.endNs, zone);
  const probability = toPercentText(slice.anomaly);
  // Short, for a narrow side bar: the icon says that it is the probability of being abnormal, tooltip and screen reader say it in words.
  const description = abnormal && slice.likelyCause !== null ? `${probability} ${slice.likelyCause}` : probability;
  const { log, trace, metric } = slice.modalities;
  return {
    kind: 'slice',
    id: toSliceRowId(slice.id),
    label: range,
    description,
    tooltip: l10n.t(
      '{0} {1}\nAbnormal with probability {2}\n{3} log lines, {4} spans, {5} metric points',
      range,
      toZoneText(zone, slice.startNs),
      probability,
      toCountText(log),
      toCountText(trace),
      toCountText(metric),
    ),
    accessibleLabel: l10n.t(
      'Slice {0} {1}, {2}, probability of being abnormal {3}',
      range,
      zone,
      abnormal ? l10n.t('abnormal') : l10n.t('usual'),
      description,
    ),
    icon: abnormal ? plain('warning', 'list.warningForeground') : plain('clock'),
    slice,
  };
}

/**
 * What the heads say of one slice or incident: likely causes with their evidence, the kind of failure, then the evidence that belongs to neither.
 * @param parentId id of the row they stand below.
 * Causes and kinds are probabilities given that something is wrong: a slice below `threshold` has none, only what is least usual in it.
 */
export function toFindingRows(parentId: string, diagnosis: Diagnosis, threshold: number): readonly TreeRow[] {
  const abnormal = diagnosis.anomaly >= threshold;
  const causes = !abnormal ? [] : diagnosis.rootCauses.filter((cause) => cause.score > 0 && cause.p >= MIN_P).slice(0, MAX_CAUSES);
  const rows: TreeRow[] = causes.map((cause, rank) =>
    toFindingRow(`${parentId}:cause:${cause.entity}`, {
      label: l10n.t('Likely cause: {0}', cause.entity),
      description: toPercentText(cause.p),
      icon: 'target',
      evidence: diagnosis.evidence.filter((evidence) => evidence.entity === cause.entity),
      entity: cause.entity,
      expanded: rank === 0,
    }),
  );
  const type = diagnosis.failureTypes[0];
  if (type !== undefined && type.p >= MIN_P && causes.length > 0) {
    rows.push(
      toFindingRow(`${parentId}:type`, {
        label: l10n.t('Kind of failure: {0}', toTypeText(type.type)),
        description: toPercentText(type.p),
        icon: 'tag',
        evidence: [],
        entity: null,
        expanded: false,
      }),
    );
  }
  const named = new Set(causes.map((cause) => cause.entity));
  const others = diagnosis.evidence.filter((evidence) => !named.has(evidence.entity));
  if (others.length > 0) {
    rows.push(
      toFindingRow(`${parentId}:others`, {
        label: causes.length === 0 ? l10n.t('Most unusual') : l10n.t('Also unusual'),
        description: toEvidenceCount(others.length),
        icon: 'list-unordered',
        evidence: others,
        entity: null,
        expanded: abnormal && causes.length === 0,
      }),
    );
  }
  if (!abnormal) {
    return [toNoteRow(`none:${parentId}`, l10n.t('Nothing abnormal'), 'pass'), ...rows];
  }
  return rows.length > 0 ? rows : [toNoteRow(`none:${parentId}`, l10n.t('Abnormal as a whole; no service stands out'), 'info')];
}

interface Finding {
  readonly label: string;
  readonly description: string;
  readonly icon: string;
  readonly evidence: readonly EvidenceView[];
  readonly entity: string | null;
  readonly expanded: boolean;
}

function toFindingRow(key: string, finding: Finding): TreeRow {
  const { label, description } = finding;
  return {
    ...finding,
    kind: 'finding',
    id: `finding:${key}`,
    tooltip: `${label} (${description})`,
    accessibleLabel: l10n.t('Finding: {0}, {1}', label, description),
    icon: plain(finding.icon),
  };
}

function toEvidenceCount(count: number): string {
  return count === 1 ? l10n.t('1 piece of evidence') : l10n.t('{0} pieces of evidence', count);
}

/** @param parentId id of the finding, which keeps rows unique where one piece of evidence supports two findings. */
export function toEvidenceRows(parentId: string, evidence: readonly EvidenceView[], zone: string): readonly TreeRow[] {
  return evidence.map((item, index) => {
    const place = toPlaceText(item);
    const text = toZonedText(item.text, zone);
    const detail = toZonedText(item.detail, zone);
    const time = item.atNs === null ? '' : `${toTimeText(item.atNs, zone)} ${toZoneText(zone, item.atNs)}`;
    return {
      kind: 'evidence',
      id: `${parentId}:${index}`,
      label: text,
      description: detail,
      tooltip: [text, detail, item.entity, time, place].filter((line) => line !== '').join('\n'),
      accessibleLabel: l10n.t('Evidence: {0}, {1}, {2}', text, detail, place),
      icon: plain(item.modality === 'log' ? 'output' : item.modality === 'trace' ? 'git-commit' : 'graph-line'),
      evidence: item,
    };
  });
}

function toPlaceText(evidence: EvidenceView): string {
  if (evidence.path === null) {
    return l10n.t('no single line shows it');
  }
  return evidence.line === null ? evidence.path : `${evidence.path}:${evidence.line}`;
}

export function toNoteRow(id: string, label: string, icon: 'pass' | 'info' | 'error'): TreeRow {
  return { kind: 'note', id: `note:${id}`, label, description: '', tooltip: label, accessibleLabel: label, icon: plain(icon) };
}

export function toStateRowId(state: string): string {
  return `state:${state}`;
}

export function toSliceRowId(slice: string): string {
  return `slice:${slice}`;
}

function compareNs(a: string, b: string): number {
  const left = BigInt(a);
  const right = BigInt(b);
  return left < right ? -1 : left > right ? 1 : 0;
}
