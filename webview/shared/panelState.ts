import type { HostEvent, PanelState } from '../../src/protocol/panelRpc.js';

/** What the pointer is on in any panel. */
export interface Hover {
  readonly slice: string | null;
  readonly entity: string | null;
}

export const NO_HOVER: Hover = { slice: null, entity: null };

/** The panel's state after an event of the host. Before the first state arrives only a whole state can be applied. */
export function applyHostEvent(state: PanelState | null, event: HostEvent): PanelState | null {
  switch (event.type) {
    case 'state':
      return event.state;
    case 'selection':
      return state === null ? null : { ...state, selection: event.selection, diagnosis: event.diagnosis };
    case 'similar':
      return state === null ? null : { ...state, similar: event.similar };
    case 'progress':
      return state === null
        ? null
        : { ...state, phase: 'running', progress: event.progress, partial: event.partial ?? state.partial, error: null };
    case 'labels':
      return state === null ? null : { ...state, labels: event.labels };
    case 'tuning':
      return state === null ? null : { ...state, tuning: event.tuning };
    case 'hover':
      return state;
  }
}
