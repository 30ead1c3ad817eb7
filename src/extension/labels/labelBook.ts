/** Labels of time ranges: made, removed and undone in the store, kept in step with the workspace's label file. Knows no VS Code. */
import type { LabelSide } from '../../core/labels/mergeLabels.js';
import type { LabelConflict, LabelDraft, LabelKey, LabelResolution, LabelView } from '../../protocol/views.js';
import { type EngineCalls, toErrorText } from '../engine/engineCalls.js';
import { Emitter } from '../emitter.js';

/** What one key was before an action; null = no label. */
interface LabelChange {
  readonly key: LabelKey;
  readonly before: LabelView | null;
}

/** An action that can be taken back. */
type LabelAction =
  | { readonly kind: 'edit'; readonly changes: readonly LabelChange[] }
  | { readonly kind: 'resolution'; readonly file: string; readonly resolution: LabelResolution };

export interface LabelBookOptions {
  /** Path of the label file; null where there is to be none: no folder is open, or it is not trusted. */
  readonly file: () => string | null;
  /** Errors of listeners. */
  readonly onError: (error: unknown) => void;
}

export class LabelBook {
  private readonly engine: EngineCalls;
  private readonly options: LabelBookOptions;
  private readonly changes: Emitter<readonly LabelView[]>;
  private readonly conflictsFound: Emitter<readonly LabelConflict[]>;
  private readonly problems: Emitter<string>;
  private current: readonly LabelView[] = [];
  private open: readonly LabelConflict[] = [];
  private readonly done: LabelAction[] = [];
  /** The action in hand: the next one waits for it, so that two never mix. */
  private last: Promise<unknown> = Promise.resolve();
  private shownConflicts: ReadonlySet<string> = new Set();
  private shownProblem = '';

  constructor(engine: EngineCalls, options: LabelBookOptions) {
    this.engine = engine;
    this.options = options;
    this.changes = new Emitter(options.onError);
    this.conflictsFound = new Emitter(options.onError);
    this.problems = new Emitter(options.onError);
  }

  /** By start. */
  get labels(): readonly LabelView[] {
    return this.current;
  }

  /** Labels that the file and this side changed differently, as of the last look at the file; by start. */
  get conflicts(): readonly LabelConflict[] {
    return this.open;
  }

  get canUndo(): boolean {
    return this.done.length > 0;
  }

  get onDidChange() {
    return this.changes.event;
  }

  /** Fires once for each conflict, however often the file is looked at; again when it was over and is back. */
  get onDidFindConflicts() {
    return this.conflictsFound.event;
  }

  /** Why the label file cannot be read or written; fires once for each reason. Labels are kept in the store meanwhile. */
  get onDidFindProblem() {
    return this.problems.event;
  }

  /** Reads the labels, and brings store and file together. @throws EngineError */
  async load(): Promise<void> {
    await this.enqueue(() => this.settle());
  }

  /** Adds labels as one action. @returns them, with those whose place they took. @throws EngineError; labels made before it stay and can be undone. */
  async add(drafts: readonly LabelDraft[]): Promise<readonly { readonly label: LabelView; readonly replaced: LabelView | null }[]> {
    return this.enqueue(async () => {
      const made: { label: LabelView; replaced: LabelView | null }[] = [];
      try {
        for (const draft of drafts) {
          made.push(await this.engine.call('label', draft));
        }
      } finally {
        this.rememberEdit(made.map(({ label, replaced }) => ({ key: toKey(label), before: replaced })));
        await this.settle();
      }
      return made;
    });
  }

  /** @returns what was removed, null when there was none. @throws EngineError */
  async remove(key: LabelKey): Promise<LabelView | null> {
    return this.enqueue(async () => {
      const removed = await this.engine.call('removeLabel', toKey(key));
      if (removed !== null) {
        this.rememberEdit([{ key: toKey(removed), before: removed }]);
      }
      await this.settle();
      return removed;
    });
  }

  /** Takes the last action back. @returns how many labels it concerned, 0 when there is nothing to undo. @throws EngineError */
  async undo(): Promise<number> {
    return this.enqueue(async () => {
      const action = this.done.at(-1);
      if (action === undefined) {
        return 0;
      }
      const count = await this.takeBack(action);
      // Only now: an undo that failed half way can be tried again.
      this.done.pop();
      await this.settle();
      return count;
    });
  }

  /** Ends a conflict in favour of one side. @returns false when it is no longer what was shown, and was left alone. @throws EngineError */
  async resolve(conflict: LabelConflict, keep: LabelSide): Promise<boolean> {
    return this.enqueue(async () => {
      const file = this.options.file();
      if (file === null) {
        return false;
      }
      const { resolved } = await this.engine.call('syncLabels', { file, resolve: { keep, conflicts: [conflict] } });
      if (resolved.length > 0) {
        this.done.push({ kind: 'resolution', file, resolution: { keep, conflicts: resolved } });
      }
      await this.settle();
      return resolved.length > 0;
    });
  }

  private async takeBack(action: LabelAction): Promise<number> {
    if (action.kind === 'resolution') {
      await this.engine.call('syncLabels', { file: action.file, reopen: action.resolution });
      return action.resolution.conflicts.length;
    }
    for (const { key, before } of action.changes.toReversed()) {
      await (before === null ? this.engine.call('removeLabel', key) : this.engine.call('label', before));
    }
    return action.changes.length;
  }

  private rememberEdit(changes: readonly LabelChange[]): void {
    if (changes.length > 0) {
      this.done.push({ kind: 'edit', changes });
    }
  }

  /** Brings store and file together and tells what is labelled now. */
  private async settle(): Promise<void> {
    const file = this.options.file();
    if (file === null) {
      this.open = [];
      this.show(await this.engine.call('labels', {}));
      return;
    }
    const synced = await this.engine.call('syncLabels', { file }).catch(toErrorText);
    if (typeof synced === 'string') {
      // A file that cannot be read or written takes nothing away from what is labelled here.
      this.show(await this.engine.call('labels', {}));
      this.tellProblem(synced);
      return;
    }
    this.shownProblem = '';
    const { labels, conflicts } = synced;
    this.open = conflicts;
    this.show(labels);
    const known = this.shownConflicts;
    this.shownConflicts = new Set(conflicts.map(toText));
    const found = conflicts.filter((conflict) => !known.has(toText(conflict)));
    if (found.length > 0) {
      this.conflictsFound.fire(found);
    }
  }

  private tellProblem(text: string): void {
    if (text !== this.shownProblem) {
      this.shownProblem = text;
      this.problems.fire(text);
    }
  }

  private show(labels: readonly LabelView[]): void {
    this.current = labels;
    this.changes.fire(labels);
  }

  private enqueue<T>(job: () => Promise<T>): Promise<T> {
    const result = this.last.then(job);
    // The caller hears of a failure; it must not keep the next action from running.
    this.last = result.catch(() => undefined);
    return result;
  }

  dispose(): void {
    this.changes.dispose();
    this.conflictsFound.dispose();
    this.problems.dispose();
  }
}

function toKey({ startNs, endNs, entity }: LabelKey): LabelKey {
  return { startNs, endNs, entity };
}

function toText(conflict: LabelConflict): string {
  return JSON.stringify(conflict);
}
