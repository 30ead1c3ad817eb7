/** Who labels: the name that commits of this workspace carry. */
import * as vscode from 'vscode';

/** The part of VS Code's own Git extension that is used. */
interface GitExtension {
  getAPI(version: 1): { readonly repositories: readonly { getConfig(key: string): Promise<string> }[] };
}

/** @returns `user.name` of the workspace's repository; empty where Git does not run or has none. Never rejects. */
export async function findAuthor(): Promise<string> {
  const git = vscode.extensions.getExtension<GitExtension>('vscode.git');
  if (git?.isActive !== true) {
    return '';
  }
  try {
    return (await git.exports.getAPI(1).repositories[0]?.getConfig('user.name')) ?? '';
  } catch {
    // Git is turned off, or the name is not set: a label without an author is still a label.
    return '';
  }
}
