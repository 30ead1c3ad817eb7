/** The run in hand: its results, its selection and its diagnosis. The one model behind all views; knows no VS Code. */
import type { EmbedPartial, EmbedProgress } from '../../protocol/engineRpc.js';
import {
  EMPTY_SELECTION,
  type HostEvent,
  IDLE_TUNING,
  type PanelState,
  type Selection,
  type TuningState,
} from '../../protocol/panelRpc.js';
import type { Diagnosis, EmbedParams, EmbedResult, LabelView, NsString, TimelineView } from '../../protocol/views.js';
import { type EngineCalls, isCancelled, toErrorText } from '../engine/engineCalls.js';
import { Emitter } from '../emitter.js';
import { findFileProblems } from '../status/statusDocument.js';
import { LatestWins } from './latestWins.js';
import { applySelection, sameRange, sameSelection, stepIncident, toIncidentSelection, toInitialSelection } from './selection.js';

/** Panels are told of progress at most this often; a person reads no faster. */
const PROGRESS_INTERVAL_MS = 100;
/** Diagnoses kept for the state explorer and for going back and forth; a few KB to a few 100 KB each. */
const MAX_DIAGNOSES = 64;
/** Labelled ranges that are compared with the selected one in the Diagnosis. */
const MAX_SIMILAR = 3;

export type EmbedOutcome = { readonly kind: 'done'; readonly result: EmbedResult } | { readonly kind: 'cancelled' };

export type EmbedSource = EmbedParams | ((signal: AbortSignal) => Promise<EmbedParams>);

interface Range {
  readonly startNs: NsString;
  readonly endNs: NsString;
}

export interface InvestigationOptions {
  readonly timeZone: string;
  /** Errors that no caller waits for: a listener that threw, a diagnosis that failed. */
  readonly onError: (error: unknown) => void;
  readonly nowMs?: () => number;
}

export class Investigation {
  private readonly engine: EngineCalls;
  private readonly options: InvestigationOptions;
  private readonly nowMs: () => number;
  private readonly changes: Emitter<HostEvent>;
  private readonly diagnosing = new LatestWins();
  private readonly comparing = new LatestWins();
  private readonly diagnoses = new Map<string, Promise<Diagnosis>>();
  private embedding: { readonly controller: AbortController; readonly settled: Promise<void> } | undefined;
  private loading: Promise<boolean> | undefined;
  private lastProgressMs = Number.NEGATIVE_INFINITY;
  private current: PanelState;
  private runParams: EmbedParams | null = null;
  private lastResult: EmbedResult | null = null;
  /** Whether `state.error` is that of the last diagnosis, which the next one takes back. */
  private diagnosisFailed = false;

