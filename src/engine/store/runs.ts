/** Runs and what came of them: slices, embeddings, states, transitions, findings with evidence, and the model behind them. */
import type {
  Diagnosis,
  EmbedParams,
  EmbedResult,
  RunView,
  SliceView,
  StateView,
  TimelineView,
  TransitionView,
} from '../../protocol/views.js';
import { compress, decompress } from './compression.js';
import type { RunSource } from './runRecord.js';
import { createRunWriter, type RunWriter } from './runWriter.js';
import type { Sqlite } from './sqlite.js';

export interface RunStore extends RunWriter {
  readonly findByInput: (inputKey: string) => EmbedResult | undefined;
  /** Name of the latest run, undefined in an empty store. */
  readonly findLatest: () => string | undefined;
  /** Newest first. */
  readonly list: () => RunView[];
  /** The rest takes a run's name and gives undefined for one that is not there. */
  readonly findTimeline: (run: string) => TimelineView | undefined;
  readonly findSlices: (run: string) => SliceView[] | undefined;
  readonly findStates: (run: string) => StateView[] | undefined;
  readonly findTransitions: (run: string) => TransitionView[] | undefined;
  /** [S, dim] f32 row-major, rows in the order of `findSlices`. */
  readonly findEmbeddings: (run: string) => { readonly dim: number; readonly rows: Float32Array } | undefined;
  /** The stored diagnosis of exactly this incident range. */
  readonly findFinding: (run: string, startNs: bigint, endNs: bigint) => Diagnosis | undefined;
  readonly findModel: (run: string) => Uint8Array | undefined;
  /** Version of the heads that the run's findings were made with. */
  readonly findHeads: (run: string) => string | undefined;
  /** Revision of the known states that the run's findings were made with; -1 where an earlier version made them. */
  readonly findStatesRevision: (run: string) => number | undefined;
  readonly findSource: (run: string) => RunSource | undefined;
}

interface RunRow {
  readonly id: number;
  readonly dim: number;
  readonly slice_count: number;
}

interface SliceRow {
  readonly name: string;
  readonly start_ns: bigint;
  readonly end_ns: bigint;
  readonly state: string;
  readonly membership: number;
  readonly anomaly: number;
  readonly logs: bigint;
  readonly spans: bigint;
  readonly points: bigint;
  readonly likely_cause: string | null;
  readonly map_x: number;
  readonly map_y: number;
}

interface StateRow {
  readonly state: string;
  readonly name: string;
  readonly slices: number;
  readonly abnormal: number;
  readonly evidence: string;
  readonly pinned: number;
}

interface TransitionRow {
  readonly at_ns: bigint;
  readonly from_state: string;
  readonly to_state: string;
  readonly from_name: string;
  readonly to_name: string;
}

