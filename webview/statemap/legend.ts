import { createToggle, createTool } from '../shared/controls.js';
import { element } from '../shared/dom.js';
import { pluralise } from '../shared/numberFormat.js';
import { stateGlyph } from '../shared/stateGlyph.js';
import { byUrgency } from '../shared/stateStyle.js';
import type { MapModel } from './model.js';

export interface LegendActions {
  readonly toggle: (id: string) => void;
  readonly isolate: (id: string) => void;
  readonly showAll: () => void;
}

export interface MapToolActions {
  readonly zoom: (factor: number) => void;
  readonly showAll: () => void;
  readonly toggleTable: () => void;
}

export function mapTools(tableShown: boolean, actions: MapToolActions): HTMLElement {
  return element('div', { class: 'tools', attributes: { role: 'toolbar', 'aria-label': 'View' } }, [
    createTool({
      label: '−',
      description: 'Zoom out (−)',
      onPress: () => {
        actions.zoom(1 / 1.5);
      },
    }),
    createTool({
      label: '+',
      description: 'Zoom in (+)',
      onPress: () => {
        actions.zoom(1.5);
      },
    }),
    createTool({ label: 'All', description: 'Show all points (0)', onPress: actions.showAll }),
    createToggle({ pressed: tableShown, description: 'The same data as a table', onPress: actions.toggleTable }, ['Table']),
  ]);
}

/** The states with their marks; each entry shows or hides its points, a double click leaves it alone on the map. */
export function stateLegend(model: MapModel, hidden: ReadonlySet<string>, actions: LegendActions): HTMLElement {
  const entries = [...model.states].sort(byUrgency).map((style) => {
    const shown = !hidden.has(style.id);
    const toggle = createToggle(
      {
        pressed: shown,
        class: 'entry',
        description: `${style.name}: ${pluralise(style.slices, 'slice')}, ${shown ? 'shown' : 'hidden'}. Double click: only this one.`,
        onPress: () => {
          actions.toggle(style.id);
        },
      },
      [
        stateGlyph(style),
        element('span', { class: 'name', text: style.name }),
        element('span', { class: 'count rs-muted', text: style.slices.toLocaleString('en') }),
      ],
    );
    toggle.dataset.state = style.id;
    toggle.addEventListener('dblclick', () => {
      actions.isolate(style.id);
    });
    return toggle;
  });
  const all =
    hidden.size === 0
      ? null
      : createTool({
          label: 'Show all states',
          description: `Show the ${pluralise(hidden.size, 'hidden state')} again`,
          onPress: actions.showAll,
        });
  return element('div', { class: 'legend', attributes: { role: 'group', 'aria-label': 'States: show or hide' } }, [...entries, all]);
}
