import os from 'node:os';
import { toNsArgument } from '../argumentValues.js';
import { refusePositionals, UsageError, type Command, type Invocation } from '../command.js';
import { toLabelText } from '../text/labelText.js';
import type { LabelKey } from '../../protocol/views.js';

const ONLY_FOR_NEW = ['type', 'note', 'author'] as const;

export const label: Command = {
  name: 'label',
  summary: 'Say what a time range was, in place of what was said of it before; or take it back',
  options: [
    { name: 'from', value: 'T', summary: 'Start of the range' },
    { name: 'to', value: 'T', summary: 'End of the range, exclusive' },
    { name: 'type', value: 'TYPE', summary: 'A failure type, or normal' },
    { name: 'entity', value: 'SERVICE', summary: 'The service at fault' },
    { name: 'note', value: 'TEXT', summary: 'What else there is to say' },
    { name: 'author', value: 'NAME', summary: 'Who says so; default: your user name' },
    { name: 'remove', summary: 'Remove the label of the range and service' },
  ],
  async run(invocation) {
    refusePositionals(invocation);
    const { options } = invocation;
    const key: LabelKey = {
      startNs: toNsArgument('from', options.get('from')),
      endNs: toNsArgument('to', options.get('to')),
      entity: options.find('entity') ?? null,
    };
    await (options.has('remove') ? remove(key, invocation) : put(key, invocation));
  },
};

async function put(key: LabelKey, { options, context, openEngine, answer }: Invocation): Promise<void> {
  const result = await openEngine().label(
    { ...key, type: options.get('type'), note: options.find('note') ?? '', author: options.find('author') ?? toUserName() },
    context,
  );
  answer(result, () =>
    [
      `Labelled: ${toLabelText(result.label)}`,
      ...(result.replaced === null ? [] : [`In place of: ${[result.replaced.type, result.replaced.note].filter(Boolean).join(': ')}`]),
    ].join('\n'),
  );
}

async function remove(key: LabelKey, { options, context, openEngine, answer }: Invocation): Promise<void> {
  const surplus = ONLY_FOR_NEW.find((name) => options.has(name));
  if (surplus !== undefined) {
    throw new UsageError(`--remove takes the range and --entity alone; leave --${surplus} out`);
  }
  const removed = await openEngine().removeLabel(key, context);
  answer({ removed }, () => (removed === null ? 'There is no label of this range and service.' : `Removed: ${toLabelText(removed)}`));
}

function toUserName(): string {
  try {
    return os.userInfo().username;
  } catch {
    // Users without an entry, as in containers, have none.
    return '';
  }
}
