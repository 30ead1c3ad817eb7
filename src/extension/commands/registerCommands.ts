import * as vscode from 'vscode';
import { toErrorText } from '../engine/engineCalls.js';

export function registerCommands(
  commands: Readonly<Record<string, (...args: never[]) => unknown>>,
  reportError: (error: unknown) => void,
): vscode.Disposable[] {
  return Object.entries(commands).map(([id, run]) =>
    vscode.commands.registerCommand(id, (...args: never[]) => runGuarded(() => run(...args), reportError)),
  );
}

/** A command that fails says so; VS Code's own message for a rejected command hides the text in the log. */
async function runGuarded(run: () => unknown, reportError: (error: unknown) => void): Promise<unknown> {
  try {
    return await run();
  } catch (error) {
    reportError(error);
    void vscode.window.showErrorMessage(toErrorText(error));
    return undefined;
  }
}
