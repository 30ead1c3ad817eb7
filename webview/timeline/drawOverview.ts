import { ribbonRuns, scoreSteps } from './reduce.js';
import { createTimeScale, overviewRange, RUN_PIXELS, visiblePixels, type Scene, type SvgGroup } from './scene.js';

/** The whole run in one strip: states below, score above, and the part that the detail view shows. */
export function drawOverview(group: SvgGroup, scene: Scene): void {
  group.selectAll('*').remove();
  const { layout, model } = scene;
  const { y, height } = layout.overview;
  const whole = overviewRange(scene);
  const scale = createTimeScale(whole, layout);
  if (!layout.compact) {
    group
      .append('text')
      .attr('class', 'lane-name')
      .attr('x', 8)
      .attr('y', y + height / 2 + 4)
      .text('Whole run');
  }
  const stateHeight = 8;
  const base = y + height - stateHeight - 2;
  group.append('rect').attr('class', 'ground').attr('x', layout.plotX).attr('y', y).attr('width', layout.plotWidth).attr('height', height);
  let usual = '';
  let abnormal = '';
  for (const step of scoreSteps(model, whole, scale.msPerPixel)) {
    const box = visiblePixels(scale, layout, step);
    if (box !== undefined && Number.isFinite(step.score)) {
      const bar = `M${box.x.toFixed(1)},${base}v${(-Math.max(0, Math.min(1, step.score)) * (base - y - 2)).toFixed(1)}h${box.width.toFixed(1)}V${base}Z`;
      if (step.score >= model.threshold) {
        abnormal += bar;
      } else {
        usual += bar;
      }
    }
  }
  group.append('path').attr('class', 'score-usual').attr('d', usual);
  group.append('path').attr('class', 'score-abnormal').attr('d', abnormal);
  group
    .selectAll('rect.state')
    .data(ribbonRuns(model, whole, scale.msPerPixel * RUN_PIXELS))
    .join('rect')
    .attr('class', 'state')
    .attr('x', (run) => Math.max(layout.plotX, scale.toX(run.fromMs)))
    .attr('y', y + height - stateHeight)
    .attr('width', (run) => Math.max(1, (run.toMs - run.fromMs) / scale.msPerPixel))
    .attr('height', stateHeight)
    .style('fill', (run) => model.states[run.state]?.colour ?? 'currentColor')
    .style('fill-opacity', (run) => (model.states[run.state]?.hollow === true ? '0.35' : '1'));
}

/** The part of the run that the detail view shows; all else is shaded. */
export function drawOverviewWindow(group: SvgGroup, scene: Scene): void {
  group.selectAll('*').remove();
  const { layout } = scene;
  const { y, height } = layout.overview;
  const scale = createTimeScale(overviewRange(scene), layout);
  const fromX = scale.toX(scene.window.fromMs);
  const toX = scale.toX(scene.window.toMs);
  const end = layout.plotX + layout.plotWidth;
  group
    .append('rect')
    .attr('class', 'shade')
    .attr('x', layout.plotX)
    .attr('y', y)
    .attr('width', Math.max(0, fromX - layout.plotX))
    .attr('height', height);
  group
    .append('rect')
    .attr('class', 'shade')
    .attr('x', toX)
    .attr('y', y)
    .attr('width', Math.max(0, end - toX))
    .attr('height', height);
  group
    .append('rect')
    .attr('class', 'window')
    .attr('x', fromX)
    .attr('y', y)
    .attr('width', Math.max(3, toX - fromX))
    .attr('height', height);
}
