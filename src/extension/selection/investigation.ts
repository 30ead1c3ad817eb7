/** The run in hand: its results, its selection and its diagnosis. The one model behind all views; knows no VS Code. */
import { EngineError } from '../../protocol/engineError.js';
import type { EmbedProgress } from '../../protocol/engineRpc.js';
import { EMPTY_SELECTION, type PanelState, type Selection, type TuningState } from '../../protocol/panelRpc.js';
import type { Diagnosis, EmbedParams, EmbedResult, LabelView, TimelineView } from '../../protocol/views.js';
import { type EngineCalls, isCancelled, toErrorText } from '../engine/engineCalls.js';
import { l10n } from '../localize.js';
import { findFileProblems } from '../status/statusDocument.js';
import { LatestWins } from './latestWins.js';
import { PanelModel } from './panelModel.js';
import { RangeFindings } from './rangeFindings.js';
import {
  applySelection,
  type NsRange,
  sameRange,
  sameSelection,
  stepIncident,
  toIncidentSelection,
  toInitialSelection,
} from './selection.js';

export type EmbedOutcome = { readonly kind: 'done'; readonly result: EmbedResult } | { readonly kind: 'cancelled' };

export type EmbedSource = EmbedParams | ((signal: AbortSignal) => Promise<EmbedParams>);

export interface InvestigationOptions {
  readonly timeZone: string;
  /** Errors that no caller waits for: a listener that threw, a diagnosis that failed. */
  readonly onError: (error: unknown) => void;
  readonly nowMs?: () => number;
}

export class Investigation {
  private readonly engine: EngineCalls;
  private readonly model: PanelModel;
  private readonly findings: RangeFindings;
  private readonly opening = new LatestWins();
  private embedding: { readonly controller: AbortController; readonly settled: Promise<void> } | undefined;
  private loading: Promise<boolean> | undefined;
  private runParams: EmbedParams | null = null;
  private lastResult: EmbedResult | null = null;

  constructor(engine: EngineCalls, { timeZone, onError, nowMs = Date.now }: InvestigationOptions) {
    this.engine = engine;
    this.model = new PanelModel(timeZone, onError, nowMs);
    this.findings = new RangeFindings(engine, this.model, onError);
  }

