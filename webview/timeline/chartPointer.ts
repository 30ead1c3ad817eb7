import type { ChartControls } from './chartControls.js';
import type { GestureTarget } from './gestures.js';
import { findLabelAt } from './labelLane.js';
import { findSliceAt } from './model.js';
import { ribbonRuns } from './reduce.js';
import { RUN_PIXELS } from './scene.js';
import { selectRun, selectSlice, snapRange } from './selecting.js';
import { panWindow, zoomWindow } from './viewWindow.js';

/** What the pointer's gestures do to the chart. */
export function createPointerTarget(chart: ChartControls): GestureTarget {
  return {
    layout: () => chart.scene?.layout,
    overviewWindow: () => {
      const whole = chart.overviewScale();
      return { fromX: whole?.toX(chart.scene?.window.fromMs ?? 0) ?? 0, toX: whole?.toX(chart.scene?.window.toMs ?? 0) ?? 0 };
    },
    hoverAt: (x, y) => {
      hoverAt(chart, x, y);
    },
    drag: (kind, fromX, toX) => {
      const scale = chart.scale();
      if (scale !== undefined && chart.scene !== undefined) {
        chart.showTooltip(null, 0);
        chart.setOverlay({ slice: null, draft: { kind, range: snapRange(chart.scene.model, scale.toMs(fromX), scale.toMs(toX)) } });
      }
    },
    drop: () => {
      chart.commitDraft();
    },
    cancelDrag: () => {
      chart.setOverlay({ ...chart.overlay, draft: null });
    },
    click: (x, y, target) => {
      click(chart, x, y, target);
    },
    zoomAt: (x, factor) => {
      const scale = chart.scale();
      if (scale !== undefined && chart.scene !== undefined) {
        chart.setWindow(zoomWindow(chart.scene.window, factor, scale.toMs(x)));
      }
    },
    panBy: (pixels) => {
      const scale = chart.scale();
      if (scale !== undefined && chart.scene !== undefined) {
        chart.setWindow(panWindow(chart.scene.window, pixels * scale.msPerPixel));
      }
    },
    setOverviewWindow: (fromX, toX) => {
      const whole = chart.overviewScale();
      if (whole !== undefined) {
        chart.setWindow({ fromMs: whole.toMs(Math.min(fromX, toX)), toMs: whole.toMs(Math.max(fromX, toX)) });
      }
    },
  };
}

function hoverAt(chart: ChartControls, x: number | null, y: number): void {
  const { scene } = chart;
  const scale = chart.scale();
  if (scene === undefined || scale === undefined) {
    return;
  }
  const inside = x !== null && x >= scene.layout.plotX && x <= scene.layout.plotX + scene.layout.plotWidth;
  const inPlot = inside && y >= scene.layout.ribbon.y && y < scene.layout.axis.y;
  const slice = inPlot ? (findSliceAt(scene.model, scale.toMs(x)) ?? null) : null;
  if (slice !== chart.overlay.slice) {
    chart.hover(slice);
    chart.setOverlay({ ...chart.overlay, slice });
  }
  const label = inside ? findLabelAt(scene, x, y) : null;
  if (label === null) {
    chart.showTooltip(slice, x ?? 0);
  } else {
    chart.showLabel(label, x ?? 0);
  }
}

/** An incident's mark, a label, a segment of the ribbon, or the slice at that time. */
function click(chart: ChartControls, x: number, y: number, target: Element): void {
  const { scene } = chart;
  const scale = chart.scale();
  if (scene === undefined || scale === undefined) {
    return;
  }
  const incident = target.closest('[data-incident]')?.getAttribute('data-incident');
  if (incident !== null && incident !== undefined) {
    chart.chooseIncident(Number(incident));
    return;
  }
  const label = scene.bands[Number(target.closest('[data-label]')?.getAttribute('data-label') ?? NaN)]?.label;
  if (label !== undefined) {
    chart.select({ range: { startNs: label.startNs, endNs: label.endNs }, slice: null, state: null });
    return;
  }
  const run = target.closest('[data-run]')?.getAttribute('data-run');
  const runs = ribbonRuns(scene.model, scene.window, scale.msPerPixel * RUN_PIXELS);
  const chosenRun = run === null || run === undefined ? undefined : runs[Number(run)];
  if (chosenRun !== undefined) {
    chart.select(selectRun(scene.model, chosenRun));
    return;
  }
  const slice = y < scene.layout.axis.y ? findSliceAt(scene.model, scale.toMs(x)) : undefined;
  if (slice !== undefined) {
    chart.moveCursor(slice);
    chart.select(selectSlice(scene.model, slice));
  }
}
