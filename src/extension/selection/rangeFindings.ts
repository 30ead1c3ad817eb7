import type { Diagnosis } from '../../protocol/views.js';
import { type EngineCalls, isCancelled, toErrorText } from '../engine/engineCalls.js';
import { LatestWins } from './latestWins.js';
import type { PanelModel } from './panelModel.js';
import { type NsRange, sameRange } from './selection.js';

/** Diagnoses kept for the state explorer and for going back and forth; a few KB to a few 100 KB each. */
const MAX_DIAGNOSES = 64;
/** Labelled ranges that are compared with the selected one in the Diagnosis. */
const MAX_SIMILAR = 3;

/** What is found in ranges of the run in hand: their diagnosis, and for the selected one the labelled ranges that are like it. */
export class RangeFindings {
  private readonly engine: EngineCalls;
  private readonly model: PanelModel;
  private readonly onError: (error: unknown) => void;
  private readonly diagnosing = new LatestWins();
  private readonly comparing = new LatestWins();
  private readonly diagnoses = new Map<string, Promise<Diagnosis>>();
  /** Whether `state.error` is that of the last diagnosis, which the next one takes back. */
  private hasFailed = false;

  /** @param onError failures that no caller waits for; panels are told of them too */
  constructor(engine: EngineCalls, model: PanelModel, onError: (error: unknown) => void) {
    this.engine = engine;
    this.model = model;
    this.onError = onError;
  }

  /** Kept, so that asking again is free. @throws EngineError */
  async diagnose(range: NsRange, signal?: AbortSignal): Promise<Diagnosis> {
    const { timeline } = this.model.state;
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
    if (timeline === this.model.state.timeline) {
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

  /** Shows the diagnosis of the selected range unless it is there already, then what is like it. */
  explainSelection(): void {
    const { phase, diagnosis: known, selection } = this.model.state;
    const range = selection.range;
    if (range === null || phase !== 'ready' || known !== null) {
      this.diagnosing.cancel();
      this.compareSelection();
      return;
    }
    void this.diagnosing
      .run((signal) => this.diagnose(range, signal))
      .then((diagnosis) => {
        const { state } = this.model;
        if (diagnosis !== undefined && sameRange(range, state.selection.range)) {
          if (this.hasFailed) {
            this.hasFailed = false;
            this.model.setState({ ...state, diagnosis, error: null });
          } else {
            this.model.setSelection({ selection: state.selection, diagnosis });
          }
          this.compareSelection();
        }
      })
      .catch((error: unknown) => {
        this.showFailure(error);
      });
  }

  /** Asked for once the diagnosis is there, which is what people wait for, and anew when labels change. */
  compareSelection(): void {
    const { phase, timeline, diagnosis, selection, labels, similar: shown } = this.model.state;
    const range = selection.range;
    if (phase !== 'ready' || timeline === null || diagnosis === null || range === null || labels.length === 0) {
      this.comparing.cancel();
      this.model.setSimilar(phase === 'ready' ? null : shown);
      return;
    }
    const params = { run: timeline.run, fromNs: range.startNs, toNs: range.endNs, limit: MAX_SIMILAR };
    void this.comparing
      .run((signal) => this.engine.call('similarIncidents', params, { signal }))
      .then((similar) => {
        if (similar !== undefined) {
          this.model.setSimilar(similar);
        }
      })
      .catch((error: unknown) => {
        this.model.setSimilar([]);
        this.showFailure(error);
      });
  }

  private showFailure(error: unknown): void {
    if (!isCancelled(error)) {
      this.onError(error);
      this.hasFailed = true;
      this.model.setState({ ...this.model.state, error: toErrorText(error) });
    }
  }

  /** For another range: what is like the one before is shown no longer. */
  forgetSimilar(): void {
    this.comparing.cancel();
    this.model.setSimilar(null);
  }

  /** For another run, or other heads or states. */
  forget(): void {
    this.diagnoses.clear();
  }

  cancel(): void {
    this.diagnosing.cancel();
    this.comparing.cancel();
  }
}
