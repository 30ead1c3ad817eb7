/** Abnormal slices joined into incidents, and incidents matched with faults. Ranges are half-open, in any one unit of time. */

export interface Range {
  readonly from: number;
  readonly to: number;
}

/** @param slices ascending by `from` @returns ranges of abnormal slices, joined where they touch or overlap */
export function joinAbnormal(slices: readonly Range[], isAbnormal: readonly boolean[]): Range[] {
  const incidents: { from: number; to: number }[] = [];
  slices.forEach(({ from, to }, i) => {
    if (isAbnormal[i] !== true) {
      return;
    }
    const last = incidents[incidents.length - 1];
    if (last !== undefined && from <= last.to) {
      last.to = Math.max(last.to, to);
    } else {
      incidents.push({ from, to });
    }
  });
  return incidents;
}

export interface IncidentMatch {
  /** [faults] true incidents that overlap the fault; one that overlaps several counts for the first. */
  readonly incidentsOfFault: readonly number[];
  /** [faults] whether a true incident overlaps the fault. */
  readonly isFound: readonly boolean[];
  /** Incidents that are not true. */
  readonly falseAlarms: number;
}

/**
 * An incident is true when it overlaps a fault and at least half of it lies within faults and `slack` beside them: an alarm that never ends finds nothing.
 * @param slack how far a fault may reach beyond its listed range, such as one slice
 */
export function matchIncidents(incidents: readonly Range[], faults: readonly Range[], slack: number): IncidentMatch {
  const overlaps = (a: Range, b: Range): boolean => a.from < b.to && b.from < a.to;
  const wide = faults.map(({ from, to }) => ({ from: from - slack, to: to + slack }));
  const found = incidents.filter((incident) => {
    const outside = coveredLength([incident], wide);
    return outside * 2 <= incident.to - incident.from && faults.some((fault) => overlaps(incident, fault));
  });
  const owners = found.map((incident) => faults.findIndex((fault) => overlaps(incident, fault)));
  return {
    incidentsOfFault: faults.map((_, fault) => owners.filter((owner) => owner === fault).length),
    isFound: faults.map((fault) => found.some((incident) => overlaps(incident, fault))),
    falseAlarms: incidents.length - found.length,
  };
}

/**
 * Pairs of one incident and one fault that overlap, those first that share most of what they cover together: a range that joins two
 * faults finds one of them.
 * @returns [faults] whether it has an incident of its own
 */
export function pairIncidents(incidents: readonly Range[], faults: readonly Range[]): boolean[] {
  const pairs = incidents
    .flatMap((incident, at) =>
      faults.map((fault, of) => {
        const shared = Math.min(incident.to, fault.to) - Math.max(incident.from, fault.from);
        return { at, of, shared, agreement: shared / (Math.max(incident.to, fault.to) - Math.min(incident.from, fault.from)) };
      }),
    )
    .filter(({ shared }) => shared > 0)
    .sort((a, b) => b.agreement - a.agreement);
  const used = new Set<number>();
  const isPaired = faults.map(() => false);
  for (const { at, of } of pairs) {
    if (!used.has(at) && isPaired[of] !== true) {
      used.add(at);
      isPaired[of] = true;
    }
  }
  return isPaired;
}

/** Length of what `ranges` (ascending by `from`, overlapping or not) cover and `holes` do not. */
export function coveredLength(ranges: readonly Range[], holes: readonly Range[]): number {
  const blocks = joinAbnormal(
    ranges,
    ranges.map(() => true),
  );
  const gaps = [...holes].sort((a, b) => a.from - b.from);
  const joined = joinAbnormal(
    gaps,
    gaps.map(() => true),
  );
  return blocks.reduce(
    (sum, block) =>
      sum +
      (block.to - block.from) -
      joined.reduce((cut, hole) => cut + Math.max(0, Math.min(block.to, hole.to) - Math.max(block.from, hole.from)), 0),
    0,
  );
}
