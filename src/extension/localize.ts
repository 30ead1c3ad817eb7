/** Runtime strings of modules that do not know VS Code. `activate` hands in `vscode.l10n.t`; until then the English text is used. */
type Translate = (message: string, ...args: (string | number | boolean)[]) => string;

/** Fills `{0}`, `{1}` … as `vscode.l10n.t` does; an unknown number stays as it is. */
export const formatEnglish: Translate = (message, ...args) =>
  message.replaceAll(/\{(\d+)\}/g, (placeholder, index: string) => {
    const value = args[Number(index)];
    return value === undefined ? placeholder : String(value);
  });

let translate: Translate = formatEnglish;

export function setTranslator(next: Translate): void {
  translate = next;
}

export const l10n = {
  t: (message: string, ...args: (string | number | boolean)[]): string => translate(message, ...args),
};
