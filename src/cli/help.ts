import type { Command, OptionSpec } from './command.js';
import { toColumns } from './style.js';

export function toHelp(commands: readonly Command[]): string {
  return `runtimeslicer: learned runtime states, incidents and likely root causes from log, trace and metric files

Usage: runtimeslicer COMMAND [ARGUMENT...] [OPTION...]

Commands
${toColumns(
  commands.map(({ name, summary }) => [name, summary]),
  '  ',
)}

Every command takes --db FILE, --json and --help. Times are ISO 8601 (2026-03-10T13:00:00Z) or ns since the epoch.
Exit codes: 0 done, 1 failed, 2 wrong usage. More on one command: runtimeslicer help COMMAND
`;
}

export function toCommandHelp(command: Command, common: readonly OptionSpec[]): string {
  const positionals = command.positionals === undefined ? '' : ` ${command.positionals}`;
  const toRow = ({ name, value, summary }: OptionSpec): string[] => [`--${name}${value === undefined ? '' : ` ${value}`}`, summary];
  return `${command.summary}

Usage: runtimeslicer ${command.name}${positionals} [OPTION...]

Options
${toColumns([...command.options, ...common].map(toRow), '  ')}
`;
}
