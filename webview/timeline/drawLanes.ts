import { axisLabel } from '../shared/axisLabel.js';
import { MODALITIES, MODALITY_NAMES, type Modality } from '../shared/modalities.js';
import { formatCount } from '../shared/numberFormat.js';
import { estimateTextWidth, truncate } from '../shared/placeLabels.js';
import { zoneName } from '../shared/timeFormat.js';
import { timeTicks } from '../shared/timeTicks.js';
import { drawLabels } from './labelLane.js';
import type { Lane, TimelineLayout } from './layout.js';
import { peakAt, rebin, ribbonRuns, scoreSteps, type RibbonRun, type ScoreStep } from './reduce.js';
import { createTimeScale, RUN_PIXELS, visiblePixels, type Scene, type SvgGroup, type TimeScale } from './scene.js';
import type { ViewWindow } from './viewWindow.js';

const FONT_SIZE = 11;
const STRIP_HEIGHT = 6;

/** Draws all lanes of the detail view. Costs as much as there are pixels, whatever the number of slices. */
export function drawLanes(group: SvgGroup, scene: Scene): void {
  const scale = createTimeScale(scene.window, scene.layout);
  group.selectAll('*').remove();
  drawRibbon(group.append('g').attr('class', 'ribbon'), scene, scale);
  drawUsual(group.append('g').attr('class', 'usual'), scene, scale);
  drawLabelLane(group.append('g').attr('class', 'labels'), scene);
  drawScore(group.append('g').attr('class', 'score'), scene, scale);
  MODALITIES.forEach((modality, index) => {
    const lane = scene.layout.density[index];
    if (lane !== undefined) {
      drawDensity(group.append('g').attr('class', 'density'), scene, modality, lane, scale);
    }
  });
  drawTimeAxis(group.append('g').attr('class', 'axis'), scene.layout, scene.window, scene.model.startEpochMs, scene.timeZone);
}

function drawRibbon(group: SvgGroup, scene: Scene, scale: TimeScale): void {
  const { layout, model } = scene;
  const { y, height } = layout.ribbon;
  laneName(group, layout, layout.ribbon, 'State');
  const runs = ribbonRuns(model, scene.window, scale.msPerPixel * RUN_PIXELS);
  const cell = group
    .selectAll('g.run')
    .data(runs)
    .join('g')
    .attr('class', (run) => runClass(run, scene))
    .attr('data-run', (_, index) => index);
  const x = (run: RibbonRun): number => visiblePixels(scale, layout, run)?.x ?? layout.plotX;
  const width = (run: RibbonRun): number => Math.max(1, (visiblePixels(scale, layout, run)?.width ?? 1) - 0.5);
  const colour = (run: RibbonRun): string => model.states[run.state]?.colour ?? 'currentColor';
  cell.append('rect').attr('class', 'tint').attr('x', x).attr('y', y).attr('width', width).attr('height', height).style('fill', colour);
  cell
    .filter((run) => model.states[run.state]?.abnormal === true)
    .append('rect')
    .attr('class', 'hatch')
    .attr('x', x)
    .attr('y', y)
    .attr('width', width)
    .attr('height', height)
    .attr('fill', (run) => `url(#hatch-${run.state})`);
  cell
    .append('rect')
    .attr('class', 'strip')
    .attr('x', x)
    .attr('y', y + height - STRIP_HEIGHT)
    .attr('width', width)
    .attr('height', STRIP_HEIGHT)
    .style('fill', (run) => (model.states[run.state]?.hollow === true ? 'none' : colour(run)))
    .style('stroke', (run) => (model.states[run.state]?.hollow === true ? colour(run) : 'none'));
  cell
    .filter((run) => width(run) > 42)
    .append('text')
    .attr('x', (run) => x(run) + 5)
    .attr('y', y + height - STRIP_HEIGHT - 7)
    .text((run) => truncate(model.states[run.state]?.name ?? '', Math.floor((width(run) - 10) / (FONT_SIZE * 0.56))));
}

function runClass(run: RibbonRun, scene: Scene): string {
  const faded = scene.selectedState !== null && scene.model.states[run.state]?.id !== scene.selectedState;
  return faded ? 'run faded' : 'run';
}