  constructor(engine: EngineCalls, options: InvestigationOptions) {
    this.engine = engine;
    this.options = options;
    this.nowMs = options.nowMs ?? Date.now;
    this.changes = new Emitter(options.onError);
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
      timeZone: options.timeZone,
    };
  }

  get state(): PanelState {
    return this.current;
  }

  /** Parameters of the run that is shown, null when none is. */
  get params(): EmbedParams | null {
    return this.runParams;
  }

  /** Result of the last embed of this session; null after a reload, when only the store speaks. */
  get result(): EmbedResult | null {
    return this.lastResult;
  }

  get onDidChange() {
    return this.changes.event;
  }

  /**
   * Embeds and shows the result. A second call cancels the first.
   * @param source the parameters, or what has to happen before they are known: views show that something is under way from the start.
   * @throws EngineError when it fails; the state then has the same message, beside the earlier results where there are any, else it is `failed`.
   */
  async embed(source: EmbedSource, onProgress?: (progress: EmbedProgress) => void): Promise<EmbedOutcome> {
    while (this.embedding !== undefined) {
      this.embedding.controller.abort();
      await this.embedding.settled;
    }
    const controller = new AbortController();
    const before = this.current;
    const work = this.runEmbed(source, controller.signal, before, onProgress);
    this.embedding = {
      controller,
      settled: work.then(
        () => undefined,
        () => undefined,
      ),
    };
    try {
      return await work;
    } finally {
      this.embedding = undefined;
    }
  }

  private async runEmbed(
    source: EmbedSource,
    signal: AbortSignal,
    before: PanelState,
    onProgress?: (progress: EmbedProgress) => void,
  ): Promise<EmbedOutcome> {
    this.diagnosing.cancel();
    this.comparing.cancel();
    this.setState({ ...before, phase: 'running', progress: null, partial: null, error: null });
    try {
      const params = typeof source === 'function' ? await source(signal) : source;
      const result = await this.engine.call('embed', params, {
        signal,
        onProgress: (progress) => {
          onProgress?.(progress);
          this.showProgress({ progress });
        },
        onPartial: (partial) => {
          this.showProgress({ partial });
        },
      });
      const timeline = await this.engine.call('timeline', { run: result.run }, { signal });
      this.lastResult = result;
      this.show(timeline, params, findFileProblems(result.files) ?? null);
      return { kind: 'done', result };
    } catch (error) {
      if (signal.aborted || isCancelled(error)) {
        this.setState({ ...before, phase: before.timeline === null ? 'empty' : 'ready', error: null });
        this.diagnoseSelection();
        return { kind: 'cancelled' };
      }
      const phase = before.timeline === null ? 'failed' : 'ready';
      this.setState({ ...before, phase, progress: null, partial: null, error: toErrorText(error) });
      this.diagnoseSelection();
      throw error;
    }
  }

  /** Cancels the embed in hand. @returns false when there is none. */
  cancel(): boolean {
    this.embedding?.controller.abort();
    return this.embedding !== undefined;
  }

  /**
   * Shows the latest run of the store when nothing is shown yet, without computing anything but the diagnosis of its selection.
   * @returns whether a run is shown. Calls at the same time share one request.
   * @throws EngineError; the state is then `failed` with the same message, and the next call tries again.
   */
  async loadLatest(): Promise<boolean> {
    if (this.current.phase === 'running' || this.current.timeline !== null) {
      return this.current.timeline !== null;
    }
    this.loading ??= this.readLatest().finally(() => {
      this.loading = undefined;
    });
    return this.loading;
  }

  private async readLatest(): Promise<boolean> {
    const before = this.current;
    try {
      const timeline = await this.engine.call('timeline', {});
      const runs = timeline === null ? [] : await this.engine.call('runs', {});
      // An embed that began meanwhile has the newer answer.
      if (this.isStill(before) && timeline !== null) {
        this.show(timeline, runs.find((run) => run.run === timeline.run)?.params ?? null, null);
      }
      return timeline !== null;
    } catch (error) {
      if (this.isStill(before)) {
        this.setState({ ...before, phase: 'failed', error: toErrorText(error) });
      }
      throw error;
    }
  }

  private isStill(before: PanelState): boolean {
    return this.current.phase === before.phase && this.current.timeline === before.timeline;
  }

  /** Reads the run that is shown anew, because findings are made with other heads or states now. The selection stays. @throws EngineError */
  async reload(): Promise<void> {
    const before = this.current;
    if (before.timeline === null || before.phase !== 'ready') {
      return;
    }
    const timeline = await this.engine.call('timeline', { run: before.timeline.run });
    if (this.isStill(before) && timeline !== null) {
      this.diagnoses.clear();
      const { selection } = this.current;
      // Other heads find other states, and states are merged: one that is gone is selected no longer.
      const state = timeline.states.some(({ id }) => id === selection.state) ? selection.state : null;
      this.setState({ ...this.current, timeline, selection: { ...selection, state }, diagnosis: null, similar: null });
      this.diagnoseSelection();
    }
  }

  /** What is labelled now; told to the panels by an event of its own, so that a label does not send the whole run again. */
  setLabels(labels: readonly LabelView[]): void {
    this.current = { ...this.current, labels };
    this.changes.fire({ type: 'labels', labels });
    this.findSimilar();
  }

  setTuning(tuning: TuningState): void {
    this.current = { ...this.current, tuning };
    this.changes.fire({ type: 'tuning', tuning });
  }

  private show(timeline: TimelineView | null, params: EmbedParams | null, notice: string | null): void {
    this.runParams = params;
    this.diagnoses.clear();
    this.setState({
      ...this.current,
      phase: timeline === null ? 'empty' : 'ready',
      progress: null,
      partial: null,
      timeline,
      selection: timeline === null ? EMPTY_SELECTION : toInitialSelection(timeline),
      diagnosis: null,
      similar: null,
      error: null,
      notice,
    });
    this.diagnoseSelection();
  }

  /** Selects the next or previous incident, most serious first. @returns false when there is none. */
  stepIncident(step: 1 | -1): boolean {
    const { timeline, selection } = this.current;
    const incident = timeline === null ? undefined : stepIncident(timeline, selection.range, step);
    if (timeline !== null && incident !== undefined) {
      this.select(toIncidentSelection(timeline, incident));
    }
    return incident !== undefined;
  }

  /** A change of the selection made in any view. */
  select(patch: Partial<Selection>): void {
    const before = this.current.selection;
    const selection = applySelection(this.current.timeline, before, patch);
    if (sameSelection(selection, before)) {
      return;
    }
    const rangeChanged = !sameRange(selection.range, before.range);
    if (rangeChanged) {
      this.comparing.cancel();
      this.showSimilar(null);
    }
    this.current = { ...this.current, selection, diagnosis: rangeChanged ? null : this.current.diagnosis };
    this.fireSelection();
    if (rangeChanged) {
      this.diagnoseSelection();
    }
  }

  hover(slice: string | null, entity: string | null): void {
    this.changes.fire({ type: 'hover', slice, entity });
  }

  setTimeZone(timeZone: string): void {
    if (timeZone !== this.current.timeZone) {
      this.setState({ ...this.current, timeZone });
    }
  }

  /** Diagnosis of a range of the run that is shown; kept, so that asking again is free. @throws EngineError */
  async diagnose(range: Range, signal?: AbortSignal): Promise<Diagnosis> {
    const { timeline } = this.current;
    const run = timeline?.run;
    const key = `${range.startNs}-${range.endNs}`;
    const known = this.diagnoses.get(key);
    if (known !== undefined) {
      return known;
    }
    const asked = this.engine.call(
      'diagnose',
      { fromNs: range.startNs, toNs: range.endNs, ...(run === undefined ? {} : { run }) },
      signal === undefined ? {} : { signal },
    );
    const diagnosis = await asked;
    if (timeline === this.current.timeline) {
      this.remember(key, asked);
    }
    return diagnosis;
  }

  private remember(key: string, diagnosis: Promise<Diagnosis>): void {
    this.diagnoses.set(key, diagnosis);
    for (const oldest of this.diagnoses.keys()) {
      if (this.diagnoses.size <= MAX_DIAGNOSES) {
        break;
      }
      this.diagnoses.delete(oldest);
    }
  }

  private diagnoseSelection(): void {
    const { phase, diagnosis: known, selection } = this.current;
    const range = selection.range;
    if (range === null || phase !== 'ready' || known !== null) {
      this.diagnosing.cancel();
      this.findSimilar();
      return;
    }
    void this.diagnosing
      .run((signal) => this.diagnose(range, signal))
      .then((diagnosis) => {
        if (diagnosis !== undefined && sameRange(range, this.current.selection.range)) {
          if (this.diagnosisFailed) {
            this.diagnosisFailed = false;
            this.setState({ ...this.current, diagnosis, error: null });
          } else {
            this.current = { ...this.current, diagnosis };
            this.fireSelection();
          }
          this.findSimilar();
        }
      })
      .catch((error: unknown) => {
        this.showDiagnosisFailure(error);
      });
  }

  /** Asked for once the diagnosis is there, which is what people wait for, and anew when labels change. */
  private findSimilar(): void {
    const { phase, timeline, diagnosis, selection, labels } = this.current;
    const range = selection.range;
    if (phase !== 'ready' || timeline === null || diagnosis === null || range === null || labels.length === 0) {
      this.comparing.cancel();
      this.showSimilar(phase === 'ready' ? null : this.current.similar);
      return;
    }
    const params = { run: timeline.run, fromNs: range.startNs, toNs: range.endNs, limit: MAX_SIMILAR };
    void this.comparing
      .run((signal) => this.engine.call('similarIncidents', params, { signal }))
      .then((similar) => {
        if (similar !== undefined) {
          this.showSimilar(similar);
        }
      })
      .catch((error: unknown) => {
        this.current = { ...this.current, similar: [] };
        this.showDiagnosisFailure(error);
      });
  }

  private showSimilar(similar: PanelState['similar']): void {
    if (similar !== this.current.similar) {
      this.current = { ...this.current, similar };
      this.changes.fire({ type: 'similar', similar });
    }
  }

  private showDiagnosisFailure(error: unknown): void {
    if (!isCancelled(error)) {
      this.options.onError(error);
      this.diagnosisFailed = true;
      this.setState({ ...this.current, error: toErrorText(error) });
    }
  }

  private fireSelection(): void {
    this.changes.fire({ type: 'selection', selection: this.current.selection, diagnosis: this.current.diagnosis });
  }

  private showProgress(news: { readonly progress?: EmbedProgress; readonly partial?: EmbedPartial }): void {
    if (this.current.phase !== 'running') {
      return;
    }
    const phaseChanged = news.progress !== undefined && news.progress.phase !== this.current.progress?.phase;
    this.current = { ...this.current, ...news };
    const nowMs = this.nowMs();
    // `progress` events carry both; before the first progress there is nothing to say yet.
    if (this.current.progress !== null && (phaseChanged || nowMs - this.lastProgressMs >= PROGRESS_INTERVAL_MS)) {
      this.lastProgressMs = nowMs;
      this.changes.fire({ type: 'progress', progress: this.current.progress, partial: this.current.partial });
    }
  }

  /** Labels and tuning change beside a run; a state that was put together before they did must not take them back. */
  private setState(state: PanelState): void {
    const { labels, tuning } = this.current;
    this.current = { ...state, labels, tuning };
    this.changes.fire({ type: 'state', state: this.current });
  }

  dispose(): void {
    this.embedding?.controller.abort();
    this.diagnosing.cancel();
    this.comparing.cancel();
    this.changes.dispose();
  }
}
