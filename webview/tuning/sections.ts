import type { PanelState, TuningChoices, TuningState } from '../../src/protocol/panelRpc.js';
import type { HeadVersionView, LabelView, ScoreView, TunedHeadView, TuneReport } from '../../src/protocol/views.js';
import { createButton, createTool } from '../shared/controls.js';
import { element, replaceChildren, svgElement, type Child } from '../shared/dom.js';
import { labelText, typeText } from '../shared/labelText.js';
import { finiteOr, pluralise } from '../shared/numberFormat.js';
import { nsToMs } from '../shared/sliceLines.js';
import { formatDay, formatTimeRange, zoneName } from '../shared/timeFormat.js';
import { lossChart } from './lossChart.js';
import { countTypes, HEAD_NAMES, headName, isDefault, MEASURE_NAMES, scoreText, toPercentOf, trainedOn, versionName } from './model.js';

export interface TuningActions {
  readonly tune: () => void;
  /** Without heads: from the slices alone. */
  readonly adapt: () => void;
  readonly toggle: (choice: keyof TuningChoices) => void;
  readonly useHeads: (version: string) => void;
  readonly exportHeads: (version: string) => void;
  readonly importHeads: () => void;
  readonly openTimeline: () => void;
}

function section(title: string, className: string, children: readonly Child[]): HTMLElement {
  return element('section', { class: className, attributes: { 'aria-label': title } }, [element('h2', { text: title }), ...children]);
}

const ADAPTING =
  'Adapting learns from all embedded slices, labelled or not, and is used only where the same moment is recognised at least as surely on time that was left out.';

/** What will be trained on, and the way to start. */
export function startSection(state: PanelState, choices: TuningChoices, actions: TuningActions): HTMLElement {
  const { labels, tuning } = state;
  const obstacle = !tuning.isTrusted ? UNTRUSTED : state.phase === 'running' ? BUSY : null;
  const canStart = obstacle === null && !tuning.isRunning;
  if (labels.length === 0) {
    return header('Nothing is labelled yet.', UNLABELLED, false, [
      createButton({ label: 'Open Timeline', primary: true, onPress: actions.openTimeline }),
      canStart ? createButton({ label: 'Adapt to This System', description: ADAPTING, onPress: actions.adapt }) : null,
    ]);
  }
  const controls = [
    createButton({ label: 'Fine-Tune', primary: true, onPress: actions.tune }),
    choice('Adapt the encoder to this system first', 'adapt', choices, actions, ADAPTING),
    choice('Use even if worse', 'evenIfWorse', choices, actions),
  ];
  return header(`To learn from: ${trainedOn(labels)}.`, obstacle ?? LABELLED, !tuning.isTrusted, canStart ? controls : []);
}

function header(headline: string, hint: string, isAlert: boolean, controls: readonly Child[]): HTMLElement {
  return element('header', {}, [
    element('h1', { class: 'rs-headline', text: headline }),
    element('p', { class: 'rs-muted', text: hint, attributes: { role: isAlert ? 'alert' : null } }),
    controls.length === 0 ? null : element('div', { class: 'rs-actions' }, controls),
  ]);
}

const UNLABELLED =
  'Heads learn from what you say of time ranges: mark one in the Timeline and choose “Label…”, failures and usual times both.';
const LABELLED = 'Each head is judged on labelled ranges it has not seen, and used only where it does at least as well as the shipped one.';
const UNTRUSTED =
  'This workspace is not trusted, so no head is trained, exchanged or switched here. Trust it to go on: “Workspaces: Manage Workspace Trust”.';
const BUSY = 'Files are being embedded; heads can be fine-tuned when that is done.';

function choice(
  label: string,
  name: keyof TuningChoices,
  choices: TuningChoices,
  actions: TuningActions,
  title: string | null = null,
): HTMLElement {
  const toggle = (): void => {
    actions.toggle(name);
  };
  return element('label', { class: 'option', attributes: { title } }, [
    element('input', { attributes: { type: 'checkbox', checked: choices[name] }, on: { change: toggle } }),
    label,
  ]);
}

