import type { PanelState, Selection } from '../../src/protocol/panelRpc.js';
import type { SimilarIncidentView } from '../../src/protocol/views.js';
import { createTool } from '../shared/controls.js';
import { element, type Child } from '../shared/dom.js';
import { labelText } from '../shared/labelText.js';
import { nsToMs } from '../shared/sliceLines.js';
import { formatDate, formatTime, zoneName } from '../shared/timeFormat.js';
import { section } from './sections.js';

/**
 * Of pairs of the same failure of the same service 95 % are at least this similar on TrainTicket and 58 % on simulated systems, of all others 3 %
 * and 9 % (OnlineBoutique 9 %).
 */
const CLEAR_SIMILARITY = 0.5;

export interface SimilarActions {
  /** The run may be another than the one that is shown. */
  readonly openRange: (run: string, range: NonNullable<Selection['range']>) => void;
  readonly labelRange: () => void;
}

/** Labelled ranges that the selected one resembles: what happened then, what is the same and what differs. */
export function similarSection(state: PanelState, actions: SimilarActions): HTMLElement {
  return section('Seen before?', bodyOf(state, actions), 'section-similar');
}

function bodyOf({ labels, similar, timeline, timeZone }: PanelState, actions: SimilarActions): readonly Child[] {
  const note = (text: string): HTMLElement => element('p', { class: 'rs-muted', text });
  if (labels.length === 0) {
    return [
      note('No labelled range yet.'),
      createTool({
        label: 'Label this range…',
        description: 'Label this range, so that what is like it is found here later',
        onPress: actions.labelRange,
      }),
    ];
  }
  if (similar === null) {
    return [note('Comparing with the labelled ranges…')];
  }
  if (similar.length === 0) {
    return [note('No other labelled range lies in what was embedded.')];
  }
  const isFaint = similar.every(({ similarity }) => similarity < CLEAR_SIMILARITY);
  const rows = similar.map((incident) => element('li', {}, [rowOf(incident, incident.run === timeline?.run, timeZone, actions)]));
  return [isFaint ? note('Nothing labelled is much like this range. The nearest:') : null, element('ul', { class: 'similar' }, rows)];
}

function rowOf(incident: SimilarIncidentView, isShown: boolean, timeZone: string, { openRange }: SimilarActions): HTMLElement {
  const { label, run, similarity, same, differs } = incident;
  const startMs = nsToMs(label.startNs);
  const when = `${formatDate(startMs, timeZone)} ${formatTime(startMs, timeZone, 'minute')} ${zoneName(startMs, timeZone)}`;
  const parts = [
    element('span', { class: 'similar-what' }, ['Like ', element('strong', { text: labelText(label) })]),
    element('span', { class: 'rs-muted', text: `${when} · ${similarity.toFixed(2)} similar${isShown ? '' : ' · in another run'}` }),
    ...lineOf('Same', same),
    ...lineOf('Differs', differs),
    ...lineOf('Note', label.note === '' ? [] : [label.note]),
  ];
  const what = `${labelText(label)}, ${when}`;
  return element(
    'button',
    {
      class: 'similar-row',
      attributes: { type: 'button', title: isShown ? `Select ${what}` : `Open ${what}, in its own run` },
      on: {
        click: () => {
          openRange(run, { startNs: label.startNs, endNs: label.endNs });
        },
      },
    },
    parts,
  );
}

function lineOf(name: string, texts: readonly string[]): HTMLElement[] {
  return texts.length === 0 ? [] : [element('span', { class: 'similar-line', text: `${name}: ${texts.join('; ')}` })];
}
