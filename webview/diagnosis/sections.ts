import type { CheckView, Diagnosis, EvidenceView, FailureTypeView, LabelView } from '../../src/protocol/views.js';
import { createTool } from '../shared/controls.js';
import { element, type Child } from '../shared/dom.js';
import { labelSentence } from '../shared/labelText.js';
import { MODALITIES, MODALITY_NAMES, type Modality } from '../shared/modalities.js';
import { formatPercent, formatProbability, pluralise, probabilityWords } from '../shared/numberFormat.js';
import { formatTime, zoneName } from '../shared/timeFormat.js';
import { causeBars, countTopCauses, fileName, likelyTypes, orderEvidence, placeOf, type CauseBar } from './model.js';

export interface SectionActions {
  readonly selectEntity: (entity: string) => void;
  readonly hoverEntity: (entity: string | null) => void;
  readonly openEvidence: (path: string, line: number) => void;
  readonly toggleCauses: () => void;
}

export function section(title: string, children: readonly Child[], className: string): HTMLElement {
  return element('section', { class: className, attributes: { 'aria-label': title } }, [element('h2', { text: title }), ...children]);
}

/** State and probability, in numbers and in words. */
export function summary(diagnosis: Diagnosis): HTMLElement {
  const fits = Number.isFinite(diagnosis.membership) ? ` (fits ${formatPercent(diagnosis.membership)})` : '';
  return element('dl', { class: 'summary' }, [
    element('div', {}, [
      element('dt', { text: 'Abnormal' }),
      element('dd', {}, [
        element('strong', { text: probabilityWords(diagnosis.anomaly) }),
        ` · probability ${formatProbability(diagnosis.anomaly)}`,
      ]),
    ]),
    element('div', {}, [element('dt', { text: 'State' }), element('dd', { text: `${diagnosis.stateName}${fits}` })]),
  ]);
}

/** What people said of the range, or the way to say it. */
export function labelLine(labels: readonly LabelView[], runCommand: (command: string) => void): HTMLElement {
  const tool = (label: string, description: string, command: string): HTMLElement =>
    createTool({
      label,
      description,
      onPress: () => {
        runCommand(command);
      },
    });
  const texts = labels.map((label) =>
    element('span', { class: 'label-text', text: labelSentence(label), attributes: { title: label.note === '' ? null : label.note } }),
  );
  return element('div', { class: 'label-line' }, [
    ...texts,
    labels.length === 0
      ? tool('Label this range…', 'Say what happened in this range, so that it is known again', 'runtimeSlicer.labelRange')
      : tool('Remove…', 'Choose a label to remove', 'runtimeSlicer.removeLabel'),
  ]);
}

/** Ranked causes as bars. The words carry what the bars show: probability and the share of each modality. */
export function causeSection(
  diagnosis: Diagnosis,
  abnormal: boolean,
  showAll: boolean,
  selected: string | null,
  actions: SectionActions,
): HTMLElement {
  const bars = causeBars(diagnosis.rootCauses);
  const top = countTopCauses(bars, abnormal);
  const shown = showAll ? bars : bars.slice(0, top);
  const toggle =
    bars.length > top
      ? createTool({
          label: showAll ? `Show the first ${top}` : `Show all ${bars.length}`,
          description: showAll ? 'Show fewer services' : `Show all ${bars.length} services in order`,
          onPress: actions.toggleCauses,
        })
      : null;
  const list = element(
    'ol',
    { class: 'causes' },
    shown.map((bar) => causeRow(bar, abnormal, selected, actions)),
  );
  const body: Child[] =
    bars.length === 0
      ? [element('p', { class: 'rs-muted', text: 'No service is known in this run.' })]
      : [legend(), list, toggle, abnormal ? runnerUp(diagnosis) : null];
  return section(abnormal ? 'Likely causes' : 'Furthest from usual, but within it', body, 'section-causes');
}

