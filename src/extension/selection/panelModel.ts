import { EMPTY_SELECTION, type HostEvent, IDLE_TUNING, type PanelState, type TuningState } from '../../protocol/panelRpc.js';
import type { LabelView } from '../../protocol/views.js';
import { Emitter, type Event } from '../emitter.js';

/** Panels are told of progress at most this often; a person reads no faster. */
const PROGRESS_INTERVAL_MS = 100;

/** The state that all views show, and the events that tell them of it: every change goes through here. Knows no VS Code. */
export class PanelModel {
  private readonly changes: Emitter<HostEvent>;
  private readonly nowMs: () => number;
  private current: PanelState;
  private lastProgressMs = Number.NEGATIVE_INFINITY;

  /** @param onError errors of listeners */
  constructor(timeZone: string, onError: (error: unknown) => void, nowMs: () => number) {
    this.nowMs = nowMs;
    this.changes = new Emitter(onError);
    this.current = {
      phase: 'empty',
      progress: null,
      partial: null,
      timeline: null,
      selection: EMPTY_SELECTION,
      diagnosis: null,
      similar: null,
      error: null,
      notice: null,
      labels: [],
      tuning: IDLE_TUNING,
      timeZone,
    };
  }

  get state(): PanelState {
    return this.current;
  }

  get onDidChange(): Event<HostEvent> {
    return this.changes.event;
  }

  /** Whether the run in hand is still the one of an earlier state. */
  isStill(before: PanelState): boolean {
    return this.current.phase === before.phase && this.current.timeline === before.timeline;
  }

  /** Labels and tuning change beside a run; a state that was put together before they did must not take them back. */
  setState(state: PanelState): void {
    const { labels, tuning } = this.current;
    this.current = { ...state, labels, tuning };
    this.changes.fire({ type: 'state', state: this.current });
  }

  setSelection(change: Pick<PanelState, 'selection' | 'diagnosis'>): void {
    this.current = { ...this.current, ...change };
    this.changes.fire({ type: 'selection', selection: this.current.selection, diagnosis: this.current.diagnosis });
  }

  setSimilar(similar: PanelState['similar']): void {
    if (similar !== this.current.similar) {
      this.current = { ...this.current, similar };
      this.changes.fire({ type: 'similar', similar });
    }
  }

  /** Thinned out; what is not told now is told with the next progress. Nothing is shown of an embed that is over. */
  setProgress(news: Partial<Pick<PanelState, 'progress' | 'partial'>>): void {
    if (this.current.phase !== 'running') {
      return;
    }
    const phaseChanged = news.progress !== undefined && news.progress?.phase !== this.current.progress?.phase;
    this.current = { ...this.current, ...news };
    const { progress, partial } = this.current;
    const nowMs = this.nowMs();
    // `progress` events carry both; before the first progress there is nothing to say yet.
    if (progress !== null && (phaseChanged || nowMs - this.lastProgressMs >= PROGRESS_INTERVAL_MS)) {
      this.lastProgressMs = nowMs;
      this.changes.fire({ type: 'progress', progress, partial });
    }
  }

  /** By an event of its own, so that a label does not send the whole run again. */
  setLabels(labels: readonly LabelView[]): void {
    this.current = { ...this.current, labels };
    this.changes.fire({ type: 'labels', labels });
  }

  setTuning(tuning: TuningState): void {
    this.current = { ...this.current, tuning };
    this.changes.fire({ type: 'tuning', tuning });
  }

  hover(slice: string | null, entity: string | null): void {
    this.changes.fire({ type: 'hover', slice, entity });
  }

  dispose(): void {
    this.changes.dispose();
  }
}
