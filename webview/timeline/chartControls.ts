import type { Selection } from '../../src/protocol/panelRpc.js';
import type { Overlay, Scene, TimeScale } from './scene.js';
import type { ViewWindow } from './viewWindow.js';

/** What pointer and keyboard may do to the chart. Slices are indices into the model's. */
export interface ChartControls {
  readonly scene: Scene | undefined;
  readonly overlay: Overlay;
  /** Times to pixels of the detail view. */
  scale(): TimeScale | undefined;
  /** Times to pixels of the overview. */
  overviewScale(): TimeScale | undefined;
  setOverlay(overlay: Overlay): void;
  setWindow(window: ViewWindow): void;
  /** The hover box of a slice beside `x`; null hides it. */
  showTooltip(slice: number | null, x: number): void;
  /** The hover box of a label, by its place among the scene's bands. */
  showLabel(label: number, x: number): void;
  /** Tells the other panels what the pointer or cursor is on. */
  hover(slice: number | null): void;
  select(selection: Partial<Selection>): void;
  /** Selects an incident, brings it into view and says its sentence. */
  chooseIncident(index: number): void;
  /** Applies the range that is being drawn. */
  commitDraft(): void;
  /** The slice that the keyboard starts from. */
  moveCursor(slice: number): void;
  label(): void;
  announce(text: string): void;
}
