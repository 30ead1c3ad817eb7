import { estimateTextWidth, shorten } from '../shared/placeLabels.js';
import { formatDuration, formatTime, formatTimeRange } from '../shared/timeFormat.js';
import { placeOnLine } from './layout.js';
import { ownedUntil, type RangeMs } from './model.js';
import { createTimeScale, visiblePixels, type Overlay, type Scene, type SvgGroup } from './scene.js';

const FONT_SIZE = 11;
const TAG_HEIGHT = 16;

/** Incident markers above the ribbon: what a person looks for first. Each is a target for the pointer; the keyboard reaches them with `i`. */
export function drawMarkers(group: SvgGroup, scene: Scene): void {
  group.selectAll('*').remove();
  const { layout, model } = scene;
  const scale = createTimeScale(scene.window, layout);
  const visible = model.incidents.flatMap((incident, index) => {
    const box = visiblePixels(scale, layout, incident);
    return box === undefined ? [] : [{ incident, index, box }];
  });
  const time = (entry: (typeof visible)[number]): string =>
    formatTime(model.startEpochMs + entry.incident.fromMs, scene.timeZone, 'minute');
  // With several ranges the number is the one that the header counts with.
  const mark = (entry: (typeof visible)[number]): string => (model.incidents.length === 1 ? '▲' : `▲${entry.index + 1}`);
  const tags = placeTags(
    visible.map((entry) => ({
      id: String(entry.index),
      x: entry.box.x,
      endX: entry.box.x + entry.box.width,
      // The engine's order: the most serious ranges get their names first.
      priority: -entry.index,
      texts: [`${mark(entry)} ${shorten(entry.incident.label, 40)} ${time(entry)}`, `${mark(entry)} ${time(entry)}`, mark(entry)],
    })),
    layout.plotX,
    layout.plotX + layout.plotWidth,
  );
  const y = layout.markers.y;
  const incident = group
    .selectAll('g')
    .data(visible)
    .join('g')
    .attr('class', (entry) => (isSame(scene.selectedRange, entry.incident) ? 'incident selected' : 'incident'))
    .attr('data-incident', (entry) => entry.index);
  incident.append('title').text((entry) => entry.incident.sentence);
  incident
    .append('path')
    .attr('class', 'bracket')
    .attr('d', ({ box }) => `M${box.x},${y + 35}v-5h${box.width}v5`);
  const named = incident.filter((entry) => tags.has(String(entry.index)));
  named
    .append('rect')
    .attr('class', 'tag')
    .attr('x', (entry) => tags.get(String(entry.index))?.x ?? 0)
    .attr('y', y)
    .attr('width', (entry) => tagWidth(tags.get(String(entry.index))?.text ?? ''))
    .attr('height', TAG_HEIGHT)
    .attr('rx', 2);
  named
    .append('text')
    .attr('x', (entry) => (tags.get(String(entry.index))?.x ?? 0) + 4)
    .attr('y', y + 12)
    .text((entry) => tags.get(String(entry.index))?.text ?? '');
}

interface TagRequest {
  readonly id: string;
  readonly x: number;
  readonly endX: number;
  readonly priority: number;
  /** Longest first; a shorter one is taken where the longer has no room. */
  readonly texts: readonly string[];
}

function tagWidth(text: string): number {
  return estimateTextWidth(text, FONT_SIZE) + 8;
}

interface TagChoice {
  readonly text: string;
  readonly x: number;
}

/** Every way to write a tag, best first: each text starting where the incident starts, or ending where it ends. */
function choicesOf(request: TagRequest): readonly TagChoice[] {
  return request.texts.flatMap((text) => [
    { text, x: request.x },
    { text, x: request.endX - tagWidth(text) },
  ]);
}

/** Incidents beyond this many keep their shortest tag: more cannot be read on one line, and trying costs a placement each. */
const MAX_NAMED_TAGS = 24;

