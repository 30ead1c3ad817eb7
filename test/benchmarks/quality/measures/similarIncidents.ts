/**
 * Similar incidents: is the most similar labelled range one of the same failure, when every other fault is labelled? Each fault in turn is
 * asked for among all other faults of its system, and among those of the other systems, which share no service with it.
 */
import { bootstrap, meanOf, type Estimate } from '../../../../src/core/evaluation/bootstrap.js';
import { profileRange, type RangeProfile } from '../../../../src/core/similar/rangeProfile.js';
import { compareProfiles, rateSimilarity, type Likeness } from '../../../../src/core/similar/similarity.js';
import { cosine } from '../../../../src/core/states/stateVectors.js';
import { rowOfStart, type PreparedRun } from '../cases/prepareRun.js';
import type { Table } from '../table.js';

interface Incident {
  readonly group: string;
  /** Its run: of recordings, one for each system. */
  readonly system: string;
  readonly type: string;
  readonly service: string;
  readonly profile: RangeProfile;
  readonly text: Float32Array | undefined;
}

type Measurement = (likeness: Likeness, a: Incident, b: Incident) => number;

const embeddingOf = ({ embedding }: Likeness): number => embedding ?? 0;
const product: Measurement = (_, a, b) => rateSimilarity(a.profile, b.profile);
const MEASUREMENTS: readonly (readonly [string, Measurement])[] = [
  ['RuntimeSlicer', product],
  ['services', ({ services }) => services],
  ['kind', ({ kind }) => kind],
  ['embedding', embeddingOf],
  ['services + kind', ({ services, kind }) => services + kind],
  ['services + ⅓ embedding', (likeness) => likeness.services + embeddingOf(likeness) / 3],
  ['services + 2 embedding', (likeness) => likeness.services + 2 * embeddingOf(likeness)],
  ['kind + embedding', (likeness) => likeness.kind + embeddingOf(likeness)],
  ['services + kind + embedding', (likeness) => likeness.services + likeness.kind + embeddingOf(likeness)],
  ['services + kind + 2 embedding', (likeness) => likeness.services + likeness.kind + 2 * embeddingOf(likeness)],
  ['slice as text, untuned text encoder', (_, a, b) => (a.text === undefined || b.text === undefined ? 0 : cosine(a.text, b.text))],
];

export function measureSimilarIncidents(groups: ReadonlyMap<string, readonly PreparedRun[]>, encoder: string): Table[] {
  const incidents = [...groups].flatMap(([group, runs]) => runs.flatMap((prepared) => toIncidents(group, prepared, encoder)));
  return [...groups.keys()].map((group) => {
    const own = incidents.filter((incident) => incident.group === group);
    const pairs = comparePairs(own, product);
    return {
      title: `Similar incidents, ${group}`,
      note: `${own.length} faults, each asked for among the others of its system, and among those of the other systems. Retrieval@1 over the faults with a match to find; AUROC of pairs of the same type and service against all others; ${shareAbove(pairs.same, 0.5)} of the former and ${shareAbove(pairs.other, 0.5)} of the latter are at least .5 similar by RuntimeSlicer.`,
      columns: [
        'similarity',
        'same type',
        'same service',
        'same type and service',
        'either',
        'AUROC',
        'same type and service, all systems',
        'same type, other systems',
      ],
      rows: [
        ...MEASUREMENTS.map(([name, measurement]) => [
          name,
          retrieve(own, own, inSystem, measurement, isSameType),
          retrieve(own, own, inSystem, measurement, isSameService),
          retrieve(own, own, inSystem, measurement, isSame),
          retrieve(own, own, inSystem, measurement, isEither),
          separation(comparePairs(own, measurement)),
          retrieve(own, incidents, anywhere, measurement, isSame),
          retrieve(own, incidents, elsewhere, measurement, isSameType),
        ]),
        [
          'chance',
          chance(own, own, inSystem, isSameType),
          chance(own, own, inSystem, isSameService),
          chance(own, own, inSystem, isSame),
          chance(own, own, inSystem, isEither),
          0.5,
          chance(own, incidents, anywhere, isSame),
          chance(own, incidents, elsewhere, isSameType),
        ],
      ],
    };
  });
}

