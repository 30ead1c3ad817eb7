/** Fine-tuning heads: the training in hand and its report, the versions there are and which is used. Knows no VS Code. */
import type { EmbedProgress } from '../../protocol/engineRpc.js';
import { IDLE_TUNING, type LossCurve, type TuningChoices, type TuningState } from '../../protocol/panelRpc.js';
import type { HeadKind, TuneReport } from '../../protocol/views.js';
import { type EngineCalls, isCancelled, toErrorText } from '../engine/engineCalls.js';
import { Emitter } from '../emitter.js';
import { l10n } from '../localize.js';

const HEADS: readonly HeadKind[] = ['detection', 'failure-type', 'root-cause'];
/** Panels are told of progress at most this often; a person reads no faster. */
const PROGRESS_INTERVAL_MS = 100;
/** Steps of one head that a panel can tell apart; beyond them every second one is dropped. */
const MAX_LOSSES = 1000;

export interface TuningSessionOptions {
  readonly isTrusted: () => boolean;
  /** Errors of listeners. */
  readonly onError: (error: unknown) => void;
  readonly nowMs?: () => number;
}

export class TuningSession {
  private readonly engine: EngineCalls;
  private readonly options: TuningSessionOptions;
  private readonly nowMs: () => number;
  private readonly changes: Emitter<TuningState>;
  private readonly headChanges: Emitter<undefined>;
  private current: TuningState;
  private training: AbortController | undefined;
  private lastProgressMs = Number.NEGATIVE_INFINITY;

  constructor(engine: EngineCalls, options: TuningSessionOptions) {
    this.engine = engine;
    this.options = options;
    this.nowMs = options.nowMs ?? Date.now;
    this.changes = new Emitter(options.onError);
    this.headChanges = new Emitter(options.onError);
    this.current = { ...IDLE_TUNING, isTrusted: options.isTrusted() };
  }

  get state(): TuningState {
    return this.current;
  }

  get onDidChange() {
    return this.changes.event;
  }

  /** Findings are made with other heads from now on. */
  get onDidChangeHeads() {
    return this.headChanges.event;
  }

  /** Asks which versions there are. @throws EngineError; the state then says why. */
  async refresh(): Promise<void> {
    await this.attempt(() => Promise.resolve(null));
  }

  /**
   * Trains every head on the labels, and before that an adapter of the encoder if asked to. @returns the report, undefined when it was cancelled.
   * @throws Error in an untrusted workspace or while another training runs, EngineError when it fails; the state then says why.
   */
  async tune({ evenIfWorse, adapt }: TuningChoices): Promise<TuneReport | undefined> {
    this.assertTrusted();
    if (this.training !== undefined) {
      throw new Error(l10n.t('Heads are being trained already.'));
    }
    const controller = new AbortController();
    this.training = controller;
    this.set({ isRunning: true, progress: null, curves: [], report: null, error: null });
    try {
      const report = await this.engine.call(
        'tune',
        { heads: HEADS, apply: evenIfWorse ? 'always' : 'if-not-worse', adapt },
        {
          signal: controller.signal,
          onProgress: (progress) => {
            this.showProgress(progress);
          },
        },
      );
      const versions = await this.engine.call('heads', {});
      this.set({ isRunning: false, progress: null, report, versions });
      if (report.heads.some((head) => head.isUsed)) {
        this.headChanges.fire(undefined);
      }
      return report;
    } catch (error) {
      const cancelled = controller.signal.aborted || isCancelled(error);
      this.set({ isRunning: false, progress: null, curves: [], error: cancelled ? null : toErrorText(error) });
      if (cancelled) {
        return undefined;
      }
      throw error;
    } finally {
      this.training = undefined;
    }
  }

  /** @returns false when nothing is being trained. */
  cancel(): boolean {
    this.training?.abort();
    return this.training !== undefined;
  }

  /** Makes findings with another version. @throws EngineError; the state then says why. */
  async use(version: string): Promise<void> {
    this.assertTrusted();
    await this.attempt(() => this.engine.call('useHeads', { version }));
    this.headChanges.fire(undefined);
  }

  /** @throws EngineError; the state then says why. */
  async exportTo(version: string, file: string): Promise<void> {
    this.assertTrusted();
    await this.attempt(() => this.engine.call('exportHeads', { version, file }));
  }

  /** The version that was read is not used before somebody says so. @throws EngineError; the state then says why. */
  async importFrom(file: string): Promise<void> {
    this.assertTrusted();
    const before = this.findUsed();
    await this.attempt(() => this.engine.call('importHeads', { file }));
    if (this.findUsed() !== before) {
      this.headChanges.fire(undefined);
    }
  }

  /** The workspace came to be trusted. */
  updateTrust(): void {
    this.set({ isTrusted: this.options.isTrusted() });
  }

  private findUsed(): string | undefined {
    return this.current.versions.find((version) => version.isUsed)?.version;
  }

  private assertTrusted(): void {
    if (!this.options.isTrusted()) {
      throw new Error(l10n.t('Heads are trained, used and exchanged in trusted workspaces only.'));
    }
  }

  private async attempt(job: () => Promise<unknown>): Promise<void> {
    try {
      await job();
      this.set({ versions: await this.engine.call('heads', {}), error: null });
    } catch (error) {
      this.set({ error: toErrorText(error) });
      throw error;
    }
  }

  private showProgress(progress: EmbedProgress): void {
    const last = this.current.progress;
    const curves = progress.loss === undefined ? this.current.curves : addLoss(this.current.curves, progress.detail, progress.loss);
    this.current = { ...this.current, progress, curves };
    const nowMs = this.nowMs();
    if (progress.detail !== last?.detail || nowMs - this.lastProgressMs >= PROGRESS_INTERVAL_MS) {
      this.lastProgressMs = nowMs;
      this.changes.fire(this.current);
    }
  }

  private set(patch: Partial<TuningState>): void {
    this.current = { ...this.current, ...patch };
    this.changes.fire(this.current);
  }

  dispose(): void {
    this.training?.abort();
    this.changes.dispose();
    this.headChanges.dispose();
  }
}

function addLoss(curves: readonly LossCurve[], head: string, loss: number): readonly LossCurve[] {
  const known = curves.find((curve) => curve.head === head);
  if (known === undefined) {
    return [...curves, { head, losses: [loss] }];
  }
  const kept = known.losses.length < MAX_LOSSES ? known.losses : known.losses.filter((_, step) => step % 2 === 0);
  return curves.map((curve) => (curve === known ? { head, losses: [...kept, loss] } : curve));
}
