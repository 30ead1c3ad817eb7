/** What keys mean in the timeline. Pure, so that the table below, the handler and the help text cannot drift apart. */

export type TimelineAction =
  | { readonly type: 'step'; readonly by: number }
  | { readonly type: 'extend'; readonly by: number; readonly kind: 'incident' | 'reference' }
  | { readonly type: 'zoom'; readonly factor: number }
  | { readonly type: 'pan'; readonly share: number }
  | { readonly type: 'fit' }
  | { readonly type: 'choose' }
  | { readonly type: 'incident'; readonly step: 1 | -1 }
  | { readonly type: 'label' }
  | { readonly type: 'clear' };

export interface KeyPress {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
}

export const KEY_HELP: readonly { readonly keys: string; readonly meaning: string }[] = [
  { keys: '← →', meaning: 'previous, next slice (Home, End: first, last)' },
  { keys: 'Enter', meaning: 'choose the slice' },
  { keys: 'Shift + ← →, then Enter', meaning: 'mark the incident range' },
  { keys: 'Alt + Shift + ← →, then Enter', meaning: 'mark the usual range' },
  { keys: 'I, Shift + I', meaning: 'next, previous abnormal range, most serious first' },
  { keys: 'L', meaning: 'label the chosen range' },
  { keys: '+ −', meaning: 'zoom in, out (0: whole run)' },
  { keys: 'Page Up, Page Down', meaning: 'move the view' },
  { keys: 'Escape', meaning: 'clear the range' },
  { keys: 'Drag, Alt + drag', meaning: 'mark the incident, the usual range' },
  { keys: 'Wheel, Shift + wheel', meaning: 'zoom, move' },
];

/** @returns undefined for keys that are left to the browser and VS Code. */
export function toAction(press: KeyPress): TimelineAction | undefined {
  if (press.ctrlKey || press.metaKey) {
    return undefined;
  }
  const direction = press.key === 'ArrowLeft' ? -1 : press.key === 'ArrowRight' ? 1 : 0;
  if (direction !== 0) {
    if (press.shiftKey) {
      return { type: 'extend', by: direction, kind: press.altKey ? 'reference' : 'incident' };
    }
    return press.altKey ? { type: 'pan', share: direction * 0.2 } : { type: 'step', by: direction };
  }
  switch (press.key) {
    case 'Home':
      return { type: 'step', by: -Infinity };
    case 'End':
      return { type: 'step', by: Infinity };
    case '+':
    case '=':
    case 'ArrowUp':
      return { type: 'zoom', factor: 1 / 1.5 };
    case '-':
    case '_':
    case 'ArrowDown':
      return { type: 'zoom', factor: 1.5 };
    case '0':
      return { type: 'fit' };
    case 'PageUp':
      return { type: 'pan', share: -0.8 };
    case 'PageDown':
      return { type: 'pan', share: 0.8 };
    case 'Enter':
    case ' ':
      return { type: 'choose' };
    case 'i':
      return { type: 'incident', step: 1 };
    case 'I':
      return { type: 'incident', step: -1 };
    case 'l':
    case 'L':
      return { type: 'label' };
    case 'Escape':
      return { type: 'clear' };
    default:
      return undefined;
  }
}