/** Labels by kind, and those that nothing can be learnt from. */
export function labelSection(labels: readonly LabelView[], report: TuneReport | null, timeZone: string): HTMLElement | null {
  if (labels.length === 0) {
    return null;
  }
  const head = ['Kind', 'Labels', 'Services'].map((text) => element('th', { text, attributes: { scope: 'col' } }));
  const rows = countTypes(labels).map((type) =>
    element('tr', {}, [
      element('th', { text: typeText(type.type), attributes: { scope: 'row' } }),
      element('td', { text: String(type.labels) }),
      element('td', { text: type.services === 0 ? '–' : String(type.services) }),
    ]),
  );
  const table = element('div', { class: 'rs-table' }, [
    element('table', {}, [element('thead', {}, [element('tr', {}, head)]), element('tbody', {}, rows)]),
  ]);
  return section('Labels by kind', 'section-labels', [table, uncovered(report?.labelsWithoutRun ?? [], timeZone)]);
}

function uncovered(labels: readonly LabelView[], timeZone: string): HTMLElement | null {
  if (labels.length === 0) {
    return null;
  }
  const items = labels.map((label) => {
    const startMs = nsToMs(label.startNs);
    const times = formatTimeRange(startMs, nsToMs(label.endNs), timeZone);
    return element('li', { text: `${labelText(label)}, ${formatDay(startMs, timeZone)} ${times} ${zoneName(startMs, timeZone)}` });
  });
  const verb = labels.length === 1 ? 'lies' : 'lie';
  return element('details', {}, [
    element('summary', { text: `${pluralise(labels.length, 'label')} ${verb} outside of all embedded files: embed those first` }),
    element('ul', {}, items),
  ]);
}

export interface RunningSection {
  readonly node: HTMLElement;
  update(tuning: TuningState, width: number): void;
}

/** Which head is in hand and how far, above a chart that grows. Its button stays the same while it does, so that a click meets it. */
export function createRunningSection(cancel: () => void): RunningSection {
  const bar = element('progress', { attributes: { max: 1, value: 0, 'aria-label': 'Progress of this head' } });
  const doing = element('p', { attributes: { role: 'status' } });
  const chart = element('div', { class: 'growing' });
  const node = section('Fine-tuning', 'section-running', [
    element('div', { class: 'rs-progress' }, [bar, doing]),
    element('div', { class: 'rs-actions' }, [createButton({ label: 'Cancel', onPress: cancel })]),
    chart,
  ]);
  return {
    node,
    update: ({ progress, curves }, width) => {
      const text = progress === null ? 'Starting…' : progressText(progress.detail, progress.loss !== undefined);
      bar.value = Math.max(0, Math.min(1, finiteOr(progress?.fraction, 0)));
      // A screen reader says what is set, also when it is the same.
      if (doing.textContent !== text) {
        doing.textContent = text;
      }
      replaceChildren(chart, curves.length === 0 ? null : lossChart(curves, width));
    },
  };
}

/** Without a loss the engine trains on all ranges but some, to judge the head by those. */
function progressText(detail: string, hasLoss: boolean): string {
  const name = headName(detail);
  if (name === detail) {
    return `${detail.charAt(0).toUpperCase()}${detail.slice(1)}…`;
  }
  return hasLoss ? `${name}: training` : `${name}: judging on ${detail === 'encoder' ? 'time' : 'ranges'} left out`;
}

/** What the last training came to: each head beside the shipped one and a plain baseline, then what could not be trained. */
export function reportSection(report: TuneReport, width: number): HTMLElement {
  const curves = report.heads.flatMap(({ head, lossCurve }) => (lossCurve.length === 0 ? [] : [{ head, losses: lossCurve }]));
  const skipped = report.skipped.map(({ head, reason }) =>
    element('li', {}, [element('strong', { text: HEAD_NAMES[head] }), ` (not trained): ${reason}`]),
  );
  return section('Result', 'section-report', [
    ...report.heads.map(headResult),
    skipped.length === 0 ? null : element('ul', { class: 'skipped' }, skipped),
    curves.length === 0
      ? null
      : element('details', { class: 'curves' }, [element('summary', { text: 'How training went' }), lossChart(curves, width)]),
  ]);
}

function headResult(view: TunedHeadView): HTMLElement {
  const rows = [
    scoreRow(view.head === 'encoder' ? 'adapted' : 'fine-tuned', 'tuned', view.tuned),
    scoreRow('as shipped', 'current', view.current),
    scoreRow(view.baseline.name, 'baseline', view.baseline),
  ];
  return element('article', { class: 'head', attributes: { 'aria-label': HEAD_NAMES[view.head] } }, [
    element('h3', {}, [
      HEAD_NAMES[view.head],
      element('span', { class: view.isUsed ? 'outcome used' : 'outcome', text: view.isUsed ? '✓ used now' : 'not used' }),
    ]),
    element('p', {
      class: 'rs-muted',
      text: `${capitalise(MEASURE_NAMES[view.measure])}; ${pluralise(view.incidents, view.head === 'encoder' ? 'slice' : 'labelled range')}`,
    }),
    element('div', { class: 'scores' }, [...rows.flat(), ...scoreAxis()]),
    element('p', { text: view.reason }),
  ]);
}