/** Why not the second one. */
function runnerUp({ runnerUp: second }: Diagnosis): HTMLElement | null {
  return second === null ? null : element('p', { class: 'runner-up rs-muted', text: second.text });
}

function legend(): HTMLElement {
  return element(
    'p',
    { class: 'bar-legend rs-muted' },
    MODALITIES.map((modality) =>
      element('span', {}, [
        element('span', { class: `swatch ${modality}`, attributes: { 'aria-hidden': 'true' } }),
        `seen in ${MODALITY_NAMES[modality].title.toLowerCase()}`,
      ]),
    ),
  );
}

function causeRow(bar: CauseBar, abnormal: boolean, selected: string | null, actions: SectionActions): HTMLElement {
  const parts = bar.parts.map((part) =>
    element('span', { class: `part ${part.modality}`, style: { width: `${(part.width * 100).toFixed(2)}%` } }),
  );
  const shares = bar.parts.map((part) => `${MODALITY_NAMES[part.modality].title.toLowerCase()} ${formatPercent(part.share)}`).join(', ');
  const button = element(
    'button',
    {
      class: `cause${abnormal && bar.rank === 1 ? ' first' : ''}${bar.entity === selected ? ' selected' : ''}`,
      attributes: {
        type: 'button',
        'data-entity': bar.entity,
        'aria-pressed': bar.entity === selected ? 'true' : 'false',
        title: `${bar.entity}: ${abnormal ? `probability ${formatProbability(bar.p)}` : 'within the usual range'}${shares === '' ? '' : `; seen in ${shares}`}`,
      },
      on: {
        click: () => {
          actions.selectEntity(bar.entity);
        },
        pointerenter: () => {
          actions.hoverEntity(bar.entity);
        },
        pointerleave: () => {
          actions.hoverEntity(null);
        },
      },
    },
    [
      element('span', { class: 'cause-rank', text: `${bar.rank}` }),
      element('span', { class: 'cause-name', text: bar.entity }),
      element('span', { class: 'cause-p', text: abnormal ? formatProbability(bar.p) : '' }),
      element('span', { class: 'track', attributes: { 'aria-hidden': 'true' } }, parts),
    ],
  );
  return element('li', {}, [button]);
}

export function typeSection(types: readonly FailureTypeView[]): HTMLElement | null {
  const shown = likelyTypes(types);
  return shown.length === 0
    ? null
    : section(
        'Kind of failure',
        [
          element(
            'ul',
            { class: 'types' },
            shown.map((type) =>
              element('li', {}, [
                element('span', {
                  class: 'type-name',
                  text: type.type === 'unknown' ? 'none of the known kinds' : type.type.replaceAll('-', ' '),
                }),
                element('span', { class: 'rs-muted', text: `${probabilityWords(type.p)} · ${formatProbability(type.p)}` }),
              ]),
            ),
          ),
        ],
        'section-types',
      );
}

/** Evidence that carries less of the likely cause's score is not worth a number. */
const LEAST_SHARE = 0.05;
/** A letter in a shape for each kind of record; the word stands in the label. */
const KIND_ICONS: Record<Modality, string> = { log: '≡', trace: '⇉', metric: '∿' };

export function evidenceSection(diagnosis: Diagnosis, entity: string | null, timeZone: string, actions: SectionActions): HTMLElement {
  const items = orderEvidence(diagnosis.evidence, entity);
  const rows = items.map((item) => element('li', {}, [evidenceRow(item, timeZone, actions)]));
  const body =
    rows.length === 0
      ? element('p', { class: 'rs-muted', text: 'Nothing was further from usual than it often is.' })
      : element('ul', { class: 'evidence', on: { keydown: moveFocus } }, rows);
  return section(rows.length === 0 ? 'Evidence' : `Evidence (${rows.length})`, [body], 'section-evidence');
}

