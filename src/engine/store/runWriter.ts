/** Writes a run in short transactions; it becomes visible with the last of them. */
import { randomUUID } from 'node:crypto';
import type { SliceView, TimelineView } from '../../protocol/views.js';
import type { RunRecord } from './runRecord.js';
import type { Sqlite } from './sqlite.js';

/** Bytes of embeddings or model per transaction: a lock of some tens of milliseconds. */
const BATCH_BYTES = 8 * 2 ** 20;
/** Bytes of the model per row, before compression. */
const MODEL_ROW_BYTES = 2 ** 20;

export interface RunWriter {
  readonly write: (record: RunRecord) => void;
  /** Writes the record and, once it is whole, removes the run of the same name that it takes the place of. */
  readonly replace: (record: RunRecord) => void;
}

export function createRunWriter(database: Sqlite, compress: (bytes: Uint8Array) => Uint8Array): RunWriter {
  const insertRun = database.prepare(
    `INSERT INTO runs (name, created_ns, input_key, params, headline, slice_count, dim, result, timeline, heads, states) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertSlice = database.prepare('INSERT INTO slices VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const insertState = database.prepare('INSERT INTO states VALUES (?, ?, ?, ?, ?, ?, ?)');
  const insertTransition = database.prepare('INSERT INTO transitions VALUES (?, ?, ?, ?, ?)');
  const insertFinding = database.prepare('INSERT INTO findings VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const insertEvidence = database.prepare('INSERT INTO evidence VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const insertEmbedding = database.prepare('INSERT INTO embeddings VALUES (?, ?, ?, ?, ?)');
  const insertModel = database.prepare('INSERT INTO run_models VALUES (?, ?, ?)');
  const removeRun = database.prepare('DELETE FROM runs WHERE name = ?');
  const renameRun = database.prepare('UPDATE runs SET name = ?, created_ns = ? WHERE id = ?');
  const finishRun = database.prepare('UPDATE runs SET complete = 1, bytes = ? WHERE id = ?');

  const writeViews = database.transaction((record: RunRecord, name: string): number => {
    const { timeline } = record;
    const run = Number(
      insertRun.run(
        name,
        record.createdNs,
        record.inputKey,
        JSON.stringify(record.params),
        timeline.headline,
        timeline.slices.length,
        record.embeddings.dim,
        JSON.stringify(record.result),
        JSON.stringify(timeline),
        record.heads,
        record.statesRevision,
      ).lastInsertRowid,
    );
    timeline.slices.forEach((slice, i) => insertSlice.run(run, i, ...toSliceColumns(slice)));
    timeline.states.forEach((state, i) => {
      insertState.run(run, i, state.id, state.name, state.slices, state.abnormal ? 1 : 0, JSON.stringify(state.evidence));
    });
    timeline.transitions.forEach((transition, i) => {
      insertTransition.run(run, i, BigInt(transition.atNs), transition.fromState, transition.toState);
    });
    writeFindings(run, timeline, record);
    return run;
  });

  const writeFindings = (run: number, timeline: TimelineView, record: RunRecord): void => {
    timeline.incidents.forEach((incident, i) => {
      const diagnosis = record.findings[i];
      if (diagnosis === undefined) {
        return;
      }
      const { startNs, endNs, anomaly, likelyCause, failureType } = incident;
      insertFinding.run(run, i, BigInt(startNs), BigInt(endNs), anomaly, likelyCause, failureType, JSON.stringify(diagnosis));
      diagnosis.evidence.forEach((item, j) => {
        const atNs = item.atNs === null ? null : BigInt(item.atNs);
        insertEvidence.run(
          run,
          i,
          j,
          item.modality,
          item.entity,
          item.family,
          item.text,
          item.detail,
          item.score,
          item.path,
          item.line,
          atNs,
        );
      });
    });
  };

  type Row = () => void;
  const writeRows = database.transaction((rows: readonly Row[]) => {
    rows.forEach((row) => {
      row();
    });
  });
  /** Runs prepared writes in transactions of bounded size. */
  const writeBatched = (rows: Iterable<{ readonly bytes: number; readonly write: Row }>): number => {
    let total = 0;
    let batch: Row[] = [];
    let batchBytes = 0;
    for (const { bytes, write } of rows) {
      batch.push(write);
      batchBytes += bytes;
      total += bytes;
      if (batchBytes >= BATCH_BYTES) {
        writeRows.immediate(batch);
        batch = [];
        batchBytes = 0;
      }
    }
    writeRows.immediate(batch);
    return total;
  };

  function* embeddingRows(run: number, { embeddings, timeline }: RunRecord): Generator<{ bytes: number; write: Row }> {
    const count = timeline.slices.length;
    const { dim, slices, modalities, entities } = embeddings;
    if (slices.length !== count * dim || entities.length !== count) {
      throw new Error(
        `${count} slices of dim ${dim} need ${count * dim} numbers, got ${slices.length} and entities of ${entities.length} slices`,
      );
    }
    const perSlice = count === 0 ? 0 : modalities.length / count;
    for (let i = 0; i < count; i++) {
      const slice = toBytes(slices.subarray(i * dim, (i + 1) * dim));
      const modality = toBytes(modalities.subarray(i * perSlice, (i + 1) * perSlice));
      const entity = toBytes(entities[i] ?? new Float32Array());
      yield { bytes: slice.length + modality.length + entity.length, write: () => insertEmbedding.run(run, i, slice, modality, entity) };
    }
  }

  function* modelRows(run: number, model: Uint8Array): Generator<{ bytes: number; write: Row }> {
    for (let at = 0, i = 0; at < model.length; at += MODEL_ROW_BYTES, i++) {
      const row = compress(model.subarray(at, at + MODEL_ROW_BYTES));
      yield { bytes: row.length, write: () => insertModel.run(run, i, row) };
    }
  }

  const writeAll = (record: RunRecord, name: string): { readonly run: number; readonly bytes: number } => {
    const run = writeViews.immediate(record, name);
    return { run, bytes: writeBatched(embeddingRows(run, record)) + writeBatched(modelRows(run, record.model)) };
  };
  const takePlace = database.transaction(({ timeline, createdNs }: RunRecord, run: number, bytes: number): void => {
    removeRun.run(timeline.run);
    renameRun.run(timeline.run, createdNs, run);
    if (finishRun.run(bytes, run).changes !== 1) {
      throw new Error(`what was to take the place of run ${timeline.run} is gone`);
    }
  });

  return {
    write: (record) => {
      const { run, bytes } = writeAll(record, record.timeline.run);
      finishRun.run(bytes, run);
    },
    replace: (record) => {
      const nowMs = Date.now();
      // Unfinished runs that are old are pruned as abandoned, by other processes too: until it is whole, this one is new.
      const unfinished = { ...record, createdNs: BigInt(nowMs) * 1_000_000n };
      const { run, bytes } = writeAll(unfinished, `${record.timeline.run} ${randomUUID()}`);
      takePlace.immediate(record, run, bytes);
    },
  };
}

function toSliceColumns(slice: SliceView): unknown[] {
  const { log, trace, metric } = slice.modalities;
  return [
    slice.id,
    BigInt(slice.startNs),
    BigInt(slice.endNs),
    slice.state,
    slice.membership,
    slice.anomaly,
    log,
    trace,
    metric,
    slice.likelyCause,
    slice.map[0],
    slice.map[1],
  ];
}

function toBytes(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
