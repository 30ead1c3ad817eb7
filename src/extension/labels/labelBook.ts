/** Labels of time ranges: made, removed and undone in the store, kept in step with the workspace's label file. Knows no VS Code. */
import type { LabelConflict, LabelDraft, LabelKey, LabelView } from '../../protocol/views.js';
import { type EngineCalls, toErrorText } from '../engine/engineCalls.js';
import { Emitter } from '../emitter.js';

/** What one action did to one key; null = no label. */
interface LabelChange {
  readonly key: LabelKey;
  readonly before: LabelView | null;
  readonly after: LabelView | null;
}

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
  private readonly done: (readonly LabelChange[])[] = [];
  /** The action in hand: the next one waits for it, so that two never mix. */
  private last: Promise<unknown> = Promise.resolve();
  private shownConflicts = '';
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

  get canUndo(): boolean {
    return this.done.length > 0;
  }

  get onDidChange() {
    return this.changes.event;
  }

  /** Fires once for each set of conflicts, however often the file is looked at. */
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
        this.remember(made.map(({ label, replaced }) => ({ key: toKey(label), before: replaced, after: label })));
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
        this.remember([{ key: toKey(removed), before: removed, after: null }]);
      }
      await this.settle();
      return removed;
    });
  }

  /** Takes the last action back. @returns how many labels it concerned, 0 when there is nothing to undo. @throws EngineError */
  async undo(): Promise<number> {
    return this.enqueue(async () => {
      const changes = this.done.at(-1) ?? [];
      for (const { key, before } of changes.toReversed()) {
        await (before === null ? this.engine.call('removeLabel', key) : this.engine.call('label', toDraft(before)));
      }
      // Only now: an undo that failed half way can be tried again.
      this.done.pop();
      await this.settle();
      return changes.length;
    });
  }

  /** Ends a conflict in favour of the file. @throws EngineError */
  async takeFromFile({ key, here, inFile }: LabelConflict): Promise<void> {
    await this.enqueue(async () => {
      await (inFile === null ? this.engine.call('removeLabel', toKey(key)) : this.engine.call('label', toDraft(inFile)));
      this.remember([{ key: toKey(key), before: here, after: inFile }]);
      await this.settle();
    });
  }

  private remember(changes: readonly LabelChange[]): void {
    if (changes.length > 0) {
      this.done.push(changes);
    }
  }

  /** Brings store and file together and tells what is labelled now. */
  private async settle(): Promise<void> {
    const file = this.options.file();
    if (file === null) {
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
    this.show(labels);
    const shown = conflicts.length === 0 ? '' : JSON.stringify(conflicts);
    if (shown !== this.shownConflicts) {
      this.shownConflicts = shown;
      if (conflicts.length > 0) {
        this.conflictsFound.fire(conflicts);
      }
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

function toDraft({ startNs, endNs, entity, type, note, author }: LabelView): LabelDraft {
  return { startNs, endNs, entity, type, note, author };
}
