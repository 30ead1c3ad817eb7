import type { PanelState, TuningChoices } from '../../src/protocol/panelRpc.js';
import { element, replaceChildren, type Child } from '../shared/dom.js';
import type { PanelHost, PanelView } from '../shared/panelShell.js';
import { skeleton } from '../shared/phaseScreens.js';
import { createRunningSection, labelSection, reportSection, startSection, versionSection, type TuningActions } from './sections.js';

/** Charts are drawn as wide as the panel, up to what is pleasant to read. */
const MAX_CHART_WIDTH = 760;
const PADDING = 24;

/** Where the keyboard goes on when the control it was on has done its work and is gone. */
const SUCCESSORS: Readonly<Record<string, string>> = {
  'vscode-button Fine-Tune': 'vscode-button Cancel',
  'vscode-button Cancel': 'vscode-button Fine-Tune',
};
const IMPORT = 'vscode-button Import heads from a file';

export function createTuningPanel(host: PanelHost): PanelView {
  let state: PanelState | null = null;
  let width = 0;
  let choices = asSaved(host.savedView);
  let announced = '';
  const running = createRunningSection(() => {
    host.run(host.rpc.request('cancelTuning', null));
  });
  replaceChildren(host.body, skeleton('Looking up labels and heads…', [24, 90, 120]));

  const actions: TuningActions = {
    tune: () => {
      host.run(host.rpc.request('tune', choices));
    },
    adapt: () => {
      host.run(host.rpc.request('tune', { evenIfWorse: false, adapt: true }));
    },
    toggle: (choice) => {
      choices = { ...choices, [choice]: !choices[choice] };
      host.saveView(choices);
    },
    useHeads: (version) => {
      host.run(host.rpc.request('useHeads', { version }));
    },
    exportHeads: (version) => {
      host.run(host.rpc.request('exportHeads', { version }));
    },
    importHeads: () => {
      host.run(host.rpc.request('importHeads', null));
    },
    openTimeline: () => {
      host.run(host.rpc.request('openPanel', { panel: 'timeline' }));
    },
  };
  const resize = new ResizeObserver(() => {
    if (host.body.clientWidth !== width) {
      show();
    }
  });
  resize.observe(host.body);

  function chartWidth(): number {
    return Math.min(MAX_CHART_WIDTH, Math.max(240, (width || 600) - PADDING));
  }
  function show(): void {
    if (state === null) {
      return;
    }
    width = host.body.clientWidth;
    running.update(state.tuning, chartWidth());
    const scroll = host.body.scrollTop;
    const focus = focusKey();
    const unfolded = new Set([...host.body.querySelectorAll('details[open]')].map((node) => node.className));
    replaceChildren(host.body, ready(state));
    host.body.querySelectorAll('details').forEach((node) => {
      node.open = unfolded.has(node.className);
    });
    host.body.scrollTop = scroll;
    restoreFocus(focus);
    announce(state);
  }
  function ready(current: PanelState): HTMLElement {
    const { tuning, labels, timeZone } = current;
    const children: readonly Child[] = [
      startSection(current, choices, actions),
      tuning.error === null ? null : element('p', { class: 'failure', text: tuning.error, attributes: { role: 'alert' } }),
      tuning.isRunning ? running.node : null,
      tuning.report === null ? null : reportSection(tuning.report, chartWidth()),
      labelSection(labels, tuning.report, timeZone),
      versionSection(tuning, timeZone, actions),
    ];
    return element(
      'div',
      { class: 'tuning' },
      children.filter((child) => child !== null),
    );
  }
  /** The end of a training is said once; its steps are not. */
  function announce({ tuning }: PanelState): void {
    const text = tuning.report?.heads.map((head) => head.reason).join(' ') ?? '';
    if (text !== announced) {
      announced = text;
      host.announce(text);
    }
  }
  /** Drawn anew many times in a training, the panel must not lose the keyboard's place in it. */
  function focusKey(): string | null {
    const active = document.activeElement;
    return active === null || !host.body.contains(active) ? null : keyOf(active);
  }
  function restoreFocus(key: string | null): void {
    if (key !== null) {
      const controls = [...host.body.querySelectorAll<HTMLElement>('vscode-button, button, input, summary')];
      const find = (wanted: string): HTMLElement | undefined => controls.find((node) => keyOf(node) === wanted);
      (find(key) ?? find(SUCCESSORS[key] ?? IMPORT))?.focus();
    }
  }

  return {
    update(next) {
      const before = state;
      state = next;
      if (before?.labels !== next.labels || before.phase !== next.phase || before.timeZone !== next.timeZone) {
        show();
      } else if (before.tuning.isRunning && next.tuning.isRunning) {
        running.update(next.tuning, chartWidth());
      } else if (before.tuning !== next.tuning) {
        // A change of the selection concerns the other panels only.
        show();
      }
    },
    hover() {
      // Slices and services under the pointer are not shown here.
    },
    themeChanged() {
      // Everything here is SVG and HTML coloured by theme variables, which follow by themselves.
    },
    dispose() {
      resize.disconnect();
    },
  };
}

function keyOf(node: Element): string {
  return `${node.localName} ${node.getAttribute('title') ?? node.textContent}`;
}

/** What was chosen before, off where nothing was. */
function asSaved(value: unknown): TuningChoices {
  const saved: Partial<Record<keyof TuningChoices, unknown>> = typeof value === 'object' && value !== null ? value : {};
  return { evenIfWorse: saved.evenIfWorse === true, adapt: saved.adapt === true };
}
