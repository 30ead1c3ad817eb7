import type { PanelState } from '../../src/protocol/panelRpc.js';
import type { Diagnosis, TimelineView } from '../../src/protocol/views.js';
import { createToggle, createTool } from '../shared/controls.js';
import { element, replaceChildren, type Child } from '../shared/dom.js';
import { headline } from '../shared/headline.js';
import { findLabels } from '../shared/labelText.js';
import type { Hover } from '../shared/panelState.js';
import type { PanelHost, PanelView } from '../shared/panelShell.js';
import { emptyScreen, failedScreen, progressView, skeleton, type ScreenActions } from '../shared/phaseScreens.js';
import { nsToMs } from '../shared/sliceLines.js';
import { createTextTable } from '../shared/textTable.js';
import { formatTimeRange, zoneName } from '../shared/timeFormat.js';
import { drawGraph } from './drawGraph.js';
import { graphTable } from './graphTable.js';
import { neighbourhood, WHOLE_GRAPH_LIMIT } from './graphModel.js';
import { isAbnormal, namesIn, placeOf, type EvidencePlace } from './model.js';
import { similarSection } from './similarSection.js';
import { causeSection, checkSection, evidenceSection, labelLine, summary, typeSection, type SectionActions } from './sections.js';

const PURPOSE =
  'The diagnosis says whether something is wrong, since when, where, of what kind and how sure that is, with the lines that show it.';

interface SavedView {
  readonly allCauses: boolean;
  readonly wholeGraph: boolean;
  /** The calls as a table instead of a drawing. */
  readonly graphTable: boolean;
}