export function createRunStore(database: Sqlite): RunStore {
  const selectRun = database.prepare<[string], RunRow>('SELECT id, dim, slice_count FROM runs WHERE name = ? AND complete = 1');
  const selectByInput = database.prepare<[string], { result: string }>(
    'SELECT result FROM runs WHERE input_key = ? AND complete = 1 ORDER BY id DESC LIMIT 1',
  );
  const selectLatest = database.prepare<[], { name: string }>(
    'SELECT name FROM runs WHERE complete = 1 ORDER BY created_ns DESC, id DESC LIMIT 1',
  );
  const selectRuns = database
    .prepare<[], { name: string; created_ns: bigint; params: string; slice_count: bigint; headline: string }>(
      'SELECT name, created_ns, params, slice_count, headline FROM runs WHERE complete = 1 ORDER BY created_ns DESC, id DESC',
    )
    .safeIntegers();
  const selectTimeline = database.prepare<[number], { timeline: string }>('SELECT timeline FROM runs WHERE id = ?');
  const selectSlices = database.prepare<[number], SliceRow>('SELECT * FROM slices WHERE run = ? ORDER BY ordinal').safeIntegers();
  const selectStates = database.prepare<[number], StateRow>(
    `SELECT s.state, s.name, s.slices, s.abnormal, s.evidence, coalesce(k.pinned, 0) AS pinned FROM states s
     LEFT JOIN known_states k ON k.id = s.state WHERE s.run = ? ORDER BY s.ordinal`,
  );
  const selectTransitions = database
    .prepare<[number], TransitionRow>(
      `SELECT t.at_ns, t.from_state, t.to_state, coalesce(f.name, t.from_state) AS from_name, coalesce(s.name, t.to_state) AS to_name FROM transitions t
       LEFT JOIN states f ON f.run = t.run AND f.state = t.from_state LEFT JOIN states s ON s.run = t.run AND s.state = t.to_state
       WHERE t.run = ? ORDER BY t.ordinal`,
    )
    .safeIntegers();
  const selectEmbeddings = database.prepare<[number], { slice: Uint8Array }>('SELECT slice FROM embeddings WHERE run = ? ORDER BY ordinal');
  const selectFinding = database.prepare<[number, bigint, bigint], { diagnosis: string }>(
    'SELECT diagnosis FROM findings WHERE run = ? AND start_ns = ? AND end_ns = ?',
  );
  const selectModel = database.prepare<[number], { data: Uint8Array }>('SELECT data FROM run_models WHERE run = ? ORDER BY ordinal');
  const selectHeads = database.prepare<[number], { heads: string }>('SELECT heads FROM runs WHERE id = ?');
  const selectStatesRevision = database.prepare<[number], { states: number }>('SELECT states FROM runs WHERE id = ?');
  const selectSource = database
    .prepare<[number], { input_key: string; created_ns: bigint; params: string; result: string }>(
      'SELECT input_key, created_ns, params, result FROM runs WHERE id = ?',
    )
    .safeIntegers();
  const selectAllEmbeddings = database.prepare<[number], { slice: Uint8Array; modalities: Uint8Array; entities: Uint8Array }>(
    'SELECT slice, modalities, entities FROM embeddings WHERE run = ? ORDER BY ordinal',
  );

  const withRun = <T>(run: string, read: (row: RunRow) => T): T | undefined => {
    const row = selectRun.get(run);
    return row === undefined ? undefined : read(row);
  };

  return {
    ...createRunWriter(database, compress),
    findByInput: (inputKey) => {
      const row = selectByInput.get(inputKey);
      return row === undefined ? undefined : (JSON.parse(row.result) as EmbedResult);
    },
    findLatest: () => selectLatest.get()?.name,
    list: () =>
      selectRuns.all().map((row) => ({
        run: row.name,
        createdNs: row.created_ns.toString(),
        params: JSON.parse(row.params) as EmbedParams,
        slices: Number(row.slice_count),
        headline: row.headline,
      })),
    findTimeline: (run) =>
      withRun(run, ({ id }) => {
        const row = selectTimeline.get(id);
        return row === undefined ? undefined : (JSON.parse(row.timeline) as TimelineView);
      }),
    findSlices: (run) => withRun(run, ({ id }) => selectSlices.all(id).map(toSliceView)),
    findStates: (run) =>
      withRun(run, ({ id }) =>
        selectStates.all(id).map((row) => ({
          id: row.state,
          name: row.name,
          slices: row.slices,
          abnormal: row.abnormal === 1,
          evidence: JSON.parse(row.evidence) as string[],
          ...(row.pinned === 1 ? { isPinned: true } : {}),
        })),
      ),
    findTransitions: (run) =>
      withRun(run, ({ id }) =>
        selectTransitions.all(id).map((row) => ({
          atNs: row.at_ns.toString(),
          fromState: row.from_state,
          toState: row.to_state,
          fromName: row.from_name,
          toName: row.to_name,
        })),
      ),
    findEmbeddings: (run) =>
      withRun(run, ({ id, dim, slice_count }) => {
        const rows = new Float32Array(dim * slice_count);
        const bytes = new Uint8Array(rows.buffer);
        selectEmbeddings.all(id).forEach(({ slice }, i) => {
          bytes.set(slice, i * dim * 4);
        });
        return { dim, rows };
      }),
    findFinding: (run, startNs, endNs) =>
      withRun(run, ({ id }) => {
        const row = selectFinding.get(id, startNs, endNs);
        return row === undefined ? undefined : (JSON.parse(row.diagnosis) as Diagnosis);
      }),
    findHeads: (run) => withRun(run, ({ id }) => selectHeads.get(id)?.heads),
    findStatesRevision: (run) => withRun(run, ({ id }) => selectStatesRevision.get(id)?.states),
    findSource: (run) =>
      withRun(run, ({ id, dim }) => {
        const row = selectSource.get(id);
        const rows = selectAllEmbeddings.all(id);
        return row === undefined
          ? undefined
          : {
              inputKey: row.input_key,
              createdNs: row.created_ns,
              params: JSON.parse(row.params) as EmbedParams,
              result: JSON.parse(row.result) as EmbedResult,
              embeddings: {
                dim,
                slices: toFloats(rows.map(({ slice }) => slice)),
                modalities: toFloats(rows.map(({ modalities }) => modalities)),
                entities: rows.map(({ entities }) => toFloats([entities])),
              },
            };
      }),
    findModel: (run) => withRun(run, ({ id }) => Buffer.concat(selectModel.all(id).map(({ data }) => decompress(data)))),
  };
}

function toFloats(parts: readonly Uint8Array[]): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.concat(parts)).buffer);
}

function toSliceView(row: SliceRow): SliceView {
  return {
    id: row.name,
    startNs: row.start_ns.toString(),
    endNs: row.end_ns.toString(),
    state: row.state,
    membership: row.membership,
    anomaly: row.anomaly,
    modalities: { log: Number(row.logs), trace: Number(row.spans), metric: Number(row.points) },
    likelyCause: row.likely_cause,
    map: [row.map_x, row.map_y],
  };
}