  get state(): PanelState {
    return this.model.state;
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
    return this.model.onDidChange;
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
    const before = this.model.state;
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
    this.opening.cancel();
    this.findings.cancel();
    this.model.setState({ ...before, phase: 'running', progress: null, partial: null, error: null });
    try {
      const params = typeof source === 'function' ? await source(signal) : source;
      const result = await this.engine.call('embed', params, {
        signal,
        onProgress: (progress) => {
          onProgress?.(progress);
          this.model.setProgress({ progress });
        },
        onPartial: (partial) => {
          this.model.setProgress({ partial });
        },
      });
      const timeline = await this.engine.call('timeline', { run: result.run }, { signal });
      this.lastResult = result;
      this.show(timeline, params);
      return { kind: 'done', result };
    } catch (error) {
      if (signal.aborted || isCancelled(error)) {
        this.model.setState({ ...before, phase: before.timeline === null ? 'empty' : 'ready', error: null });
        this.findings.explainSelection();
        return { kind: 'cancelled' };
      }
      const phase = before.timeline === null ? 'failed' : 'ready';
      this.model.setState({ ...before, phase, progress: null, partial: null, error: toErrorText(error) });
      this.findings.explainSelection();
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
    if (this.model.state.phase === 'running' || this.model.state.timeline !== null) {
      return this.model.state.timeline !== null;
    }
    this.loading ??= this.readLatest().finally(() => {
      this.loading = undefined;
    });
    return this.loading;
  }

  private async readLatest(): Promise<boolean> {
    const before = this.model.state;
    try {
      const timeline = await this.engine.call('timeline', {});
      const params = timeline === null ? null : await this.findParams(timeline.run);
      // An embed that began meanwhile has the newer answer.
      if (this.model.isStill(before) && timeline !== null) {
        this.show(timeline, params);
      }
      return timeline !== null;
    } catch (error) {
      if (this.model.isStill(before)) {
        this.model.setState({ ...before, phase: 'failed', error: toErrorText(error) });
      }
      throw error;
    }
  }

  /**
   * Shows a run of the store with what is selected in it, without computing anything but the diagnosis. A second call, and an embed, take its place.
   * @throws EngineError, with what to do when the run is no longer kept; what is shown stays.
   */
  async openRun(run: string, selection: Selection): Promise<void> {
    const before = this.model.state;
    if (before.timeline?.run === run) {
      this.opening.cancel();
      this.select(selection);
      return;
    }
    if (before.phase === 'running') {
      throw new Error(l10n.t('Files are being embedded. Open the other run when this is done.'));
    }
    const opened = await this.opening
      .run(async (signal) => ({ timeline: await this.engine.call('timeline', { run }, { signal }), params: await this.findParams(run) }))
      .catch((error: unknown) => {
        throw this.toOpenError(error);
      });
    if (opened !== undefined && this.model.isStill(before)) {
      this.show(opened.timeline, opened.params, selection);
    }
  }

  private toOpenError(error: unknown): unknown {
    if (!(error instanceof EngineError) || error.code !== 'no-run') {
      return error;
    }
    // What led to the run is out of date.
    this.findings.compareSelection();
    return new EngineError('no-run', l10n.t('The run in which this range lies is no longer kept. Embed its files again to see it.'), {
      cause: error,
    });
  }

  private async findParams(run: string): Promise<EmbedParams | null> {
    const runs = await this.engine.call('runs', {});
    return runs.find((known) => known.run === run)?.params ?? null;
  }

  /** Reads the run that is shown anew, because findings are made with other heads or states now. The selection stays. @throws EngineError */
  async reload(): Promise<void> {
    const before = this.model.state;
    if (before.timeline === null || before.phase !== 'ready') {
      return;
    }
    const timeline = await this.engine.call('timeline', { run: before.timeline.run });
    if (this.model.isStill(before) && timeline !== null) {
      this.findings.forget();
      const { selection } = this.model.state;
      // Other heads find other states, and states are merged: one that is gone is selected no longer.
      const state = timeline.states.some(({ id }) => id === selection.state) ? selection.state : null;
      this.model.setState({ ...this.model.state, timeline, selection: { ...selection, state }, diagnosis: null, similar: null });
      this.findings.explainSelection();
    }
  }

  /** What is labelled now. */
  setLabels(labels: readonly LabelView[]): void {
    this.model.setLabels(labels);
    this.findings.compareSelection();
  }

  setTuning(tuning: TuningState): void {
    this.model.setTuning(tuning);
  }

  /** @param selection what is selected in the run; by default its strongest incident */
  private show(timeline: TimelineView | null, params: EmbedParams | null, selection?: Selection): void {
    this.runParams = params;
    this.findings.forget();
    this.model.setState({
      ...this.model.state,
      phase: timeline === null ? 'empty' : 'ready',
      progress: null,
      partial: null,
      timeline,
      selection: selection ?? (timeline === null ? EMPTY_SELECTION : toInitialSelection(timeline)),
      diagnosis: null,
      similar: null,
      error: null,
      notice: this.lastResult === null || this.lastResult.run !== timeline?.run ? null : (findFileProblems(this.lastResult.files) ?? null),
    });
    this.findings.explainSelection();
  }

  /** Selects the next or previous incident, most serious first. @returns false when there is none. */
  stepIncident(step: 1 | -1): boolean {
    const { timeline, selection } = this.model.state;
    const incident = timeline === null ? undefined : stepIncident(timeline, selection.range, step);
    if (timeline !== null && incident !== undefined) {
      this.select(toIncidentSelection(timeline, incident));
    }
    return incident !== undefined;
  }

  /** A change of the selection made in any view. */
  select(patch: Partial<Selection>): void {
    const before = this.model.state.selection;
    const selection = applySelection(this.model.state.timeline, before, patch);
    if (sameSelection(selection, before)) {
      return;
    }
    const rangeChanged = !sameRange(selection.range, before.range);
    if (rangeChanged) {
      this.findings.forgetSimilar();
    }
    this.model.setSelection({ selection, diagnosis: rangeChanged ? null : this.model.state.diagnosis });
    if (rangeChanged) {
      this.findings.explainSelection();
    }
  }

  hover(slice: string | null, entity: string | null): void {
    this.model.hover(slice, entity);
  }

  setTimeZone(timeZone: string): void {
    if (timeZone !== this.model.state.timeZone) {
      this.model.setState({ ...this.model.state, timeZone });
    }
  }

  /** Diagnosis of a range of the run that is shown; kept, so that asking again is free. @throws EngineError */
  async diagnose(range: NsRange): Promise<Diagnosis> {
    return this.findings.diagnose(range);
  }

  dispose(): void {
    this.embedding?.controller.abort();
    this.opening.cancel();
    this.findings.cancel();
    this.model.dispose();
  }
}