function drawUsual(group: SvgGroup, scene: Scene, scale: TimeScale): void {
  const { layout } = scene;
  const { y, height } = layout.usual;
  laneName(group, layout, layout.usual, 'Usual range');
  const visible = scene.model.reference.flatMap((range) => visiblePixels(scale, layout, range) ?? []);
  const mark = group.selectAll('g.mark').data(visible).join('g');
  mark
    .append('rect')
    .attr('class', 'reference')
    .attr('x', (box) => box.x)
    .attr('y', y)
    .attr('width', (box) => box.width)
    .attr('height', height)
    .attr('fill', 'url(#dots)');
  mark
    .append('path')
    .attr('class', 'reference-ends')
    .attr('d', (box) => `M${box.x},${y}v${height}M${box.x},${y + height / 2}h${box.width}M${box.x + box.width},${y}v${height}`);
}

function drawLabelLane(group: SvgGroup, scene: Scene): void {
  if (scene.bands.length > 0) {
    laneName(group, scene.layout, scene.layout.labels, 'Labels');
    drawLabels(group, scene);
  }
}

function drawScore(group: SvgGroup, scene: Scene, scale: TimeScale): void {
  const { layout, model } = scene;
  const { y, height } = layout.score;
  const toY = (score: number): number => y + height - Math.max(0, Math.min(1, score)) * height;
  laneName(group, layout, layout.score, 'Abnormal', 'probability');
  laneFrame(group, layout, layout.score);
  const steps = scoreSteps(model, scene.window, scale.msPerPixel);
  const area = (wanted: (score: number) => boolean): string => stepArea(steps, wanted, scale, layout, toY);
  group
    .append('path')
    .attr('class', 'score-usual')
    .attr(
      'd',
      area((score) => score < model.threshold),
    );
  group
    .append('path')
    .attr('class', 'score-abnormal')
    .attr(
      'd',
      area((score) => score >= model.threshold),
    );
  const thresholdY = toY(model.threshold);
  const end = layout.plotX + layout.plotWidth;
  group.append('line').attr('class', 'threshold').attr('x1', layout.plotX).attr('x2', end).attr('y1', thresholdY).attr('y2', thresholdY);
  group
    .append('text')
    .attr('class', 'note plated')
    .attr('x', end - 4)
    .attr('y', thresholdY - 4)
    .attr('text-anchor', 'end')
    .text(`abnormal from ${model.threshold.toFixed(2)}`);
  if (!layout.compact) {
    group
      .append('text')
      .attr('class', 'note')
      .attr('x', layout.plotX - 4)
      .attr('y', y + 9)
      .attr('text-anchor', 'end')
      .text('1');
    group
      .append('text')
      .attr('class', 'note')
      .attr('x', layout.plotX - 4)
      .attr('y', y + height)
      .attr('text-anchor', 'end')
      .text('0');
  }
  if (model.slices.length === 0) {
    laneNote(group, layout, layout.score, 'no slices in this run');
  }
}

function stepArea(
  steps: readonly ScoreStep[],
  wanted: (score: number) => boolean,
  scale: TimeScale,
  layout: TimelineLayout,
  toY: (score: number) => number,
): string {
  const base = toY(0);
  return steps
    .filter((step) => Number.isFinite(step.score) && wanted(step.score))
    .flatMap((step) => {
      const box = visiblePixels(scale, layout, step);
      return box === undefined ? [] : [`M${round(box.x)},${base}V${round(toY(step.score))}h${round(box.width)}V${base}Z`];
    })
    .join('');
}

/** One lane of record counts; also drawn while files are still being read. */
export function drawDensity(
  group: SvgGroup,
  scene: Pick<Scene, 'layout' | 'window' | 'density'> & { readonly model: Pick<Scene['model'], 'binMs'> },
  modality: Modality,
  lane: Lane,
  scale: TimeScale,
  absence?: string,
): void {
  const { layout } = scene;
  const counts = scene.density[modality];
  const names = MODALITY_NAMES[modality];
  laneFrame(group, layout, lane);
  const bins = rebin(counts, scene.model.binMs, scene.window, scale.msPerPixel * 3);
  // The peak of the whole run at this resolution: bars keep their height while panning.
  const peak = peakAt(counts, scene.model.binMs, bins.stepMs);
  const peakText = `peak ${formatCount((peak * 60_000) / bins.stepMs)}/min`;
  laneName(group, layout, lane, names.title, peak === 0 ? undefined : peakText);
  if (peak === 0) {
    laneNote(group, layout, lane, absence ?? `no ${names.many} in these files`);
    return;
  }
  const base = lane.y + lane.height;
  let path = '';
  bins.values.forEach((value, index) => {
    const fromMs = bins.fromMs + index * bins.stepMs;
    const box = value > 0 ? visiblePixels(scale, layout, { fromMs, toMs: fromMs + bins.stepMs }) : undefined;
    if (box !== undefined) {
      // A bin that holds anything is at least one pixel high: rare is not the same as none.
      const barHeight = Math.max(1, (value / peak) * (lane.height - 2));
      path += `M${round(box.x)},${base}v${round(-barHeight)}h${round(Math.max(1, box.width - 0.6))}v${round(barHeight)}Z`;
    }
  });
  group.insert('path', ':first-child').attr('class', 'bars').attr('d', path);
}