/** Gives each incident the longest text that leaves room for the tags of all others, the more certain ones first. */
export function placeTags(requests: readonly TagRequest[], fromX: number, toX: number): ReadonlyMap<string, TagChoice> {
  const chosen = new Map(requests.map((request) => [request.id, { text: request.texts.at(-1) ?? '', x: request.x }]));
  const place = (choice: ReadonlyMap<string, TagChoice>): ReadonlyMap<string, number> =>
    placeOnLine(
      requests.map(({ id, x, priority }) => ({ id, priority, x: choice.get(id)?.x ?? x, width: tagWidth(choice.get(id)?.text ?? '') })),
      fromX,
      toX,
    );
  let positions = place(chosen);
  for (const request of [...requests].sort((a, b) => b.priority - a.priority).slice(0, MAX_NAMED_TAGS)) {
    for (const choice of choicesOf(request)) {
      const placed = place(new Map(chosen).set(request.id, choice));
      if (placed.size >= positions.size && placed.has(request.id)) {
        chosen.set(request.id, choice);
        positions = placed;
        break;
      }
    }
  }
  return new Map([...positions].map(([id, x]) => [id, { x, text: chosen.get(id)?.text ?? '' }]));
}

function isSame(range: RangeMs | null, other: RangeMs): boolean {
  return range !== null && Math.abs(range.fromMs - other.fromMs) < 1 && Math.abs(range.toMs - other.toMs) < 1;
}

/** The chosen range, what is being dragged, and the shared cross-hair. */
export function drawOverlay(group: SvgGroup, scene: Scene, overlay: Overlay): void {
  group.selectAll('*').remove();
  if (scene.selectedRange !== null && overlay.draft?.kind !== 'incident') {
    drawRange(group, scene, scene.selectedRange, 'incident');
  }
  if (overlay.draft !== null) {
    drawRange(group, scene, overlay.draft.range, overlay.draft.kind);
  }
  if (overlay.slice !== null) {
    drawCrossHair(group, scene, overlay.slice);
  }
}

const RANGE_NAMES = { incident: 'Incident', reference: 'Usual' } as const;

function drawRange(group: SvgGroup, scene: Scene, range: RangeMs, kind: 'incident' | 'reference'): void {
  const { layout, model } = scene;
  const box = visiblePixels(createTimeScale(scene.window, layout), layout, range);
  if (box === undefined) {
    return;
  }
  const top = layout.ribbon.y - 2;
  const height = layout.axis.y - top;
  const area = group.append('g').attr('class', `range ${kind}`);
  area.append('rect').attr('class', 'fill').attr('x', box.x).attr('y', top).attr('width', box.width).attr('height', height);
  area
    .append('path')
    .attr('class', 'edges')
    .attr('d', `M${box.x},${top}v${height}M${box.x + box.width},${top}v${height}`);
  const times = formatTimeRange(model.startEpochMs + range.fromMs, model.startEpochMs + range.toMs, scene.timeZone);
  const label = `${RANGE_NAMES[kind]} ${times} · ${formatDuration(range.toMs - range.fromMs)}`;
  const width = estimateTextWidth(label, FONT_SIZE) + 8;
  const x = Math.max(layout.plotX, Math.min(box.x, layout.plotX + layout.plotWidth - width));
  const y = layout.markers.y + 18;
  area.append('rect').attr('class', 'tag').attr('x', x).attr('y', y).attr('width', width).attr('height', TAG_HEIGHT).attr('rx', 2);
  area
    .append('text')
    .attr('x', x + 4)
    .attr('y', y + 12)
    .text(label);
}

function drawCrossHair(group: SvgGroup, scene: Scene, slice: number): void {
  const { layout, model } = scene;
  const range = { fromMs: model.fromMs[slice] ?? 0, toMs: ownedUntil(model, slice) };
  const box = visiblePixels(createTimeScale(scene.window, layout), layout, range);
  if (box !== undefined) {
    const top = layout.ribbon.y - 2;
    group
      .append('rect')
      .attr('class', 'cross-hair')
      .attr('x', box.x)
      .attr('y', top)
      .attr('width', box.width)
      .attr('height', layout.axis.y - top);
  }
}