const MARK_PATHS = { tuned: 'M0,-5A5,5 0 1 1 0,5A5,5 0 1 1 0,-5', current: 'M-4,-4h8v8h-8Z', baseline: 'M0,-5L5,0L0,5L-5,0Z' } as const;

/** A mark at the score, a line over its interval, the numbers beside: the drawing says nothing that the words do not. */
function scoreRow(name: string, kind: keyof typeof MARK_PATHS, score: ScoreView): readonly HTMLElement[] {
  const track = svgElement('svg', { class: `track ${kind}`, height: 16, width: '100%', 'aria-hidden': 'true' });
  track.append(
    svgElement('line', { class: 'range', x1: 0, x2: '100%', y1: 8, y2: 8 }),
    svgElement('line', { class: 'interval', x1: `${toPercentOf(score.low)}%`, x2: `${toPercentOf(score.high)}%`, y1: 8, y2: 8 }),
  );
  const mark = svgElement('svg', { x: `${toPercentOf(score.score)}%`, y: 8, overflow: 'visible' });
  mark.append(svgElement('path', { class: 'mark', d: MARK_PATHS[kind] }));
  track.append(mark);
  return [
    element('span', { class: 'score-name', text: name }),
    element('span', { class: 'score-track' }, [track]),
    element('span', { class: 'score-text', text: scoreText(score) }),
  ];
}

function scoreAxis(): readonly HTMLElement[] {
  return [
    element('span', {}),
    element('span', { class: 'score-axis rs-muted', attributes: { 'aria-hidden': 'true' } }, [
      element('span', { text: '0' }),
      element('span', { text: '0.5' }),
      element('span', { text: '1' }),
    ]),
    element('span', { class: 'rs-muted', text: '95 % interval' }),
  ];
}

/** All versions, newest first; findings are made with one of them. */
export function versionSection(tuning: TuningState, timeZone: string, actions: TuningActions): HTMLElement {
  const rows = tuning.versions.map((version) => versionRow(version, tuning, timeZone, actions));
  const locked = !tuning.isTrusted || tuning.isRunning;
  return section('Versions', 'section-versions', [
    rows.length === 0
      ? element('p', { class: 'rs-muted', text: 'The versions are not known yet.' })
      : element('ul', { class: 'versions' }, rows),
    locked
      ? null
      : element('div', { class: 'rs-actions' }, [
          createButton({ label: 'Import…', description: 'Import heads from a file', onPress: actions.importHeads }),
        ]),
  ]);
}

function versionRow(version: HeadVersionView, tuning: TuningState, timeZone: string, actions: TuningActions): HTMLElement {
  const name = versionName(version, timeZone);
  const what = isDefault(version)
    ? 'encoder and heads that come with RuntimeSlicer'
    : `${version.heads.map((head) => HEAD_NAMES[head].toLowerCase()).join(', ')}; ${version.labels === 0 ? 'no labels' : pluralise(version.labels, 'label')}`;
  const locked = !tuning.isTrusted || tuning.isRunning;
  const use = createTool({
    label: 'Use this',
    description: `Make findings with the heads of ${name}`,
    onPress: () => {
      actions.useHeads(version.version);
    },
  });
  const save = createTool({
    label: 'Export…',
    description: `Export the heads of ${name} to a file`,
    onPress: () => {
      actions.exportHeads(version.version);
    },
  });
  return element(
    'li',
    { class: version.isUsed ? 'version used' : 'version', attributes: { 'aria-current': version.isUsed ? 'true' : null } },
    [
      element('span', { class: 'version-mark', text: version.isUsed ? '✓' : '', attributes: { 'aria-hidden': 'true' } }),
      element('span', {}, [
        element('span', { class: 'version-name', text: name }),
        element('span', { class: 'rs-muted version-what', text: version.isUsed ? `${what}; in use` : what }),
      ]),
      element('span', { class: 'version-tools' }, [version.isUsed || locked ? null : use, isDefault(version) || locked ? null : save]),
    ],
  );
}

function capitalise(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