export function createDiagnosisPanel(host: PanelHost): PanelView {
  const saved = asSavedView(host.savedView);
  const open = { ...saved };
  let state: PanelState | null = null;
  let width = 0;
  replaceChildren(host.body, skeleton('Opening the last results…', [24, 120, 160]));

  const screens: ScreenActions = {
    runCommand: (command) => {
      host.run(host.rpc.request('runCommand', { command }));
    },
    retry: () => {
      host.reload();
    },
  };
  const actions: SectionActions = {
    selectEntity: (entity) => {
      host.run(host.rpc.request('select', { entity: state?.selection.entity === entity ? null : entity }));
    },
    hoverEntity: (entity) => {
      host.rpc.hover(null, entity);
      highlight(entity);
    },
    openEvidence: (path, line) => {
      host.run(host.rpc.request('openEvidence', { path, line }));
    },
    toggleCauses: () => {
      open.allCauses = !open.allCauses;
      remember();
    },
  };
  const resize = new ResizeObserver(() => {
    if (host.body.clientWidth !== width) {
      show();
    }
  });
  resize.observe(host.body);
  document.addEventListener('keydown', openFirst);

  /** Enter outside of any control opens the first evidence that has a place: the fastest way to the line. */
  function openFirst(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || event.target !== document.body) {
      return;
    }
    const place = firstPlace(state);
    if (place !== undefined) {
      actions.openEvidence(place.path, place.line);
    }
  }
  function remember(): void {
    host.saveView({ ...open });
    show();
  }
  function highlight(entity: string | null): void {
    for (const node of host.body.querySelectorAll('[data-entity]')) {
      node.classList.toggle('hovered', entity !== null && node.getAttribute('data-entity') === entity);
    }
  }
  function show(): void {
    if (state === null) {
      return;
    }
    width = host.body.clientWidth;
    const scroll = host.body.scrollTop;
    const focus = focusKey();
    replaceChildren(host.body, ...screenOf(state));
    host.body.scrollTop = scroll;
    restoreFocus(focus);
  }
  function screenOf(current: PanelState): readonly Child[] {
    switch (current.phase) {
      case 'empty':
        return [emptyScreen(screens, PURPOSE)];
      case 'running':
        return [
          element('div', { class: 'running' }, [progressView(current.progress)]),
          skeleton('The diagnosis follows when all files are read.', [24, 120, 160]),
        ];
      case 'failed':
        return [failedScreen(current.error ?? 'The analysis stopped without a reason. The log may say more.', screens)];
      case 'ready':
        if (current.diagnosis !== null) {
          return [ready(current, current.diagnosis)];
        }
        return current.timeline === null ? [emptyScreen(screens, PURPOSE)] : [waiting(current, current.timeline)];
    }
  }
  function waiting(current: PanelState, timeline: TimelineView): HTMLElement {
    const range = current.selection.range;
    if (range !== null && current.error === null) {
      const times = formatTimeRange(nsToMs(range.startNs), nsToMs(range.endNs), current.timeZone);
      return skeleton(`Looking for what is unusual in ${times} ${zoneName(nsToMs(range.startNs), current.timeZone)}…`, [24, 120, 160]);
    }
    const incidents = timeline.incidents.map((incident) =>
      element('li', {}, [
        element('button', {
          class: 'rs-link',
          text: incident.sentence,
          attributes: { type: 'button' },
          on: {
            click: () => {
              host.run(
                host.rpc.request('select', { range: { startNs: incident.startNs, endNs: incident.endNs }, slice: null, state: null }),
              );
            },
          },
        }),
      ]),
    );
    return element('div', { class: 'diagnosis' }, [
      headline(
        timeline.headline,
        timeline.incidents.flatMap((incident) => incident.likelyCause ?? []),
        timeline.incidents.length > 0,
      ),
      element('p', {
        class: 'rs-muted',
        text:
          range === null
            ? 'No range is chosen. Drag across the timeline, or pick one of these:'
            : 'The chosen range could not be explained. Choose another one, or pick one of these:',
      }),
      element('ul', { class: 'incidents' }, incidents),
      createTool({
        label: 'Open the timeline',
        description: 'Open the timeline to mark a range',
        onPress: () => {
          host.run(host.rpc.request('openPanel', { panel: 'timeline' }));
        },
      }),
    ]);
  }
  function ready(current: PanelState, diagnosis: Diagnosis): HTMLElement {
    const abnormal = isAbnormal(diagnosis, current.timeline?.threshold ?? 0.5);
    const entity = current.selection.entity;
    const causes = causeSection(diagnosis, abnormal, open.allCauses, entity, actions);
    const evidence = evidenceSection(diagnosis, entity, current.timeZone, actions);
    const range = current.selection.range ?? { startNs: diagnosis.fromNs, endNs: diagnosis.toNs };
    const top = [
      headline(diagnosis.sentence, namesIn(diagnosis), abnormal),
      summary(diagnosis),
      labelLine(findLabels(current.labels, range), screens.runCommand),
    ];
    const graph = graphSection(diagnosis, entity, abnormal);
    const similar = similarSection(current, {
      openRange: (run, range) => {
        host.run(host.rpc.request('openRange', { run, range }));
      },
      labelRange: () => {
        screens.runCommand('runtimeSlicer.labelRange');
      },
    });
    // What answers the question comes first: the causes when something is wrong, the checks when nothing is.
    const children: readonly Child[] = abnormal
      ? [...top, causes, typeSection(diagnosis.failureTypes), evidence, similar, graph, checkSection(diagnosis.checks, false)]
      : [...top, checkSection(diagnosis.checks, true), diagnosis.evidence.length > 0 ? evidence : null, causes, similar, graph];
    return element(
      'div',
      { class: 'diagnosis' },
      children.filter((child) => child !== null),
    );
  }
  function graphSection(diagnosis: Diagnosis, selected: string | null, abnormal: boolean): HTMLElement | null {
    const whole = diagnosis.graph;
    if (whole.nodes.length === 0) {
      return element('section', { class: 'section-graph' }, [
        element('h2', { text: 'Calls between services' }),
        element('p', {
          class: 'rs-muted',
          text: 'There are no traces in this range, nor metrics that name whose calls they measure: who calls whom is not known.',
        }),
      ]);
    }
    const causes = abnormal ? diagnosis.rootCauses.slice(0, 3).map((cause) => cause.entity) : [];
    const large = whole.nodes.length > WHOLE_GRAPH_LIMIT;
    const centre = abnormal ? causes : diagnosis.rootCauses.slice(0, 3).map((cause) => cause.entity);
    const graph = large && !open.wholeGraph ? neighbourhood(whole, centre, WHOLE_GRAPH_LIMIT) : whole;
    const drawing = open.graphTable
      ? createTextTable(graphTable(graph))
      : drawGraph(
          graph,
          Math.max(240, (width || 600) - 24),
          { causes, selected },
          { select: actions.selectEntity, hover: actions.hoverEntity },
        );
    const table = createToggle(
      {
        pressed: open.graphTable,
        description: 'The calls as a table',
        onPress: () => {
          open.graphTable = !open.graphTable;
          remember();
        },
      },
      ['Table'],
    );
    const toggle = large
      ? createTool({
          label: open.wholeGraph ? 'Show what is near the likely causes' : `Show all ${whole.nodes.length} services`,
          description: open.wholeGraph ? 'Show fewer services' : `Show all ${whole.nodes.length} services and their calls`,
          onPress: () => {
            open.wholeGraph = !open.wholeGraph;
            remember();
          },
        })
      : null;
    const note = graph === whole ? 'Callers above' : `${graph.nodes.length} of ${whole.nodes.length} services, callers above`;
    return element('section', { class: 'section-graph', attributes: { 'aria-label': 'Calls between services' } }, [
      element('h2', {}, [
        'Calls between services',
        element('span', { class: 'rs-muted', text: ` ${note}${abnormal ? ', thick: the way to the likely cause' : ''}` }),
      ]),
      drawing,
      element('div', { class: 'graph-tools' }, [toggle, table]),
    ]);
  }
  function focusKey(): string | null {
    const active = document.activeElement;
    return active === null || !host.body.contains(active) ? null : (active.getAttribute('title') ?? active.getAttribute('data-entity'));
  }
  function restoreFocus(key: string | null): void {
    if (key !== null) {
      const match = [...host.body.querySelectorAll<HTMLElement | SVGElement>('[title], [data-entity]')].find(
        (node) => node.getAttribute('title') === key || node.getAttribute('data-entity') === key,
      );
      match?.focus();
    }
  }

  return {
    update(next) {
      state = next;
      show();
    },
    hover(hover: Hover) {
      highlight(hover.entity);
    },
    themeChanged() {
      // Everything here is SVG and HTML coloured by theme variables, which follow by themselves.
    },
    dispose() {
      resize.disconnect();
      document.removeEventListener('keydown', openFirst);
    },
  };
}

function firstPlace(state: PanelState | null): EvidencePlace | undefined {
  return state?.diagnosis?.evidence.flatMap((item) => placeOf(item) ?? [])[0];
}

function asSavedView(value: unknown): SavedView {
  const flag = (name: keyof SavedView): boolean =>
    typeof value === 'object' && value !== null && name in value && (value as Record<string, unknown>)[name] === true;
  return { allCauses: flag('allCauses'), wholeGraph: flag('wholeGraph'), graphTable: flag('graphTable') };
}