type Match = (a: Incident, b: Incident) => boolean;
const inSystem: Match = (a, b) => a.system === b.system;
const elsewhere: Match = (a, b) => !inSystem(a, b);
const anywhere: Match = () => true;
const isSameType: Match = (a, b) => a.type === b.type;
const isSameService: Match = (a, b) => a.service === b.service;
const isEither: Match = (a, b) => isSameType(a, b) || isSameService(a, b);
const isSame: Match = (a, b) => isSameType(a, b) && isSameService(a, b);

function toIncidents(group: string, prepared: PreparedRun, encoder: string): Incident[] {
  const { run, ofSlices, ofRanges } = prepared;
  const embeddings = ofSlices.embeddings.get(encoder);
  return embeddings === undefined
    ? []
    : run.faults.map(({ type, service, fromBin, toBin }) => ({
        group,
        system: run.source.name,
        type,
        service,
        profile: profileRange(run.model, embeddings, fromBin, toBin),
        text: ofRanges.texts[rowOfStart(prepared, fromBin)],
      }));
}

interface Query {
  readonly asked: Incident;
  readonly candidates: readonly Incident[];
}

/** Those with a match to find. */
function toQueries(own: readonly Incident[], all: readonly Incident[], among: Match, match: Match): Query[] {
  return own
    .map((asked) => ({ asked, candidates: all.filter((found) => found !== asked && among(asked, found)) }))
    .filter(({ asked, candidates }) => candidates.some((found) => match(asked, found)));
}

function retrieve(own: readonly Incident[], all: readonly Incident[], among: Match, measurement: Measurement, match: Match): Estimate {
  const hits = toQueries(own, all, among, match).map(({ asked, candidates }) => {
    const [best] = candidates
      .map((found) => ({ found, similarity: measurement(compareProfiles(asked.profile, found.profile), asked, found) }))
      .sort((a, b) => b.similarity - a.similarity);
    return best !== undefined && match(asked, best.found) ? 1 : 0;
  });
  return bootstrap(hits.length, (units) => meanOf(units.map((unit) => hits[unit] ?? 0)));
}

function chance(own: readonly Incident[], all: readonly Incident[], among: Match, match: Match): number {
  return meanOf(
    toQueries(own, all, among, match).map(
      ({ asked, candidates }) => candidates.filter((found) => match(asked, found)).length / candidates.length,
    ),
  );
}

interface Pairs {
  readonly same: readonly number[];
  readonly other: readonly number[];
}

/** Similarities of all pairs within a system: of the same type and service, and all others. */
function comparePairs(own: readonly Incident[], measurement: Measurement): Pairs {
  const pairs = own.flatMap((a, i) =>
    own
      .slice(i + 1)
      .filter((b) => inSystem(a, b))
      .map((b) => ({ isSame: isSame(a, b), similarity: measurement(compareProfiles(a.profile, b.profile), a, b) })),
  );
  const of = (kind: boolean): number[] => pairs.filter((pair) => pair.isSame === kind).map(({ similarity }) => similarity);
  return { same: of(true), other: of(false) };
}

/** Share of (same, other) pairs of pairs that are in order, ties half. */
function separation({ same, other }: Pairs): number {
  return meanOf(same.flatMap((s) => other.map((o) => (s > o ? 1 : s === o ? 0.5 : 0))));
}

function shareAbove(similarities: readonly number[], least: number): string {
  const share = similarities.filter((similarity) => similarity >= least).length / similarities.length;
  return Number.isNaN(share) ? 'none' : `${(share * 100).toFixed(0)} %`;
}