function evidenceRow(item: EvidenceView, timeZone: string, actions: SectionActions): HTMLElement {
  const place = placeOf(item);
  const time =
    item.atNs === null
      ? ''
      : `${formatTime(Number(BigInt(item.atNs) / 1_000_000n), timeZone)} ${zoneName(Number(BigInt(item.atNs) / 1_000_000n), timeZone)}`;
  const where = place === null ? 'no single line shows this' : `${fileName(place.path)}:${place.line}`;
  return element(
    'button',
    {
      class: `evidence-row${place === null ? ' placeless' : ''}`,
      attributes: {
        type: 'button',
        'aria-disabled': place === null ? 'true' : null,
        title: place === null ? 'Something usual did not happen, so there is no line to open' : `Open ${place.path} at line ${place.line}`,
      },
      on: {
        click: () => {
          if (place !== null) {
            actions.openEvidence(place.path, place.line);
          }
        },
        pointerenter: () => {
          actions.hoverEntity(item.entity);
        },
        pointerleave: () => {
          actions.hoverEntity(null);
        },
      },
    },
    [
      element('span', { class: `kind ${item.modality}`, text: KIND_ICONS[item.modality], attributes: { 'aria-hidden': 'true' } }),
      element('span', { class: 'evidence-text' }, [
        element('span', { class: 'rs-visually-hidden', text: `${MODALITY_NAMES[item.modality].one}: ` }),
        element('span', { class: 'evidence-what', text: item.text, attributes: { title: item.text } }),
        element('span', { class: 'evidence-detail', text: item.detail }),
        element('span', { class: 'evidence-where rs-muted' }, [
          [item.entity, time].filter((part) => part !== '').join(' · '),
          ' · ',
          element('span', { class: place === null ? '' : 'place', text: where }),
          ...(item.share < LEAST_SHARE ? [] : [` · ${formatPercent(item.share)} of what speaks for it`]),
        ]),
      ]),
    ],
  );
}

/** Up and down move through the list, so that Tab can leave it. */
function moveFocus(event: Event): void {
  const key = event instanceof KeyboardEvent ? event.key : '';
  const step = key === 'ArrowDown' ? 1 : key === 'ArrowUp' ? -1 : 0;
  if (step === 0 || !(event.currentTarget instanceof HTMLElement)) {
    return;
  }
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('button')];
  const at = rows.findIndex((row) => row === document.activeElement);
  rows[Math.max(0, Math.min(rows.length - 1, at + step))]?.focus();
  event.preventDefault();
}

const CHECK_TITLES: Record<CheckView['outcome'], string> = {
  abnormal: 'Unusual',
  usual: 'Checked, as usual',
  'not checked': 'Could not be checked',
};
const CHECK_ICONS: Record<CheckView['outcome'], string> = { abnormal: '▲', usual: '✓', 'not checked': '?' };

/** What was looked at: first what could not be, because it limits everything else; folded when the answer lies elsewhere. */
export function checkSection(checks: readonly CheckView[], open: boolean): HTMLElement | null {
  if (checks.length === 0) {
    return null;
  }
  const order: readonly CheckView['outcome'][] = ['not checked', 'abnormal', 'usual'];
  const groups = order.flatMap((outcome) => {
    const entries = checks.filter((check) => check.outcome === outcome);
    return entries.length === 0
      ? []
      : [
          element('h3', { text: CHECK_TITLES[outcome] }),
          element(
            'ul',
            { class: `checks ${outcome.replace(' ', '-')}` },
            entries.map((check) =>
              element('li', {}, [
                element('span', { class: 'check-icon', text: CHECK_ICONS[outcome], attributes: { 'aria-hidden': 'true' } }),
                check.text,
              ]),
            ),
          ),
        ];
  });
  const missed = checks.filter((check) => check.outcome === 'not checked').length;
  const title = `What was checked (${checks.length - missed})${missed === 0 ? '' : `, and ${pluralise(missed, 'check')} that could not be made`}`;
  return element('details', { class: 'section-checks', attributes: { open } }, [element('summary', { text: title }), ...groups]);
}
