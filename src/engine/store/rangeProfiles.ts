/** Which run covers a range, and what the range is compared by there: kept until the run goes or its findings are made anew. */
import type { Sqlite } from './sqlite.js';

export interface RunSpan {
  readonly run: string;
  readonly startNs: bigint;
  /** Exclusive. */
  readonly endNs: bigint;
}

export interface RangeProfileStore {
  /** From the first slice to the last of each run, newest run first. */
  readonly listSpans: () => RunSpan[];
  /** Whether a slice of the run shares at least half of the shorter of both with the range. */
  readonly isCovered: (run: string, startNs: bigint, endNs: bigint) => boolean;
  readonly find: (run: string, startNs: bigint, endNs: bigint) => Uint8Array | undefined;
  /** Keeps nothing for a run that is gone. */
  readonly put: (run: string, startNs: bigint, endNs: bigint, profile: Uint8Array) => void;
}

type Range = [run: string, startNs: bigint, endNs: bigint];

export function createRangeProfileStore(database: Sqlite): RangeProfileStore {
  const selectSpans = database
    .prepare<[], { name: string; start_ns: bigint; end_ns: bigint }>(
      `SELECT r.name, min(s.start_ns) AS start_ns, max(s.end_ns) AS end_ns FROM runs r JOIN slices s ON s.run = r.id
       WHERE r.complete = 1 GROUP BY r.id ORDER BY r.created_ns DESC, r.id DESC`,
    )
    .safeIntegers();
  const selectCovering = database.prepare<{ run: string; startNs: bigint; endNs: bigint }, { covers: number }>(
    `SELECT 1 AS covers FROM slices WHERE run = (SELECT id FROM runs WHERE name = @run AND complete = 1)
     AND 2 * (min(end_ns, @endNs) - max(start_ns, @startNs)) >= min(end_ns - start_ns, @endNs - @startNs) LIMIT 1`,
  );
  const select = database.prepare<Range, { profile: Uint8Array }>(
    `SELECT profile FROM range_profiles WHERE run = (SELECT id FROM runs WHERE name = ? AND complete = 1) AND start_ns = ? AND end_ns = ?`,
  );
  const insert = database.prepare<[profile: Uint8Array, startNs: bigint, endNs: bigint, run: string]>(
    `INSERT OR REPLACE INTO range_profiles (run, profile, start_ns, end_ns)
     SELECT id, ?, ?, ? FROM runs WHERE name = ? AND complete = 1`,
  );
  return {
    listSpans: () => selectSpans.all().map(({ name, start_ns, end_ns }) => ({ run: name, startNs: start_ns, endNs: end_ns })),
    isCovered: (run, startNs, endNs) => selectCovering.get({ run, startNs, endNs }) !== undefined,
    find: (run, startNs, endNs) => select.get(run, startNs, endNs)?.profile,
    put: (run, startNs, endNs, profile) => {
      insert.run(profile, startNs, endNs, run);
    },
  };
}
