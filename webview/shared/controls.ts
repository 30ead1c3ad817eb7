/**
 * The one place that imports the UI toolkit (archived since January 2025), so that a successor can replace it here.
 * Of its controls only the button is used: its progress ring and badge set style attributes, which the panels' content policy forbids.
 */
import { provideVSCodeDesignSystem, vsCodeButton } from '@vscode/webview-ui-toolkit';
import { append, element, type Child } from './dom.js';

let registered = false;

function registerControls(): void {
  if (!registered) {
    registered = true;
    provideVSCodeDesignSystem().register(vsCodeButton());
  }
}

export interface ButtonOptions {
  readonly label: string;
  readonly onPress: () => void;
  readonly primary?: boolean;
  /** Said to screen readers and shown on hover, when the label alone is too terse. */
  readonly description?: string;
}

/** A button in VS Code's look for the few main actions of a panel. */
export function createButton(options: ButtonOptions): HTMLElement {
  registerControls();
  const button = document.createElement('vscode-button');
  button.setAttribute('appearance', options.primary === true ? 'primary' : 'secondary');
  button.textContent = options.label;
  if (options.description !== undefined) {
    button.title = options.description;
    button.setAttribute('aria-label', options.description);
  }
  button.addEventListener('click', options.onPress);
  return button;
}

export interface ToggleOptions {
  readonly pressed: boolean;
  readonly onPress: () => void;
  readonly class?: string;
  readonly description?: string;
}

/** A native button that stays pressed: filters and modes, of which there can be many. */
export function createToggle(options: ToggleOptions, children: readonly Child[]): HTMLButtonElement {
  const button = element('button', {
    class: `rs-toggle ${options.class ?? ''}`.trim(),
    attributes: { type: 'button', 'aria-pressed': options.pressed ? 'true' : 'false', title: options.description ?? null },
    on: { click: options.onPress },
  });
  append(button, children);
  return button;
}

export interface ToolOptions {
  readonly label: string;
  readonly description: string;
  readonly onPress: () => void;
}

/** A small borderless button: zoom, clear, show more. */
export function createTool(options: ToolOptions): HTMLButtonElement {
  return element('button', {
    class: 'rs-tool',
    text: options.label,
    attributes: { type: 'button', title: options.description, 'aria-label': options.description },
    on: { click: options.onPress },
  });
}