export function drawTimeAxis(group: SvgGroup, layout: TimelineLayout, window: ViewWindow, startEpochMs: number, timeZone: string): void {
  const from = startEpochMs + window.fromMs;
  const to = startEpochMs + window.toMs;
  const scale = createTimeScale(window, layout);
  const { y } = layout.axis;
  const label = layout.compact ? zoneName(from, timeZone) : axisLabel(from, to, timeZone);
  const labelEnd = 8 + estimateTextWidth(label, FONT_SIZE);
  const ticks = timeTicks(from, to, timeZone, Math.max(2, Math.floor(layout.plotWidth / (layout.compact ? 64 : 84))));
  const tick = group
    .selectAll('g.tick')
    .data(ticks)
    .join('g')
    .attr('class', (entry) => (entry.major ? 'tick major' : 'tick'));
  tick
    .append('line')
    .attr('x1', tickX)
    .attr('x2', tickX)
    .attr('y1', layout.ribbon.y)
    .attr('y2', y + 4);
  tick
    .filter((entry) => fits(entry.label, tickX(entry)))
    .append('text')
    .attr('x', tickX)
    .attr('y', y + 15)
    .attr('text-anchor', 'middle')
    .text((entry) => entry.label);
  group
    .append('text')
    .attr('class', 'note')
    .attr('x', 8)
    .attr('y', y + 15)
    .text(label);
  function tickX(entry: { readonly atMs: number }): number {
    return round(scale.toX(entry.atMs - startEpochMs));
  }
  function fits(text: string, x: number): boolean {
    const half = estimateTextWidth(text, FONT_SIZE) / 2;
    return x - half >= Math.max(layout.plotX - 6, labelEnd + 4) && x + half <= layout.width;
  }
}

function laneName(group: SvgGroup, layout: TimelineLayout, lane: Lane, name: string, detail?: string): void {
  const middle = lane.y + Math.min(lane.height, 40) / 2;
  const text = group.append('text').attr('class', 'lane-name');
  if (layout.compact) {
    if (lane.height > 14 && lane !== layout.ribbon) {
      text
        .attr('x', layout.plotX + 4)
        .attr('y', lane.y + 11)
        .classed('plated', true)
        .text(detail === undefined ? name : `${name}, ${detail}`);
    }
    return;
  }
  // A low lane has room for one line only.
  const low = lane.height < 30;
  text
    .attr('x', 8)
    .attr('y', middle + 4)
    .text(name);
  if (detail !== undefined && low) {
    text
      .append('tspan')
      .attr('class', 'note')
      .text(` ${detail.replace('peak ', '')}`);
  } else if (detail !== undefined) {
    group
      .append('text')
      .attr('class', 'note')
      .attr('x', 8)
      .attr('y', middle + 17)
      .text(detail);
  }
}

function laneFrame(group: SvgGroup, layout: TimelineLayout, lane: Lane): void {
  const base = lane.y + lane.height;
  group
    .append('line')
    .attr('class', 'base')
    .attr('x1', layout.plotX)
    .attr('x2', layout.plotX + layout.plotWidth)
    .attr('y1', base)
    .attr('y2', base);
}

function laneNote(group: SvgGroup, layout: TimelineLayout, lane: Lane, text: string): void {
  group
    .append('text')
    .attr('class', 'note')
    .attr('x', layout.plotX + layout.plotWidth / 2)
    .attr('y', lane.y + lane.height / 2 + 4)
    .attr('text-anchor', 'middle')
    .text(text);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
